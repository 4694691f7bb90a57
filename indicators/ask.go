package indicators

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"onevision/access"
)

// periodsAsked is how many periods a series has when the question does not say.
const periodsAsked = 13

// Ask answers q for the viewer: from what was computed last, or, where they have no
// right to exact figures, from what is published alone. ErrNotFound for a
// viewer who may neither view dashboards nor evaluate alerts, for what does not
// exist, and before its first figures.
func (e *Engine) Ask(ctx context.Context, v access.Viewer, q Question) (Answer, error) {
	if !mayAsk(v) {
		return Answer{}, ErrNotFound
	}
	if !v.May(access.ExactFigures) {
		return e.askOwn(ctx, v, q)
	}
	return e.askExact(ctx, q)
}

// askExact is the answer of exact figures.
func (e *Engine) askExact(ctx context.Context, q Question) (Answer, error) {
	s := e.serving.Load()
	c, ok := s.indicators[q.Indicator]
	if !ok {
		return Answer{}, ErrNotFound
	}
	if q.Period == "" {
		q.Period = c.definition.Periods[0]
		if kind := KindOf(q.At); kind != "" {
			q.Period = kind
		}
	}
	if q.Last <= 0 {
		q.Last = periodsAsked
	}
	key := answerKey{q, DayOf(e.Now()), e.coverage().sum}
	a, ok := s.answers.get(key)
	if !ok {
		var err error
		if a, err = e.answer(ctx, s, c, key); err != nil {
			return Answer{}, err
		}
		s.answers.put(key, a)
	}
	a.asAt = e.asAt(q.Indicator, c)
	return a, nil
}

// answer makes the answer, for a viewer with a right to exact figures.
func (e *Engine) answer(ctx context.Context, s *snapshot, c *computed, k answerKey) (Answer, error) {
	d, q := c.definition, k.question
	if !slices.Contains(d.Periods, q.Period) || (q.Breakdown != "" && !slices.Contains(d.Breakdowns, q.Breakdown)) || (q.Breakdown == "" && q.Member != "") {
		return Answer{}, ErrNotFound
	}
	if len(c.periods[q.Period]) == 0 { // half terms, where none are recorded
		if q.At != "" || q.Member != "" {
			return Answer{}, ErrNotFound
		}
		none := Figure{Text: "no data"}
		return Answer{definition: d, question: q, asAt: c.asAt, computedAt: c.computedAt, position: c.position, unrecorded: c.unrecorded,
			current: none, previous: none, newest: none}, nil
	}
	t, err := e.table(ctx, c, q.Period, q.Breakdown, reportsBy(d, q.Period))
	if err != nil {
		return Answer{}, err
	}
	whole := view{computed: c, table: t, key: k, breakdown: q.Breakdown}
	one := whole
	if q.Member != "" {
		if t.members[q.Breakdown][q.Member] == nil {
			return Answer{}, ErrNotFound
		}
		one = whole.of(q.Member)
	}
	end := len(t.periods) - 1
	if q.At != "" {
		if end = slices.IndexFunc(t.periods, func(p Period) bool { return p.ID == q.At }); end < 0 {
			return Answer{}, ErrNotFound
		}
	}
	current := end
	if q.At == "" {
		current = one.newest()
	}
	a := Answer{definition: d, question: q, asAt: c.asAt, computedAt: c.computedAt, position: c.position, unrecorded: c.unrecorded, whose: c.whoseFacts(q)}
	a.current, a.newest = one.figure(current), one.figure(end)
	if before := one.before(current); before >= 0 {
		a.previous = one.figure(before)
	}
	a.series = one.series(end, q.Last)
	a.target = s.target(d, q.Breakdown, q.Member, t.periods[current])
	earlier := make([]Figure, current)
	for i := range earlier {
		earlier[i] = one.figure(i)
	}
	a.weigh(earlier, func(id string) (Figure, bool) {
		i := slices.IndexFunc(t.periods, func(p Period) bool { return p.ID == id })
		if i < 0 {
			return Figure{}, false
		}
		return one.figure(i), true
	}, k.today)
	if q.Member != "" {
		a.memberName = one.label(q.Member).Text
	} else {
		a.comparators = comparatorsOf(s.benchmarks.comparators, d)
		if a.current.HasNumber() {
			a.cohort = cohort(d, one.cell(current), a.current)
		}
	}
	reported := one.reported(end)
	a.completeness = one.cell(reported).completeness(d, k.today)
	a.sent, a.of, a.behind = whole.reporting(reported, k.today)
	a.reported = t.periods[reported]
	if q.Breakdown != "" && q.Member == "" {
		a.members = s.members(whole, current, end)
	}
	return a, nil
}

// members are those of the breakdown that have anything to say in the series.
func (s *snapshot) members(whole view, current, end int) []Member {
	var out []Member
	d, q := whole.computed.definition, whole.key.question
	for id := range whole.table.members[q.Breakdown] {
		one := whole.of(id)
		label := whole.label(id)
		m := Member{ID: id, Name: label.Text, Code: label.Code, place: label.Place, Series: one.series(end, q.Last)}
		if len(m.Series) == 0 {
			continue
		}
		m.Current = one.figure(current)
		if before := whole.before(current); before >= 0 {
			m.Previous = one.figure(before)
		}
		target := s.target(d, q.Breakdown, id, whole.table.periods[current])
		m.Status = judge(d, m.Current, target)
		m.Current = apart(d, m.Current, m.Status, target)
		m.Completeness = one.cell(current).completeness(d, whole.key.today)
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Member) int { return worstFirst(d, a, b) })
	return out
}

// worstFirst orders members by what is shown of them, never by what is hidden:
// those with a number, the worst first, then the others by name.
func worstFirst(d Definition, a, b Member) int {
	byName := cmp.Or(cmp.Compare(a.place, b.place), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	if d.Polarity == NoPolarity {
		return byName
	}
	if x, y := a.Current.HasNumber(), b.Current.HasNumber(); !x || !y {
		if x == y {
			return byName
		}
		return compareBool(!x, !y)
	}
	order := a.Current.Value.Cmp(b.Current.Value)
	if d.Polarity == LowIsGood {
		order = -order
	}
	if order == 0 {
		return byName
	}
	return order
}

func (s *snapshot) target(d Definition, breakdown, member string, p Period) *Target {
	if member == "" {
		breakdown = ""
	}
	row, ok := s.benchmarks.target(d.ID, breakdown, member, p.Last)
	if !ok {
		return nil
	}
	return &Target{Value: row.target, Tolerance: row.tolerance, Text: valueText(d, row.target)}
}

// reportsBy is the breakdown by whose members it is asked who has sent anything
// for a period; "" where it is not: that each school sent something since
// September says nothing.
func reportsBy(d Definition, kind PeriodKind) string {
	by := completenessRules[d.Complete.Rule].by
	if k, _ := kind.entry(); !k.reports || !slices.Contains(d.Breakdowns, by) {
		return ""
	}
	return by
}

// label is what a member is called.
func (v view) label(member string) Label {
	b, _ := BreakdownOf(v.breakdown)
	return b.label(v.table.labels[v.breakdown], member)
}
