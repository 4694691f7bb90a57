package indicators

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// view is the cells of the whole or of one member of a table, as one question's
// viewer may see them.
type view struct {
	computed  *computed
	table     *table
	first     *table // of the definition's first kind of period
	asked     asked
	breakdown string // "": the whole alone is looked at
	member    string
	isMember  bool
	holes     map[int]map[string]bool // members not shown, by period, once worked out
}

func (v view) of(member string) view {
	v.member, v.isMember = member, true
	return v
}

// cell is the unsuppressed cell of a period. A team without an open case at a
// month end for which the whole is known has none: that is a zero.
func (v view) cell(i int) cell {
	if !v.isMember {
		return v.table.whole[i]
	}
	c := v.table.members[v.breakdown][v.member][i]
	if whole := v.table.whole[i]; !c.has && whole.has && v.computed.definition.Unit == Count {
		c.has = true
		c.completeFrom = whole.completeFrom
	}
	if c.completeFrom.IsZero() {
		c.completeFrom = v.table.whole[i].completeFrom
	}
	if v.breakdown != completenessRules[v.computed.definition.Complete.Rule].by { // what is not counted by member is the whole's
		c.received, c.expected = v.table.whole[i].received, v.table.whole[i].expected
	}
	return c
}

// figure is what the viewer may see of a period.
func (v view) figure(i int) Figure {
	d, p, c := v.computed.definition, v.table.periods[i], v.cell(i)
	f := c.figure(d, p, v.asked.today)
	if v.asked.exact || !f.HasNumber() {
		return f
	}
	if !v.isMember {
		switch {
		case small(c.numerator) && d.Unit != Mean && d.Unit != Days:
			return suppressed(p, "fewer than 5", "numbers from 1 to 4 are not shown")
		case c.sensitive(d.Unit):
			return suppressed(p, "too few to show", "it is about fewer than 5 children")
		case v.overlapHidden(i):
			return suppressed(p, "not shown", "a number too small to be shown could be worked out from it")
		}
		return f
	}
	// What overlaps can be subtracted: the weeks of a half term from the half
	// term, yesterday's unfinished week from today's. So members are shown for one
	// kind of period, whose periods do not overlap, and once it has ended.
	if v.asked.question.Period != d.Periods[0] {
		return suppressed(p, "not shown", "shown by "+string(d.Periods[0])+" only, so that small numbers cannot be worked out")
	}
	if f.State == Incomplete {
		return suppressed(p, "not shown", "not shown before the period is complete")
	}
	if !v.onlyOfFamily() {
		return suppressed(p, "not shown", "another breakdown is shown from which small numbers could be worked out with it")
	}
	if v.hidden(i)[v.member] {
		return suppressed(p, "not shown", "the number, or one that could be worked out from it, is too small to be shown")
	}
	return f
}

// overlapHidden reports whether a headline of the first kind of periods that
// overlaps this one is not shown: what is left of a month when its weeks are
// taken away would show it.
func (v view) overlapHidden(i int) bool {
	d := v.computed.definition
	first := v.first
	if first == v.table {
		return false
	}
	p := v.table.periods[i]
	for j, other := range first.periods {
		if first.whole[j].sensitive(d.Unit) && !other.Last.Before(p.First) && !other.First.After(p.Last) {
			return true
		}
	}
	return false
}

func (v view) hidden(i int) map[string]bool {
	if known, ok := v.holes[i]; ok {
		return known
	}
	cells := map[string]cell{}
	for id := range v.table.members[v.breakdown] {
		cells[id] = v.of(id).cell(i)
	}
	v.holes[i] = hide(v.computed.definition.Unit, v.table.whole[i], cells)
	return v.holes[i]
}

// newest is the newest period that can be judged; else the newest with a
// number; else the newest.
func (v view) newest() int {
	number := -1
	for i := range slices.Backward(v.table.periods) {
		f := v.cell(i).figure(v.computed.definition, v.table.periods[i], v.asked.today)
		if f.State == Known {
			return i
		}
		if f.HasNumber() && number < 0 {
			number = i
		}
	}
	if number >= 0 {
		return number
	}
	return len(v.table.periods) - 1
}

// before is the newest judged period before i, -1 if there is none.
func (v view) before(i int) int {
	for j := i - 1; j >= 0; j-- {
		if v.cell(j).figure(v.computed.definition, v.table.periods[j], v.asked.today).State == Known {
			return j
		}
	}
	return -1
}

// series are the last n periods up to end, without those before the first that
// has a number.
func (v view) series(end, n int) []Figure {
	var out []Figure
	for i := max(0, end-n+1); i <= end; i++ {
		f := v.figure(i)
		if len(out) == 0 && f.State == NoData {
			continue
		}
		out = append(out, f)
	}
	return out
}

// reported is the newest period up to end of which anything is expected; end
// where nothing is ever expected.
func (v view) reported(end int) int {
	for i := end; i >= 0; i-- {
		if v.cell(i).expected > 0 {
			return i
		}
	}
	return end
}

// reporting counts who (schools) sent what is counted (their marks) for a period: enough of them
// to be judged once it is over, any before; and names those that did not. It is asked of days and
// weeks: that each school sent something since September says nothing.
func (v view) reporting(i int, today time.Time) (sent, of int, behind []Behind) {
	v.breakdown = reportsBy(v.computed.definition, v.table.periods[i].Kind)
	for id, cells := range v.table.members[v.breakdown] {
		if cells[i].expected == 0 {
			continue
		}
		of++
		if v.sent(cells[i], today) {
			sent++
			continue
		}
		b := Behind{ID: id, Name: v.label(id).Text, Since: v.table.periods[i]}
		if v.asked.exact {
			b.Received, b.Expected = cells[i].received, cells[i].expected
		}
		for j := i - 1; j >= 0 && (cells[j].expected == 0 || !v.sent(cells[j], today)); j-- {
			if cells[j].expected > 0 {
				b.Since = v.table.periods[j]
			}
		}
		behind = append(behind, b)
	}
	slices.SortFunc(behind, func(a, b Behind) int {
		return cmp.Or(a.Since.First.Compare(b.Since.First), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return sent, of, behind
}

func (v view) sent(c cell, today time.Time) bool {
	over := !c.completeFrom.IsZero() && !today.Before(c.completeFrom)
	enough, _ := c.enough(v.computed.definition, today)
	return enough || !over && c.received > 0
}
