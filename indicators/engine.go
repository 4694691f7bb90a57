// Package indicators says what each number means and how it is computed, keeps
// the numerators and denominators per child behind it, and answers questions
// about it, suppressed for the viewer who asks.
package indicators

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/indicators/comparators"
)

// EngineOptions are what an engine stands on.
type EngineOptions struct {
	Library   *Library // the first: see Define
	Warehouse Warehouse
	Pool      *pgxpool.Pool // the program's own role: targets and comparators; nil: those that are shipped alone
	Now       func() time.Time
	Log       *slog.Logger
	// Pressure is how much of its time, between 0 and 1, the warehouse needs to apply
	// changes, these moments and lately: what is computed unasked waits for it, for a
	// while. nil: none.
	Pressure func() (moments, lately float64)
	// OnPanic hears of every panic of a job in the background, after it was logged;
	// the job is tried again. nil: nobody does.
	OnPanic func(*PanicError)
	// PublishDue has the engine publish by itself what is due after each run: one
	// program does, that which serves.
	PublishDue bool
	// Limit is the longest that one indicator may compute; 0: two minutes.
	Limit time.Duration
}

// Engine computes the library's indicators and answers questions about them.
type Engine struct {
	EngineOptions
	listeners   []func(context.Context, Run)
	comparators *comparators.Store // nil without a pool

	defined   atomic.Pointer[Library]
	timed     schedule
	serving   atomic.Pointer[snapshot]
	cached    cellCache
	published publishedCache
	fresh     atomic.Pointer[map[string]freshness] // by indicator, see look
	changes   changes
	covered   atomic.Pointer[coverage]

	crossing  chan struct{}                // of capacity 2: so many crossings at once
	asked     atomic.Int32                 // runs that somebody asked for and waits for
	running   chan struct{}                // of capacity 1: one run at a time; guards what follows
	made      int                          // the build in which the relations are made, -1: none
	shared    shared                       // what is kept there for all definitions
	inputs    map[string]map[int32]string  // that the values of each indicator and period are of, see shared.inputs
	columns   map[string]map[string]string // that each definition answers, by id
	written   map[string]Period            // of results.period, by id
	reads     map[string][]string          // fact tables beneath each definition, by id
	relations map[string][]string          // that each definition reads, by id
	broken    map[string]error             // definitions whose SQL is refused
	last      int64                        // the last run's id
	dueAt     time.Time                    // when it was last looked whether something is to be published

	retry      intervals
	background sync.WaitGroup // what Start began
}

// NewEngine makes an engine that answers nothing yet: Start it, or Run it.
func NewEngine(o EngineOptions) (*Engine, error) {
	if o.Library == nil || o.Warehouse == nil || o.Now == nil {
		return nil, errors.New("an engine of indicators needs a library, a warehouse and a clock")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Limit == 0 {
		o.Limit = 2 * time.Minute
	}
	e := &Engine{EngineOptions: o, made: -1, running: make(chan struct{}, 1), crossing: make(chan struct{}, 2), retry: retryIntervals}
	if o.Pool != nil {
		e.comparators = comparators.NewStore(o.Pool)
	}
	e.defined.Store(o.Library)
	e.serving.Store(emptySnapshot())
	e.fresh.Store(&map[string]freshness{})
	e.changes.wake, e.changes.told = make(chan struct{}, 1), map[string]int{}
	return e, nil
}

// OnRun has fn called after each run, one at a time, in the run's goroutine: a
// run is over when everybody has heard of it. Call it before Start.
func (e *Engine) OnRun(fn func(context.Context, Run)) { e.listeners = append(e.listeners, fn) }

// Run computes the indicators of these ids, nil for all, over the newest
// periods of each kind that they define; periods 0 means all that are kept.
// Each is computed in a transaction of its own, and one that fails keeps what it
// had: the error names those. An id that is not in the library is an error.
func (e *Engine) Run(ctx context.Context, ids []string, periods int) error {
	e.asked.Add(1)
	defer e.asked.Add(-1)
	_, err := e.run(ctx, "asked", ids, periods)
	return err
}

// pressure is what a run that nobody asked for gives way to: to nothing while
// somebody waits for a run behind it.
func (e *Engine) pressure() (moments, lately float64) {
	if e.Pressure == nil || e.asked.Load() > 0 {
		return 0, 0
	}
	return e.Pressure()
}

// run also says how much of its time it lost by giving way.
func (e *Engine) run(ctx context.Context, why string, ids []string, periods int) (lost time.Duration, err error) {
	queued := time.Now()
	if err := e.acquire(ctx); err != nil {
		return 0, err
	}
	defer e.release()
	lost, err = e.compute(ctx, why, ids, periods, queued)
	// Older periods may be behind their facts until a run over all of them.
	if e.PublishDue && e.Pool != nil && periods == 0 && ctx.Err() == nil {
		err := protect("publication of what is due", func() error { return e.publishDue(ctx) })
		if err != nil && ctx.Err() == nil && !e.panicked(ctx, err) { // the next run tries again
			e.Log.ErrorContext(ctx, "what is due was not published", "error", err)
		}
	}
	return lost, err
}

// compute is run for whoever has the engine to itself.
func (e *Engine) compute(ctx context.Context, why string, ids []string, periods int, queued time.Time) (lost time.Duration, err error) {
	way := backoff{pressure: e.pressure, left: backoffFor - time.Since(queued)}
	definitions := e.Defined().definitions
	if ids != nil {
		definitions = nil
		for _, id := range ids {
			d, ok := e.Defined().Definition(id)
			if !ok {
				return 0, fmt.Errorf("there is no indicator %q", id)
			}
			definitions = append(definitions, d)
		}
	}
	now := e.Now()
	e.last = max(now.UnixMicro(), e.last+1)
	run := Run{ID: e.last, At: now, Why: why}
	was := e.serving.Load()
	next := was.next()
	// Nothing could be shown meanwhile of what has no figures yet.
	wait := func(served bool, compute func(context.Context) error) error {
		if !served {
			return compute(ctx)
		}
		return way.compute(ctx, compute)
	}
	var failed []error
	fail := func(id string, err error) {
		failed = append(failed, err)
		next.behind[id] = true
		if ctx.Err() == nil && !e.panicked(ctx, err) {
			e.Log.ErrorContext(ctx, "indicator was not computed", "indicator", id, "error", err)
		}
	}
	if len(was.indicators) == 0 {
		e.serve(ctx, was.next()) // with the targets that the first figures are judged by
		next.benchmarks = e.serving.Load().benchmarks
	}
	var plan plan
	err = wait(len(was.indicators) > 0, func(ctx context.Context) (err error) {
		return protect("what indicators share", func() (err error) {
			plan, err = e.share(ctx, definitions, ids == nil, periods, &run)
			return err
		})
	})
	if err != nil && ctx.Err() == nil && !e.panicked(ctx, err) {
		e.Log.ErrorContext(ctx, "no indicator was computed", "error", err)
	}
	for _, d := range definitions {
		if ctx.Err() != nil { // the program stops: that is no failure of an indicator
			failed = append(failed, context.Cause(ctx))
			break
		}
		if err != nil { // said once, of all
			failed, next.behind[d.ID] = []error{err}, true
			continue
		}
		var changed bool
		one := wait(was.indicators[d.ID] != nil, func(ctx context.Context) error {
			return protect("indicator "+d.ID, func() (err error) {
				changed, err = e.runOne(ctx, plan, d, &run, next)
				return err
			})
		})
		if one != nil {
			fail(d.ID, one)
			continue
		}
		delete(next.behind, d.ID)
		delete(next.partly, d.ID)
		if periods != 0 {
			next.partly[d.ID] = true
		}
		run.Indicators = append(run.Indicators, d.ID)
		if changed {
			run.Changed = append(run.Changed, d.ID)
		}
		if was.indicators[d.ID] == nil { // its first figures are shown at once: those of all take minutes in a large county
			e.serving.Store(next.next())
		}
	}
	run.Lost = way.lost
	e.serve(ctx, next)
	for _, listen := range e.listeners {
		err := protect("what follows a run of indicators", func() error { listen(ctx, run); return nil })
		if e.panicked(ctx, err) {
			failed = append(failed, err)
		}
	}
	return run.Lost, errors.Join(failed...)
}

// plan is what a run computes.
type plan struct {
	each     map[string]*computation
	told     map[string]int // how often each table of facts had changed
	calendar []HalfTermDates
	recorded map[string]bool // tables of facts that are not empty
}

// share chooses the periods of each definition and brings what they share up to
// the facts, in one transaction. What is then computed is of the facts of this
// transaction or of later ones, and says that it is of these.
func (e *Engine) share(ctx context.Context, definitions []Definition, everything bool, periods int, run *Run) (plan, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	p := plan{each: map[string]*computation{}}
	p.told, _ = e.changes.state() // before the snapshot: what is told of later is looked at again
	build := -1
	err := e.write(ctx, "what indicators share", func(ctx context.Context, c *sql.Conn, at Position) error {
		build, run.Position = at.Build, at
		if run.Why == "asked" || e.made != at.Build { // whoever asks wants it from the facts themselves
			e.forgetKept()
		}
		if e.made != at.Build {
			e.columns, e.written = map[string]map[string]string{}, map[string]Period{}
			if err := makeRelations(ctx, c); err != nil {
				return err
			}
		}
		if err := e.parse(ctx, c); err != nil {
			return err
		}
		standing, err := readStanding(ctx, c)
		if err != nil {
			return fmt.Errorf("read what was computed before: %w", err)
		}
		if p.calendar, err = readCalendar(ctx, c); err != nil {
			return err
		}
		if p.recorded, err = readRecorded(ctx, c, e.reads); err != nil {
			return err
		}
		var n need
		var all []Period
		for _, d := range definitions {
			k := &computation{definition: d, relations: e.relations[d.ID], conn: c, at: at, now: e.Now(), today: DayOf(run.At), run: run.ID, was: standing[d.ID], columns: e.columns[d.ID]}
			k.choose(periods, p.calendar)
			p.each[d.ID] = k
			all = append(all, k.periods...)
			if e.broken[d.ID] == nil {
				n.add(d, k.relations, k.periods)
			}
		}
		if !everything && e.shared.circumstances == nil { // what the others need goes as well: the children behind their figures are read from it
			for _, d := range e.Defined().definitions {
				if p.each[d.ID] == nil && e.broken[d.ID] == nil {
					k := &computation{definition: d, today: DayOf(run.At)}
					k.choosePeriods(0, p.calendar)
					all = append(all, k.periods...)
					n.add(d, e.relations[d.ID], k.periods)
				}
			}
		}
		if err := writePeriods(ctx, c, all, e.written); err != nil {
			return err
		}
		return e.shared.refresh(ctx, c, n, everything && periods == 0, p.told, DayOf(run.At))
	})
	if err != nil {
		e.made = -1 // what the transaction made is gone with it
		e.forgetKept()
		return plan{}, err
	}
	e.made = build
	return p, nil
}

// forgetKept has everything be made from the facts again.
func (e *Engine) forgetKept() {
	e.shared, e.inputs = shared{serial: e.shared.serial}, map[string]map[int32]string{}
}

// runOne computes one indicator in one transaction, as far as the inputs of its
// periods changed, and puts it into next.
func (e *Engine) runOne(ctx context.Context, p plan, d Definition, run *Run, next *snapshot) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	var changed int
	attempt := *p.each[d.ID] // a run may give way and begin again
	k := &attempt
	if err := e.broken[d.ID]; err != nil {
		return false, err
	}
	inputs := func(of Period) string { return e.shared.inputs(k, of, p.told) }
	if k.known() && k.columns != nil {
		k.stale = slices.DeleteFunc(slices.Clone(k.periods), func(p Period) bool { return e.inputs[d.ID][p.key()] == inputs(p) })
	}
	k.nothing = completenessRules[d.Complete.Rule].by == "" || e.shared.expected.none
	err := e.write(ctx, "indicator "+d.ID, func(ctx context.Context, c *sql.Conn, at Position) error {
		if at.Build != e.made {
			return errors.New("a new build of the warehouse serves: it is computed anew there")
		}
		k.conn = c
		var err error
		changed, err = k.compute(ctx)
		return err
	})
	if err != nil {
		delete(e.inputs, d.ID) // what the transaction wrote is gone, or not known to be there
		return false, err
	}
	e.columns[d.ID] = k.columns
	if k.all || e.inputs[d.ID] == nil {
		e.inputs[d.ID] = map[int32]string{}
	}
	for _, p := range k.periods {
		e.inputs[d.ID][p.key()] = inputs(p)
	}
	next.indicators[d.ID] = k.computed(p)
	return changed > 0, nil
}

// computed is what there is to say of the computation once it is committed.
func (k *computation) computed(p plan) *computed {
	out := &computed{definition: k.definition, asAt: k.at.AsAt, computedAt: k.now, position: k.at.Text, run: k.run, changed: k.was.changed,
		relations: k.relations, ofChildren: k.columns["child_id"] != "", columns: k.columns}
	out.givePeriods(k.today, p.calendar)
	out.unrecorded = unrecorded(k.definition, k.relations, p.recorded, k.today, p.calendar)
	out.counted = countedFacts(k.definition, k.relations)
	return out
}

// parse parses the definitions, once.
func (e *Engine) parse(ctx context.Context, c *sql.Conn) error {
	if e.reads != nil {
		return nil
	}
	reads, relations, broken := map[string][]string{}, map[string][]string{}, map[string]error{}
	for _, d := range e.Defined().definitions {
		s, err := parseStatement(ctx, c, d.SQL)
		if err != nil {
			return err
		}
		if len(s.problems) > 0 {
			broken[d.ID] = fmt.Errorf("the SQL of %s is refused: %s", d.ID, s.problems[0].message)
		}
		reads[d.ID], relations[d.ID] = beneathDefinition(d, s.relations), s.relations
	}
	e.reads, e.relations, e.broken = reads, relations, broken
	return nil
}

// forgetRelations has the next run make the relations again: the facts beneath
// them may have other columns.
func (e *Engine) forgetRelations(ctx context.Context) error {
	if err := e.acquire(ctx); err != nil {
		return err
	}
	defer e.release()
	e.made = -1
	return nil
}

// acquire waits for its turn to run, no longer than ctx.
func (e *Engine) acquire(ctx context.Context) error {
	select {
	case e.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the run of indicators before: %w", context.Cause(ctx))
	}
}

func (e *Engine) release() { <-e.running }

// countedFacts are the fact tables beneath what the definition's query reads, and
// beneath how complete its figures are. relations are those that the query reads.
func countedFacts(d Definition, relations []string) []string {
	facts := slices.Clone(completenessRules[d.Complete.Rule].facts)
	for _, r := range Relations() {
		if slices.Contains(relations, r.Name) {
			facts = append(facts, r.Facts...)
		}
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

// beneathDefinition are the fact tables of which a change can change the
// definition's values.
func beneathDefinition(d Definition, relations []string) []string {
	facts := append(countedFacts(d, relations), "half_term")
	for _, name := range d.Breakdowns {
		b, _ := BreakdownOf(name)
		facts = append(facts, b.facts...)
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

// serve puts next in the place of what is served. Targets that cannot be read
// stay as they were: a number without its target would be judged by nothing.
func (e *Engine) serve(ctx context.Context, next *snapshot) {
	next.benchmarks = e.serving.Load().benchmarks
	if e.Pool == nil {
		next.benchmarks = benchmarks{targets: e.Defined().openTargets(), comparators: comparators.Shipped()}
	} else if y, err := e.readBenchmarks(ctx); err == nil {
		next.benchmarks = y
	} else if ctx.Err() == nil {
		e.Log.ErrorContext(ctx, "targets and comparators were not read", "error", err)
	}
	e.serving.Store(next)
}

// List is the definitions that the viewer may ask about, by theme and title;
// none for a viewer who may not ask. Those without a right to exact figures see them
// by the kinds of period that are published, and those of which nothing is where they
// answer for a member.
func (e *Engine) List(v access.Viewer) []Definition {
	if !mayAsk(v) {
		return nil
	}
	if v.May(access.ExactFigures) {
		return e.Defined().Definitions()
	}
	own := ownMembers(v)
	var out []Definition
	for _, d := range e.Defined().definitions {
		published, ok := d.publishedAs()
		if d.hasOwn(own) {
			published.Periods, ok = d.periodsWithOwn(), true
		}
		if ok {
			out = append(out, published)
		}
	}
	return out
}

func mayAsk(v access.Viewer) bool {
	return v.May(access.ViewDashboards) || v.May(access.EvaluateAlerts)
}
