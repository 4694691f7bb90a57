// Periods: the spans of days that numbers are about, the calendar that they follow,
// and the day that it is in London.

package indicators

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Period is a span of days, both ends included. Its days are midnights in UTC;
// which day it is now is always asked of Europe/London. Its ID names kind and
// span, because two periods may end on one day: "week:2026-11-09",
// "month:2026-10", "half-term:2025-1", "academic-year:2025" (2025/26).
type Period struct {
	ID    string
	Kind  PeriodKind
	First time.Time
	Last  time.Time
	Name  string // "week of 9 November 2026", "October 2026", "2025/26 academic year"
}

// Ended reports whether the period's last day is before the day of now in
// Europe/London.
func (p Period) Ended(now time.Time) bool { return p.Last.Before(DayOf(now)) }

// DayOf is the day in Europe/London of an instant, as a midnight in UTC.
func DayOf(t time.Time) time.Time {
	y, m, d := t.In(London()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// London is where days begin. The binary carries its time zones (cmd imports
// time/tzdata); without them UTC would move weeks in silence, so it panics.
func London() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("indicators: no time zone data for Europe/London: " + err.Error())
	}
	return loc
}

// HalfTermDates are the days of one half term of the authority's calendar.
type HalfTermDates struct {
	AcademicYear int // the year it begins in: 2025 is 2025/26
	Number       int // 1 to 6
	First, Last  time.Time
}

// PeriodOf is the period of that kind in which the day lies (of kinds that overlap, the one that
// ends soonest after it); false for a half
// term when the day is in no half term of the calendar. today bounds the
// academic year to date.
func PeriodOf(kind PeriodKind, day, today time.Time, calendar []HalfTermDates) (Period, bool) {
	k, ok := kind.entry()
	if !ok {
		return Period{}, false
	}
	p, ok := k.around(day, today, calendar)
	p.Kind = kind
	p.ID = string(kind) + ":" + p.ID
	return p, ok
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func span(y int) string { return fmt.Sprintf("%d/%02d", y, (y+1)%100) }

// PeriodsUpTo are the newest n periods of the kind that have begun on or
// before today, oldest first. Half terms are those of the calendar.
func PeriodsUpTo(kind PeriodKind, today time.Time, n int, calendar []HalfTermDates) []Period {
	var out []Period
	k, _ := kind.entry()
	if k.recorded {
		for _, h := range calendar {
			if h.First.After(today) {
				continue
			}
			if p, ok := PeriodOf(kind, h.First, today, calendar); ok {
				out = append(out, p)
			}
		}
		sortPeriods(out)
		out = slices.Compact(out) // a term has two half terms
		return out[max(0, len(out)-n):]
	}
	for day := today; len(out) < n; {
		p, ok := PeriodOf(kind, day, today, calendar)
		if !ok {
			break
		}
		out = append(out, p)
		day = p.First.AddDate(0, 0, -1)
		if k.before != nil {
			day = k.before(p)
		}
	}
	sortPeriods(out)
	return out
}

// KindOf is the kind that a period's id names, "" if none.
func KindOf(id string) PeriodKind {
	kind, _, _ := strings.Cut(id, ":")
	if k := PeriodKind(kind); k.Known() {
		return k
	}
	return ""
}

func sortPeriods(ps []Period) {
	slices.SortFunc(ps, func(a, b Period) int {
		return cmp.Or(a.First.Compare(b.First), a.Last.Compare(b.Last))
	})
}
