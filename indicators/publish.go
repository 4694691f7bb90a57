package indicators

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Publish publishes what has not been published yet of the periods that are asked
// for, as it stands now. ErrNotFound for a viewer who may not.
func (e *Engine) Publish(ctx context.Context, v access.Viewer, o Publishing) (Release, error) {
	if !v.May(access.Publish) || e.Pool == nil {
		return Release{}, ErrNotFound
	}
	of, err := asksOf(o.Of)
	if err != nil {
		return Release{}, err
	}
	if err := e.acquire(ctx); err != nil { // no run changes a value meanwhile
		return Release{}, err
	}
	defer e.release()
	today := DayOf(e.Now())
	return e.publish(ctx, v, o, of.has, func(d Definition, p Period, c cell) (bool, string) {
		ok, why := c.enough(d, today)
		switch {
		case !p.Ended(e.Now()):
			return false, "it has not ended"
		case !ok && !o.Incomplete:
			return false, why
		}
		return true, ""
	})
}

// dueEvery is how often it is looked whether something is due: runs follow one another
// within seconds, and a look reads all values of a kind of period.
const dueEvery = 10 * time.Minute

// publishDue publishes by itself what is complete, or has come to its last day:
// periods that ended since the program first ran here.
func (e *Engine) publishDue(ctx context.Context) error {
	if since := e.Now().Sub(e.dueAt); since >= 0 && since < dueEvery {
		return nil
	}
	e.dueAt = e.Now()
	today, from := DayOf(e.Now()), time.Time{}
	if err := e.Pool.QueryRow(ctx, `/* indicators.publishDue */ SELECT day FROM published_from`).Scan(&from); err != nil {
		return fmt.Errorf("read from when periods are published: %w", err)
	}
	_, err := e.publish(ctx, access.System(access.Computing), Publishing{By: "schedule"}, func(p Period) bool { return !p.Last.Before(from) }, func(d Definition, p Period, c cell) (bool, string) {
		ok, _ := c.enough(d, today)
		return ok || !today.Before(d.latestDay(p)), ""
	})
	return err
}

// beginPublishing notes from which day on periods are published by themselves, the
// first time that the program runs.
func (e *Engine) beginPublishing(ctx context.Context) error {
	err := access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* indicators.beginPublishing */ INSERT INTO published_from (day) VALUES ($1) ON CONFLICT DO NOTHING`, DayOf(e.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("note from when periods are published: %w", err)
	}
	return nil
}

// due says of a measure's period whether it is to be published, and if not, why not
// ("": that need not be said).
type due func(Definition, Period, cell) (bool, string)

// act is one publication while it is made. It has the engine to itself.
type act struct {
	*Engine
	release  Release
	today    time.Time
	key      []byte
	wholes   map[string]map[string]hidden // headlines that are published, by indicator and period; hidden "" is shown
	periods  []publishedPeriod
	values   []publishedValue
	computed map[string]*computed
	spans    map[string]*table // of twelve months, of measures that have no months beside them
	ids      []string
}

// publishedPeriod is a row of the table.
type publishedPeriod struct {
	of       *computed
	period   Period
	complete bool
	lacking  string
	whole    cell
}

// publishedValue is a row of the table.
type publishedValue struct {
	indicator, period string
	place             place
	label             Label
	cell              cell
	unit              Unit
	flag              string
	reason            hidden
	target            *Target
}

// The flags of a published value.
const (
	flagShown      = "shown"
	flagHidden     = "hidden"
	flagIncomplete = "incomplete" // not shown, since too little was received
	flagNone       = "none"       // nothing was recorded
)

func (e *Engine) publish(ctx context.Context, v access.Viewer, o Publishing, wanted func(Period) bool, is due) (Release, error) {
	a := &act{Engine: e, today: DayOf(e.Now()), computed: e.serving.Load().indicators, spans: map[string]*table{},
		release: Release{At: e.Now(), By: o.By, SignedOffBy: strings.TrimSpace(o.SignedOffBy), Commentary: strings.TrimSpace(o.Commentary)}}
	for _, d := range e.Defined().definitions {
		if a.computed[d.ID] != nil {
			a.ids = append(a.ids, d.ID)
		}
	}
	err := access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* indicators.publish */ SELECT pg_advisory_xact_lock(hashtext('published_release'))`); err != nil {
			return err
		}
		if err := a.readPublished(ctx, tx); err != nil {
			return err
		}
		for _, kind := range append(slices.Clone(bases), Rolling12Months) {
			if err := a.kind(ctx, tx, kind, wanted, is); err != nil {
				return err
			}
		}
		if len(a.periods) == 0 {
			return nil
		}
		if err := a.write(ctx, tx, v); err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "publish", Kind: "indicator", Record: a.release.ID, Reason: o.Of})
	})
	if err != nil {
		return Release{}, fmt.Errorf("publish: %w", err)
	}
	if len(a.periods) > 0 {
		e.published.forget()
		e.Log.InfoContext(ctx, "figures were published", "release", a.release.ID, "by", a.release.By, "measures", a.release.Measures, "shown", a.release.Shown, "hidden", a.release.Hidden)
	}
	return a.release, nil
}

// readPublished reads the key, and which headlines are published.
func (a *act) readPublished(ctx context.Context, tx pgx.Tx) error {
	if err := tx.QueryRow(ctx, `/* indicators.readPublished */ SELECT key FROM published_key`).Scan(&a.key); err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	a.wholes = map[string]map[string]hidden{}
	rows, err := tx.Query(ctx, `/* indicators.readPublished */ SELECT indicator, period_id, reason FROM published_value WHERE breakdown = ''`)
	if err != nil {
		return err
	}
	var indicator, period string
	var why hidden
	_, err = pgx.ForEachRow(rows, []any{&indicator, &period, &why}, func() error {
		a.whole(indicator)[period] = why
		return nil
	})
	return err
}

func (a *act) whole(indicator string) map[string]hidden {
	if a.wholes[indicator] == nil {
		a.wholes[indicator] = map[string]hidden{}
	}
	return a.wholes[indicator]
}

// kind publishes what is due of one kind of period, the oldest first.
func (a *act) kind(ctx context.Context, tx pgx.Tx, kind PeriodKind, wanted func(Period) bool, is due) error {
	var periods []Period
	for _, id := range a.ids {
		c := a.computed[id]
		if !slices.Contains(c.definition.Publishes(), kind) {
			continue
		}
		for _, p := range c.periods[kind] {
			if _, done := a.wholes[id][p.ID]; !done && wanted(p) && p.Ended(a.Now()) && !slices.Contains(periods, p) {
				periods = append(periods, p)
			}
		}
	}
	if len(periods) == 0 {
		return nil
	}
	for _, id := range a.ids {
		c := a.computed[id]
		if a.spans[id] != nil || !c.definition.yearsWithoutMonths() {
			continue
		}
		t, err := a.table(ctx, c, Rolling12Months)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			a.spans[id] = t
		}
	}
	sortPeriods(periods)
	read, err := a.readKind(ctx, kind)
	if err != nil {
		return err
	}
	for _, p := range periods {
		if err := a.period(ctx, tx, p, read, is); err != nil {
			return err
		}
	}
	return nil
}

// read is what the warehouse holds of one kind of period: by indicator, period and
// place; the members that there are of each breakdown; what they are called.
type read struct {
	cells   map[string]map[string]map[place]cell
	members map[string]map[string][]string
	labels  map[string]map[string]Label
}

func (a *act) readKind(ctx context.Context, kind PeriodKind) (*read, error) {
	out := &read{map[string]map[string]map[place]cell{}, map[string]map[string][]string{}, map[string]map[string]Label{}}
	err := a.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error {
		for _, id := range a.ids {
			d := a.computed[id].definition
			if !slices.Contains(d.Publishes(), kind) {
				continue
			}
			out.cells[id], out.members[id] = map[string]map[place]cell{}, map[string][]string{}
			parts := []string{""}
			if d.PublishedBy() == kind {
				parts = append(parts, d.Breakdowns...)
			}
			for _, breakdown := range parts {
				values := cells{values: map[string]map[string]cell{}}
				if err := values.readValues(ctx, c, part{id, kind, breakdown}); err != nil {
					return err
				}
				for member, line := range values.values {
					if breakdown != "" {
						out.members[id][breakdown] = append(out.members[id][breakdown], member)
					}
					for period, v := range line {
						if out.cells[id][period] == nil {
							out.cells[id][period] = map[place]cell{}
						}
						out.cells[id][period][place{breakdown, member}] = v
					}
				}
				slices.Sort(out.members[id][breakdown])
				if b, ok := BreakdownOf(breakdown); ok && out.labels[breakdown] == nil {
					var err error
					if out.labels[breakdown], err = b.readLabels(ctx, c); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is to be published: %w", err)
	}
	return out, nil
}

// period publishes what is due of one period. All measures that have it for their
// base take part in the choice, whether they are due or not, so that what is shown of
// one does not give away another that is published later.
func (a *act) period(ctx context.Context, tx pgx.Tx, p Period, r *read, is due) error {
	var ids, before []string
	for _, id := range a.ids {
		c := a.computed[id]
		if !slices.ContainsFunc(c.periods[p.Kind], func(o Period) bool { return o.ID == p.ID }) || r.cells[id] == nil {
			continue
		}
		if _, done := a.wholes[id][p.ID]; done {
			before = append(before, id)
			continue
		}
		whole := r.cells[id][p.ID][place{}]
		ok, why := is(c.definition, p, whole)
		if ok && !whole.has {
			ok, why = false, "nothing has been recorded for it"
		}
		if !ok {
			if why != "" {
				a.release.Left = append(a.release.Left, fmt.Sprintf("%s, %s: %s", c.definition.Title, p.Name, why))
			}
			continue
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	var subjects []subject
	for _, id := range a.ids {
		d := a.computed[id].definition
		if d.PublishedBy() != p.Kind || r.cells[id][p.ID] == nil {
			continue
		}
		s := subject{id: id, unit: d.Unit, whole: r.cells[id][p.ID][place{}], breakdowns: d.Breakdowns, members: map[string]map[string]cell{}, withheld: map[string]map[string]bool{}}
		for _, b := range d.Breakdowns {
			s.members[b], s.withheld[b] = map[string]cell{}, map[string]bool{}
			for _, m := range r.members[id][b] {
				c := memberCell(d, b, r.cells[id][p.ID][place{b, m}], s.whole)
				if ok, _ := c.enough(d, a.today); c.has && !ok {
					s.withheld[b][m] = true
				}
				s.members[b][m] = c
			}
		}
		if slices.Contains(before, id) {
			var err error
			if s, err = s.asPublished(ctx, tx, p.ID); err != nil {
				return err
			}
		}
		subjects = append(subjects, s)
	}
	hides := choose(subjects, a.key)
	for _, id := range ids {
		a.add(a.computed[id], p, r, subjects, hides[id])
	}
	return nil
}

// memberCell is a member's cell with what it has of the whole's. A team without an
// open case at a month end for which the whole is known has none: that is a zero.
func memberCell(d Definition, breakdown string, c, whole cell) cell {
	if !c.has && whole.has && d.Unit == Count {
		c.has, c.completeFrom = true, whole.completeFrom
	}
	if c.completeFrom.IsZero() {
		c.completeFrom = whole.completeFrom
	}
	if breakdown != completenessRules[d.Complete.Rule].by { // what is not counted by member is the whole's
		c.received, c.expected = whole.received, whole.expected
	}
	return c
}

// asPublished is the subject as it was published: its figures of that day, and what
// was hidden of them. What was not shown for being incomplete is hidden for good.
func (s subject) asPublished(ctx context.Context, tx pgx.Tx, period string) (subject, error) {
	s.earlier, s.members, s.withheld = map[place]hidden{}, map[string]map[string]cell{}, nil
	rows, err := tx.Query(ctx, `/* indicators.asPublished */
		SELECT breakdown, member, coalesce(numerator, 0)::text, coalesce(denominator, 0)::text, children, numerator_children, flag, reason FROM published_value WHERE indicator = $1 AND period_id = $2`, s.id, period)
	if err != nil {
		return s, err
	}
	var at place
	var n, of, flag string
	var why hidden
	var c cell
	_, err = pgx.ForEachRow(rows, []any{&at.breakdown, &at.member, &n, &of, &c.children, &c.behind, &flag, &why}, func() error {
		var err, err2 error
		c.numerator, err = decimal.NewFromString(n)
		c.denominator, err2 = decimal.NewFromString(of)
		c.has = flag != flagNone
		if why != "" {
			s.earlier[at] = why
		}
		if at == (place{}) {
			s.whole = c
			return errors.Join(err, err2)
		}
		if s.members[at.breakdown] == nil {
			s.members[at.breakdown] = map[string]cell{}
		}
		s.members[at.breakdown][at.member] = c
		return errors.Join(err, err2)
	})
	return s, err
}

// add takes a measure's period up among what is published.
func (a *act) add(of *computed, p Period, r *read, subjects []subject, hides map[place]hidden) {
	d, whole := of.definition, r.cells[of.definition.ID][p.ID][place{}]
	why := hides[place{}]
	if d.PublishedBy() != p.Kind || d.yearsWithoutMonths() {
		why = cmp.Or(why, a.spanHidden(d, p, whole, r))
	}
	complete, lacking := whole.enough(d, a.today)
	a.periods = append(a.periods, publishedPeriod{of, p, complete, lacking, whole})
	a.whole(d.ID)[p.ID] = why
	if !complete {
		a.release.Incomplete++
	}
	s := a.serving.Load()
	put := func(at place, c cell, label Label, flag string, why hidden) {
		a.values = append(a.values, publishedValue{d.ID, p.ID, at, label, c, d.Unit, flag, why, s.target(d, at.breakdown, at.member, p)})
		switch flag {
		case flagShown:
			a.release.Shown++
		case flagHidden, flagIncomplete:
			a.release.Hidden++
		}
	}
	put(place{}, whole, Label{}, cmp.Or(map[bool]string{true: flagHidden}[why != ""], flagShown), why)
	i := slices.IndexFunc(subjects, func(s subject) bool { return s.id == d.ID })
	if i < 0 || d.PublishedBy() != p.Kind {
		return
	}
	for _, b := range d.Breakdowns {
		known, _ := BreakdownOf(b)
		for _, m := range r.members[d.ID][b] {
			c, hid := subjects[i].members[b][m], hides[place{b, m}]
			flag := flagShown
			switch {
			case why != "":
				flag, hid = flagHidden, cmp.Or(hid, hiddenWhole)
			case subjects[i].withheld[b][m]:
				flag, hid = flagIncomplete, cmp.Or(hid, hiddenCohort)
			case hid != "":
				flag = flagHidden
			case !c.has:
				flag = flagNone
			}
			put(place{b, m}, c, known.label(r.labels[b], m), flag, hid)
		}
	}
}

// spanHidden says whether a span that is made of others is hidden: by itself; because
// one of those within it is hidden or not published; or, where there are none, because
// single months could be worked out from it and those before it.
func (a *act) spanHidden(d Definition, p Period, whole cell, r *read) hidden {
	if whole.sensitive(d.Unit) {
		return hiddenMeasure
	}
	base := d.PublishedBy()
	if of := longer[base][p.Kind]; of > 0 {
		n := 0
		for _, within := range a.computed[d.ID].periods[base] {
			if within.First.Before(p.First) || within.Last.After(p.Last) {
				continue
			}
			if why, published := a.wholes[d.ID][within.ID]; published && why == "" {
				n++
			}
		}
		if n < of {
			return hiddenSpan
		}
		return ""
	}
	if !a.open(d, p) {
		return hiddenSpan
	}
	return ""
}

// open reports whether each month stays open when this span of twelve months is shown
// beside those before it that are published, shown or not, and those between them.
func (a *act) open(d Definition, p Period) bool {
	t := a.spans[d.ID]
	if t == nil {
		return false
	}
	end := slices.IndexFunc(t.periods, func(other Period) bool { return other.Last.Equal(p.Last) })
	if end < 0 {
		return false
	}
	first := end
	for i := end - 1; i >= 0 && first-i < 12; i-- { // those that reach into one another
		if a.publishedUpTo(d, t.periods[i].Last) {
			first = i
		}
	}
	var lines [3][]decimal.Decimal
	for _, c := range t.whole[first : end+1] {
		if !c.has {
			return false
		}
		lines[0] = append(lines[0], c.numerator)
		lines[1] = append(lines[1], c.cohort(d.Unit))
		lines[2] = append(lines[2], c.denominator.Sub(c.numerator))
	}
	for i, line := range lines {
		if i == 0 && !counts(d.Unit) || i == 2 && d.Unit != Percent {
			continue
		}
		if slack(line).LessThan(decimal.NewFromInt(Threshold)) {
			return false
		}
	}
	return true
}

// publishedUpTo reports whether a span of twelve months that ends on the day is
// published: the year to 31 March is one.
func (a *act) publishedUpTo(d Definition, last time.Time) bool {
	for _, kind := range d.Publishes() {
		for _, p := range a.computed[d.ID].periods[kind] {
			if _, published := a.wholes[d.ID][p.ID]; published && p.Last.Equal(last) {
				return true
			}
		}
	}
	return false
}

// write writes the publication.
func (a *act) write(ctx context.Context, tx pgx.Tx, v access.Viewer) error {
	var account any
	if v.Account() != 0 {
		account = v.Account()
	}
	if err := tx.QueryRow(ctx, `/* indicators.publish */ INSERT INTO published_release (published_at, published_by, account_id, signed_off_by, commentary) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		a.release.At, a.release.By, account, a.release.SignedOffBy, a.release.Commentary).Scan(&a.release.ID); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	measures := map[string]bool{}
	set := a.serving.Load().yardsticks.comparators
	for _, p := range a.periods {
		d := p.of.definition
		measures[d.ID] = true
		if !slices.Contains(a.release.Periods, p.period.Name) {
			a.release.Periods = append(a.release.Periods, p.period.Name)
		}
		definition, err := json.Marshal(d)
		if err != nil {
			return err
		}
		compared, err := json.Marshal(append([]Comparator{}, comparatorsOf(set, d)...))
		if err != nil {
			return err
		}
		batch.Queue(`/* indicators.publish */ INSERT INTO published_period (release_id, indicator, period_id, kind, first_day, last_day, name, complete, lacking, received, expected, definition_hash, definition, data_as_at, position, comparators)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			a.release.ID, d.ID, p.period.ID, p.period.Kind, p.period.First, p.period.Last, p.period.Name, p.complete, p.lacking, p.whole.received, p.whole.expected, d.Hash, definition, p.of.asAt, p.of.position, compared)
	}
	a.release.Measures = len(measures)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for rows := range slices.Chunk(a.values, 10_000) {
		if err := writeValues(ctx, tx, rows); err != nil {
			return err
		}
	}
	return nil
}

func writeValues(ctx context.Context, tx pgx.Tx, rows []publishedValue) error {
	n := len(rows)
	text := func(of func(publishedValue) *string) []*string {
		out := make([]*string, n)
		for i, r := range rows {
			out[i] = of(r)
		}
		return out
	}
	number := func(d decimal.Decimal, has bool) *string {
		if !has {
			return nil
		}
		s := d.String()
		return &s
	}
	whole := func(of func(publishedValue) int64) []int64 {
		out := make([]int64, n)
		for i, r := range rows {
			out[i] = of(r)
		}
		return out
	}
	_, err := tx.Exec(ctx, `/* indicators.publish */
		INSERT INTO published_value (indicator, period_id, breakdown, member, label, code, place, numerator, denominator, value, children, numerator_children, flag, reason, target, tolerance)
		SELECT indicator, period_id, breakdown, member, label, code, place, numerator::numeric, denominator::numeric, value::numeric, children, behind, flag, reason, target::numeric, tolerance::numeric
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[])
			AS v(indicator, period_id, breakdown, member, label, code, place, numerator, denominator, value, children, behind, flag, reason, target, tolerance)`,
		text(func(r publishedValue) *string { return &r.indicator }), text(func(r publishedValue) *string { return &r.period }),
		text(func(r publishedValue) *string { return &r.place.breakdown }), text(func(r publishedValue) *string { return &r.place.member }),
		text(func(r publishedValue) *string { return &r.label.Text }), text(func(r publishedValue) *string { return &r.label.Code }),
		whole(func(r publishedValue) int64 { return int64(r.label.Place) }),
		text(func(r publishedValue) *string { return number(r.cell.numerator, r.cell.has) }),
		text(func(r publishedValue) *string { return number(r.cell.denominator, r.cell.has && r.unit != Count) }),
		text(func(r publishedValue) *string { v, ok := r.cell.value(r.unit); return number(v, ok) }),
		whole(func(r publishedValue) int64 { return r.cell.children }), whole(func(r publishedValue) int64 { return r.cell.behind }),
		text(func(r publishedValue) *string { return &r.flag }), text(func(r publishedValue) *string { s := string(r.reason); return &s }),
		text(func(r publishedValue) *string {
			if r.target == nil {
				return nil
			}
			return number(r.target.Value, true)
		}), text(func(r publishedValue) *string {
			if r.target == nil {
				return nil
			}
			return number(r.target.Tolerance, true)
		}))
	return err
}
