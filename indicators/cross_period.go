// The periods of crossings: those of the definition, and spans that are worked out from
// them.

package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"onevision/access"
)

// months is the kind of a span of whole months that somebody chose. It is no kind of the
// registry: nothing is computed of it until it is asked for.
const months PeriodKind = "months"

// mostMonths is the longest such span, and how far back it may begin: as far as months
// are kept.
const mostMonths = 36

// MonthsID is the id of a span of whole months, from the month of one day to that of
// another.
func MonthsID(from, to time.Time) string {
	return string(months) + ":" + from.Format("2006-01") + ".." + to.Format("2006-01")
}

// monthsOf is the span that such an id names.
func monthsOf(id string, today time.Time) (Period, bool) {
	from, to, _ := strings.Cut(strings.TrimPrefix(id, string(months)+":"), "..")
	first, err := time.Parse("2006-01", from)
	if err != nil {
		return Period{}, false
	}
	end, err := time.Parse("2006-01", to)
	if err != nil || end.Before(first) || end.After(today) || first.Before(today.AddDate(0, -mostMonths, 1-today.Day())) {
		return Period{}, false
	}
	p := Period{ID: MonthsID(first, end), Kind: months, First: first, Last: end.AddDate(0, 1, -1), Name: first.Format("January 2006") + " to " + end.Format("January 2006")}
	if first.Equal(end) {
		p.Name = first.Format("January 2006")
	}
	return p, p.ID == id
}

// CrossKinds says what a measure may be crossed by.
type CrossKinds struct {
	Breakdowns []string
	Kinds      []PeriodKind // kinds of periods, those of the definition first
	Months     bool         // and any span of whole months
	periods    map[PeriodKind][]Period
	members    map[string][]Label
}

// Periods are those of a kind that may be asked for, the newest first.
func (c CrossKinds) Periods(kind PeriodKind) []Period {
	out := slices.Clone(c.periods[kind])
	slices.Reverse(out)
	return out
}

// Members are those that a breakdown knows of, in its order.
func (c CrossKinds) Members(breakdown string) []Label { return slices.Clone(c.members[breakdown]) }

// CrossKinds says by what a measure may be crossed; the errors are Cross's.
func (e *Engine) CrossKinds(ctx context.Context, v access.Viewer, id string) (CrossKinds, error) {
	if !mayAsk(v) {
		return CrossKinds{}, ErrNotFound
	}
	if !v.May(access.ExactFigures) {
		return CrossKinds{}, ErrPublishedOnly
	}
	s := e.serving.Load()
	c, ok := s.indicators[id]
	if !ok {
		return CrossKinds{}, ErrNotFound
	}
	out := CrossKinds{Breakdowns: c.Crosses(), periods: c.spans, Months: c.monthly(), members: map[string][]Label{}}
	for _, kind := range append(slices.Clone(c.definition.Periods), PeriodKinds()...) {
		if len(c.spans[kind]) > 0 && !slices.Contains(out.Kinds, kind) {
			out.Kinds = append(out.Kinds, kind)
		}
	}
	var err error
	out.members, err = e.memberLists(ctx, s)
	return out, err
}

// monthly reports whether the definition means something of any span of whole months.
func (c *computed) monthly() bool { return slices.Contains(c.definition.Periods, Month) }

// spanKinds are the kinds of periods of which a definition is answered beside its own:
// what is made of months where it has those, of half terms where it has those. A
// definition that does not read the kept sums of attendance can be asked of any of them.
func spanKinds(d Definition) []PeriodKind {
	kept := strings.Contains(strings.ToLower(d.SQL), "period_attendance")
	monthly, halves := slices.Contains(d.Periods, Month), slices.Contains(d.Periods, HalfTerm)
	var out []PeriodKind
	if halves || monthly && !kept {
		out = append(out, HalfTerm, Term)
	}
	if monthly {
		out = append(out, Quarter)
	}
	return out
}

// giveSpans lists the periods that may be asked for.
func (c *computed) giveSpans(today time.Time, calendar []HalfTermDates) {
	c.spans = map[PeriodKind][]Period{}
	for _, kind := range append(slices.Clone(c.definition.Periods), spanKinds(c.definition)...) {
		if c.spans[kind] == nil {
			c.spans[kind] = PeriodsUpTo(kind, today, retained(kind), calendar)
		}
	}
	c.today = today
	c.calendar = calendar
}

// crossPeriod is the period of that id, if it may be asked for.
func (c *computed) crossPeriod(id string) (Period, bool) {
	if strings.HasPrefix(id, string(months)+":") {
		p, ok := monthsOf(id, c.today)
		return p, ok && c.monthly()
	}
	all := c.spans[KindOf(id)]
	i := slices.IndexFunc(all, func(p Period) bool { return p.ID == id })
	if i < 0 {
		return Period{}, false
	}
	return all[i], true
}

// parts are the kept periods of which one that is not kept consists: the months of a span
// of months or a quarter, the half terms of a term. None for a kept one.
func (p Period) parts(own []PeriodKind, calendar []HalfTermDates) []Period {
	if slices.Contains(own, p.Kind) {
		return nil
	}
	kind := Month
	if p.Kind == Term {
		kind = HalfTerm
	}
	var out []Period
	for day := p.First; !day.After(p.Last); day = day.AddDate(0, 0, 1) {
		if part, ok := PeriodOf(kind, day, p.Last, calendar); ok {
			out = append(out, part)
			day = part.Last
		}
	}
	return out
}

// giveSpans adds to period_attendance the sums of those periods that are not kept, from
// those of their parts, with the circumstances of the span's own day.
func (k *computation) giveSpans(ctx context.Context, periods []Period) error {
	if !slices.Contains(k.relations, "period_attendance") {
		return nil
	}
	var rows []string
	for _, p := range periods {
		year := "NULL"
		if p.Last.Sub(p.First).Hours() < 24*100 { // as sumOverlapping has it
			year = fmt.Sprint(p.Last.AddDate(0, -8, 0).Year())
		}
		for _, part := range p.parts(k.definition.Periods, k.calendar) {
			rows = append(rows, fmt.Sprintf("(%d, %d, %s, %s)", part.key(), p.key(), quotedDays([]time.Time{k.onDay(p)}), year))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	run := runner(ctx, k.conn, "giveSpans", "sum the attendance of a span")
	run(`CREATE OR REPLACE TEMP TABLE ` + attendanceSum)
	run(`INSERT INTO attendance_sum
		SELECT s.period_key, s.day, a.child_id, a.school_id, coalesce(s.academic_year, a.academic_year)::SMALLINT AS year, sum(a.marks)::SMALLINT, sum(a.possible)::SMALLINT, sum(a.present)::SMALLINT,
			sum(a.authorised)::SMALLINT, sum(a.unauthorised)::SMALLINT, sum(a.illness)::SMALLINT, sum(a.part_time)::SMALLINT
		FROM kept.period_attendance a JOIN (VALUES ` + strings.Join(rows, ", ") + `) s(part_key, period_key, day, academic_year) ON a.period_key = s.part_key GROUP BY ALL`)
	run(`CREATE OR REPLACE TEMP TABLE span_attendance AS ` + periodAttendance())
	run(`CREATE OR REPLACE TEMP VIEW period_attendance AS ` + givenAttendance(`(SELECT * FROM kept.period_attendance UNION ALL BY NAME SELECT * FROM span_attendance)`))
	return run(`DROP TABLE attendance_sum`)
}

// memberLists are the members that breakdowns know of, read once for a snapshot.
func (e *Engine) memberLists(ctx context.Context, s *snapshot) (map[string][]Label, error) {
	s.crossings.reading.Lock()
	defer s.crossings.reading.Unlock()
	if s.crossings.members != nil {
		return s.crossings.members, nil
	}
	out := map[string][]Label{}
	err := e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error {
		for _, b := range breakdowns {
			labels, err := b.readLabels(ctx, c)
			if err != nil {
				return err
			}
			all := map[string]bool{}
			for member := range labels {
				all[member] = true
			}
			out[b.Name] = inOrder(b.Name, all, map[string]map[string]Label{b.Name: labels})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what may be chosen: %w", err)
	}
	s.crossings.members = out
	return out, nil
}

// sumsMissing reports whether the measure reads sums of attendance, and none is kept of
// any of the periods: a run of the newest periods that somebody asks for makes what is
// kept anew, of those periods alone.
func (e *Engine) sumsMissing(ctx context.Context, c *computed, periods []Period) (missing bool, err error) {
	if !slices.Contains(c.relations, "period_attendance") {
		return false, nil
	}
	err = e.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ Position) error {
		kept, err := c.sumsKept(ctx, conn, periods)
		missing = !kept
		return err
	})
	return missing, err
}

// sumsKept reports whether sums of attendance are kept of any of the periods, or of
// their parts.
func (c *computed) sumsKept(ctx context.Context, conn *sql.Conn, periods []Period) (kept bool, err error) {
	var keys []int64
	for _, p := range periods {
		keys = append(keys, int64(p.key()))
		for _, part := range p.parts(c.definition.Periods, c.calendar) {
			keys = append(keys, int64(part.key()))
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	err = conn.QueryRowContext(ctx, `/* indicators.sumsKept */ SELECT count(*) > 0 FROM kept.period_attendance WHERE period_key IN (`+joined(keys)+`)`).Scan(&kept)
	if err != nil {
		return false, fmt.Errorf("look for the sums of attendance: %w", err)
	}
	return kept, nil
}
