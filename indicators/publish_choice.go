package indicators

// What a publication shows of a period, and what it hides: the choice is made over
// every measure of one cohort and every breakdown at once (see disclosure.go).

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
)

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
		if s := a.serving.Load(); s.behind[id] || s.partly[id] {
			a.release.Left = append(a.release.Left, fmt.Sprintf("%s, %s: it could not be computed from the records as they are now", c.definition.Title, p.Name))
			continue
		}
		// Weeks of a half term that is published could be subtracted from it.
		if base, before := a.bases[id]; before && base != c.definition.PublishedBy() {
			a.release.Left = append(a.release.Left, fmt.Sprintf("%s, %s: the measure was published by another kind of period (%s), with which this could be compared: give the definition another id", c.definition.Title, p.Name, cmp.Or(base, Rolling12Months)))
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
