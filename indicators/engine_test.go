package indicators_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

var truancy = indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", Member: "3", At: "week:2026-11-16"}

// Only the periods of which something changed are written again.
func TestARunWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	e := w.Engine(saturday, indicatorstest.Few)
	var changed []string
	e.OnRun(func(_ context.Context, r indicators.Run) { changed = r.Changed })
	before := runs(t, w)
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	if len(changed) != 0 {
		t.Errorf("nothing changed, and %v did", changed)
	}
	w.Exec(`UPDATE facts.attendance SET pm = 'O' WHERE child_id = 90 AND date = DATE '2026-11-17'`)
	if err := e.RunRecent(t.Context(), "unauthorised-absence"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(changed, []string{"unauthorised-absence"}) {
		t.Errorf("changed: %v", changed)
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "4 of 400" {
		t.Errorf("%+v", f)
	}
	after := runs(t, w)
	for period, run := range after {
		if again, want := run != before[period], !strings.HasSuffix(period, "11-09"); again != want {
			t.Errorf("%s written again: %v", period, again)
		}
	}
	// Each member's values add up to the whole.
	var wrong int
	err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
		return c.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT indicator, period_id, breakdown, sum(numerator) AS n, sum(denominator) AS d, sum(children) AS c FROM results.value WHERE numerator IS NOT NULL GROUP BY ALL) v
			JOIN results.value w ON w.breakdown = '' AND w.indicator = v.indicator AND w.period_id = v.period_id WHERE (v.n, v.d) IS DISTINCT FROM (w.numerator, w.denominator) OR v.breakdown <> 'school' AND v.c <> w.children`).Scan(&wrong)
	})
	if err != nil || wrong != 0 {
		t.Errorf("%d breakdowns do not add up (%v)", wrong, err)
	}
}

func runs(t *testing.T, w indicators.Warehouse) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
		rows, err := c.QueryContext(ctx, `SELECT period_id, max(run) FROM results.value WHERE indicator = 'unauthorised-absence' AND numerator IS NOT NULL GROUP BY 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var run int64
			if err := rows.Scan(&id, &run); err != nil {
				return err
			}
			out[id] = run
		}
		return rows.Err()
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d periods, %v", len(out), err)
	}
	return out
}

// A row that is gone takes its numbers with it.
func TestWhatIsDeletedIsNotCounted(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	e := w.Engine(saturday, indicatorstest.Few)
	w.Exec(`DELETE FROM facts.attendance WHERE date >= DATE '2026-11-16'`)
	if err := e.RunRecent(t.Context(), "unauthorised-absence"); err != nil {
		t.Fatal(err)
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.State != indicators.NoData {
		t.Errorf("%+v", f)
	}
}

// watched is an engine of the product's own indicators on a Saturday, and its runs.
func watched(t *testing.T, o indicators.EngineOptions) (*indicators.Engine, <-chan indicators.Run) {
	t.Helper()
	var err error
	if o.Library, err = indicators.LoadLibrary(indicatorstest.Few); err != nil {
		t.Fatal(err)
	}
	o.Now = func() time.Time { return saturday }
	e, err := indicators.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan indicators.Run, 10)
	e.OnRun(func(_ context.Context, r indicators.Run) { ran <- r })
	return e, ran
}

// A program that begins again serves what the one before it computed; a new
// build of the warehouse, which holds no results, takes its place when its own
// are computed and not before.
func TestWhatWasComputedIsServedUntilThereIsBetter(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "warehouse.duckdb")
	w := open(t, file)
	fill(w.Exec)
	w.Engine(saturday, indicatorstest.Few)

	gate := &gated{Warehouse: w, shut: make(chan struct{})}
	e, ran := watched(t, indicators.EngineOptions{Warehouse: gate})
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := ask(t, e, access.Director, truancy)
	if f := a.Current(); f.Of() != "3 of 400" || a.MemberName() != "Cedar Primary" {
		t.Errorf("after a restart: %s %+v", a.MemberName(), f)
	}

	next := threeSchools(t)
	next.Exec(`UPDATE facts.attendance SET pm = 'O' WHERE child_id = 90 AND date = DATE '2026-11-17'`)
	next.Build = 2
	gate.replace(next)
	e.Changed(nil, true)
	time.Sleep(50 * time.Millisecond)
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "3 of 400" {
		t.Errorf("while the new build is computed: %+v", f)
	}
	close(gate.shut)
	for r := range ran {
		if r.Position.Build == 2 && r.Why == "build" {
			break
		}
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "4 of 400" {
		t.Errorf("after the new build: %+v", f)
	}
}

// While all is computed for the first time, what has its figures is shown.
func TestFirstFiguresAreServedOneByOne(t *testing.T) {
	t.Parallel()
	w := &counted{Warehouse: threeSchools(t)}
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w})
	var shown []int
	w.before = func() {
		n := 0
		for _, d := range e.Library.Definitions() {
			if _, err := e.Ask(t.Context(), accesstest.Viewer(access.Director), indicators.Question{Indicator: d.ID}); err == nil {
				n++
			}
		}
		shown = append(shown, n)
	}
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	<-ran
	// What they share is written first, then each of five.
	if want := []int{0, 0, 1, 2, 3, 4}; !slices.Equal(shown, want) {
		t.Errorf("with figures before each step: %v, want %v", shown, want)
	}
}

// counted is a warehouse that tells of each write before it.
type counted struct {
	indicators.Warehouse
	before func()
}

func (c *counted) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	c.before()
	return c.Warehouse.Write(ctx, fn)
}

// gated is a warehouse that lets nobody write until it is opened.
type gated struct {
	mu sync.Mutex
	indicators.Warehouse
	shut  chan struct{}
	waits chan struct{} // hears of each that waits; nil: nobody does
}

func (g *gated) replace(w indicators.Warehouse) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Warehouse = w
}

func (g *gated) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	if g.waits != nil {
		g.waits <- struct{}{}
	}
	<-g.shut
	g.mu.Lock()
	w := g.Warehouse
	g.mu.Unlock()
	return w.Write(ctx, fn)
}

// After a change of a table beneath it an indicator is computed again by
// itself; after a change of another table nothing is.
func TestAChangeIsFollowed(t *testing.T) {
	w := threeSchools(t)
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w})
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-ran; r.Why != "build" || len(r.Indicators) != len(e.Library.Definitions()) {
		t.Fatalf("the first run is %+v", r)
	}
	w.Exec(`UPDATE facts.attendance SET pm = 'O' WHERE child_id = 90 AND date = DATE '2026-11-17'`)
	began := time.Now()
	e.Changed([]string{"placement"}, false)
	e.Changed([]string{"attendance"}, false)
	r := <-ran
	if r.Why != "change" || !slices.Contains(r.Changed, "unauthorised-absence") || slices.Contains(r.Indicators, "open-cases") {
		t.Errorf("the run is %+v", r)
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "4 of 400" {
		t.Errorf("%v after the mark: %+v", time.Since(began), f)
	}
	select {
	case r := <-ran:
		t.Errorf("another run: %+v", r)
	case <-time.After(time.Second):
	}
}

// While the warehouse has no time to spare figures wait; whoever asks for a run does
// not.
func TestFiguresWaitWhileFactsAreApplied(t *testing.T) {
	w := threeSchools(t)
	var rest atomic.Bool
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w, Pressure: func() (moments, lately float64) {
		if rest.Load() {
			return 0.05, 0.03
		}
		return 0.05, 0.2
	}})
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	<-ran
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Exec(`UPDATE facts.attendance SET pm = 'O' WHERE child_id = 90 AND date = DATE '2026-11-17'`)
	select {
	case r := <-ran:
		t.Fatalf("a run under pressure: %+v", r)
	case <-time.After(2 * time.Second):
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "3 of 400" {
		t.Errorf("under pressure: %+v", f)
	}
	rest.Store(true)
	if r := <-ran; r.Why != "build" || len(r.Indicators) != len(e.Library.Definitions()) {
		t.Errorf("the run afterwards is %+v", r)
	}
	if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "4 of 400" {
		t.Errorf("after it: %+v", f)
	}
}

// Whoever asks for a run does not wait for one that gives way: that one is
// computed at once then, and says how long it had waited.
func TestWhoAsksDoesNotWaitForTheBackOff(t *testing.T) {
	w := threeSchools(t)
	var looks atomic.Int32
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w, Pressure: func() (moments, lately float64) {
		looks.Add(1)
		return 1, 1
	}})
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	<-ran
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for looks.Load() < 10 { // a tenth of a second between them
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	if err := e.Run(t.Context(), []string{"unauthorised-absence"}, 0); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if r := <-ran; r.Why != "build" || r.Lost < 500*time.Millisecond || r.Lost > time.Minute {
		t.Errorf("the run before it is %+v", r)
	}
	if r := <-ran; r.Why != "asked" || r.Lost != 0 {
		t.Errorf("the run asked for is %+v", r)
	}
}

// A definition that is wrong keeps no other from being computed, and the error
// names it.
func TestAWrongDefinitionStandsAlone(t *testing.T) {
	t.Parallel()
	wrong := `{id: wrong, title: Wrong, meaning: Wrong., theme: test, unit: count, polarity: none, periods: [month], as_at: event, schedule: "0 6 * * *", source: Nobody, counts: things, examples: x, sql: "%s"}`
	for name, text := range map[string]string{
		"the SQL of wrong is refused":        `SELECT period_id, 1 AS numerator FROM period, pragma_database_list()`,
		"the query of wrong: ":               `SELECT period_id, 1 AS numerator FROM period JOIN child ON child.birthday = period.first_day`,
		"it does not answer numerator":       `SELECT period_id FROM period`,
		"a period_id that is not in period":  `SELECT 'week:2026-11-16' AS period_id, 1 AS numerator FROM period`,
		"2 without numerator or denominator": `SELECT period_id, CASE WHEN first_day >= DATE '2026-10-01' THEN NULL ELSE 1 END AS numerator FROM period`,
	} {
		w := threeSchools(t)
		l, err := indicators.LoadLibrary(indicatorstest.Few, fstest.MapFS{"test/wrong.yaml": {Data: []byte(strings.Replace(wrong, "%s", text, 1))}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Now: func() time.Time { return saturday }, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		err = e.Run(t.Context(), nil, 0)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if f := ask(t, e, access.Director, truancy).Current(); f.Of() != "3 of 400" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A query that does not end is ended.
func TestAQueryHasALimit(t *testing.T) {
	t.Parallel()
	endless := `{id: endless, title: Endless, meaning: Endless., theme: test, unit: count, polarity: none, periods: [month], as_at: event, schedule: "0 6 * * *", source: Nobody, counts: things, examples: x,
		sql: "SELECT p.period_id, count(*) AS numerator FROM period p, attendance a, attendance b, attendance c, attendance d GROUP BY ALL"}`
	w := threeSchools(t)
	l, err := indicators.LoadLibrary(fstest.MapFS{"test/endless.yaml": {Data: []byte(endless)}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Now: func() time.Time { return saturday }, Limit: 300 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := e.Run(t.Context(), nil, 0); err == nil {
		t.Error("it ended by itself")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
