package records

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
)

// Marks come one session at a time and are kept a day in a row: what a file or a
// form says of a child's day at a school is put together here, and merged.

// dayKey is what there is one row of attendance for.
type dayKey struct {
	child, school int64
	date          Date
}

// day is one row of attendance, with the marks that are to be merged into it.
type day struct {
	dayKey
	public string   // the child's public id
	half   [2]*mark // am, pm; nil leaves what stands
}

// mark is one session's mark on its way in, and what became of it.
type mark struct {
	code         string
	minutes      *int16
	rows         []int // of the batch, that gave it
	contradicted bool  // by another of those rows: not stored
	result       Result
	problem      *Problem
}

// halves are the fields of the two sessions.
var halves = [2]struct{ code, minutes string }{{"am", "am_minutes"}, {"pm", "pm_minutes"}}

// sortedDays puts days in one order for everybody, so that two batches with
// the same days wait for each other and do not lock each other out.
func sortedDays(days map[dayKey]*day) []*day {
	return slices.SortedFunc(maps.Values(days), func(a, b *day) int {
		return cmp.Or(cmp.Compare(a.child, b.child), cmp.Compare(a.school, b.school), a.date.Sub(b.date))
	})
}

// mergeDays stores what differs from what stands and fills each mark's result.
// That each child was on the school's roll is for the caller to have checked.
func (t *Tx) mergeDays(ctx context.Context, days []*day, source string) error {
	var rows []MergeRow
	var said []*day
	for _, d := range days {
		rec := &Attendance{Child: d.public, School: strconv.FormatInt(d.school, 10), Date: d.date}
		rec.Source, rec.child = source, d.child
		var states []string
		for h, m := range d.half {
			if m == nil || m.contradicted {
				continue
			}
			if h == 0 {
				rec.AM, rec.AMMinutes = m.code, m.minutes
			} else {
				rec.PM, rec.PMMinutes = m.code, m.minutes
			}
			states = append(states, halves[h].code, halves[h].minutes)
		}
		if states != nil {
			rows, said = append(rows, MergeRow{Record: rec, States: states}), append(said, d)
		}
	}
	merged, err := t.mergeWith(ctx, attendanceKind, nil, rows, mergeOptions{checked: true})
	if err != nil {
		return err
	}
	for i, d := range said {
		for h, m := range d.half {
			if m != nil && !m.contradicted {
				m.result, m.problem = merged[i].half(h)
			}
		}
	}
	return nil
}

// half is what became of one session's mark.
func (r *Merged) half(h int) (Result, *Problem) {
	if r.Problem != nil {
		return Rejected, r.Problem
	}
	for _, k := range r.Kept {
		if k.Field == "" || k.Field == halves[h].code || k.Field == halves[h].minutes {
			return KeptBack, k.problem("code")
		}
	}
	if r.Result == Added {
		return Added, nil
	}
	if !slices.Contains(r.Fields, halves[h].code) && !slices.Contains(r.Fields, halves[h].minutes) {
		return Unchanged, nil
	}
	if stood := r.stood.(*Attendance); []string{stood.AM, stood.PM}[h] == "" {
		return Added, nil
	}
	return Changed, nil
}
