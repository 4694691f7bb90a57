package county

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"

	"onevision/records"
)

// tally counts the rows of attendance as they go in, for whoever watches.
type tally struct {
	done, loaded atomic.Int64
	total        int64 // as many as are to come
	progress     func(part string, done, total int64)
}

func newTally(p *plan, progress func(string, int64, int64)) *tally {
	t := &tally{progress: progress}
	for y := p.firstYear; y <= p.thisYear; y++ {
		days := p.calendar.before(y, p.today)
		for _, s := range p.stays {
			end := s.school.sentTo
			if s.to != never {
				end = min(end, s.to)
			}
			first, _ := slices.BinarySearch(days, s.from)
			next, _ := slices.BinarySearch(days, end)
			t.total += int64(max(0, next-first))
		}
	}
	return t
}

// counting passes the rows on, says every 50,000 rows how far it is, and stops
// when ctx ends.
func (t *tally) counting(ctx context.Context, rows iter.Seq2[records.AttendanceRow, error]) iter.Seq2[records.AttendanceRow, error] {
	return func(yield func(records.AttendanceRow, error) bool) {
		n := int64(0)
		for row, err := range rows {
			if n++; n%50_000 == 0 {
				done := t.done.Add(50_000)
				t.progress("attendance", done, t.total)
				if ctx.Err() != nil {
					yield(records.AttendanceRow{}, ctx.Err())
					return
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
