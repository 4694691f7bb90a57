package indicators

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// view is the cells of the whole or of one member of a table.
type view struct {
	computed  *computed
	table     *table
	key       answerKey
	breakdown string // "": the whole alone is looked at
	member    string
	isMember  bool
}

func (v view) of(member string) view {
	v.member, v.isMember = member, true
	return v
}

func (v view) cell(i int) cell {
	if !v.isMember {
		return v.table.whole[i]
	}
	return memberCell(v.computed.definition, v.breakdown, v.table.members[v.breakdown][v.member][i], v.table.whole[i])
}

func (v view) figure(i int) Figure {
	return v.cell(i).figure(v.computed.definition, v.table.periods[i], v.key.today)
}

// newest is the newest period that can be judged; else the newest with a
// number; else the newest.
func (v view) newest() int {
	number := -1
	for i := range slices.Backward(v.table.periods) {
		f := v.figure(i)
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
		if v.figure(j).State == Known {
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
		b := Behind{ID: id, Name: v.label(id).Text, Since: v.table.periods[i], Received: cells[i].received, Expected: cells[i].expected}
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
