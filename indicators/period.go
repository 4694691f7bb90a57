package indicators

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// PeriodKind is a kind of span of days that a number can be about.
type PeriodKind string

const (
	Day                PeriodKind = "day"
	Week               PeriodKind = "week"                  // Monday to Sunday
	Month              PeriodKind = "month"                 //
	HalfTerm           PeriodKind = "half-term"             // as the authority's calendar has it
	AcademicYear       PeriodKind = "academic-year"         // 1 September to 31 August
	AcademicYearToDate PeriodKind = "academic-year-to-date" // 1 September to today, or to 31 August once that has passed
	Year               PeriodKind = "year"                  // calendar year
	FinancialYear      PeriodKind = "financial-year"        // 1 April to 31 March
)

// PeriodKinds are all kinds, the shortest first.
func PeriodKinds() []PeriodKind {
	return []PeriodKind{Day, Week, Month, HalfTerm, AcademicYearToDate, AcademicYear, Year, FinancialYear}
}

// Known reports whether there is such a kind.
func (k PeriodKind) Known() bool {
	for _, known := range PeriodKinds() {
		if k == known {
			return true
		}
	}
	return false
}

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

// PeriodOf is the period of that kind in which the day lies; false for a half
// term when the day is in no half term of the calendar. today bounds the
// academic year to date.
func PeriodOf(kind PeriodKind, day, today time.Time, calendar []HalfTermDates) (Period, bool) {
	p := Period{Kind: kind}
	y := day.Year()
	switch kind {
	case Day:
		p.First, p.Last = day, day
		p.ID, p.Name = "day:"+day.Format(time.DateOnly), day.Format("2 January 2006")
	case Week:
		p.First = day.AddDate(0, 0, -((int(day.Weekday()) + 6) % 7))
		p.Last = p.First.AddDate(0, 0, 6)
		p.ID, p.Name = "week:"+p.First.Format(time.DateOnly), "week of "+p.First.Format("2 January 2006")
	case Month:
		p.First = date(y, day.Month(), 1)
		p.Last = p.First.AddDate(0, 1, -1)
		p.ID, p.Name = "month:"+p.First.Format("2006-01"), p.First.Format("January 2006")
	case HalfTerm:
		for _, h := range calendar {
			if !day.Before(h.First) && !day.After(h.Last) {
				p.First, p.Last = h.First, h.Last
				p.ID = fmt.Sprintf("half-term:%d-%d", h.AcademicYear, h.Number)
				p.Name = fmt.Sprintf("half term %d of %s", h.Number, span(h.AcademicYear))
				return p, true
			}
		}
		return Period{}, false
	case AcademicYear, AcademicYearToDate:
		if day.Month() < time.September {
			y--
		}
		p.First, p.Last = date(y, time.September, 1), date(y+1, time.August, 31)
		p.ID = string(kind) + ":" + strconv.Itoa(y)
		p.Name = span(y) + " academic year"
		if kind == AcademicYearToDate && today.Before(p.Last) && !today.Before(p.First) {
			p.Last = today
			p.Name += " to date"
		}
	case Year:
		p.First, p.Last = date(y, time.January, 1), date(y, time.December, 31)
		p.ID, p.Name = "year:"+strconv.Itoa(y), strconv.Itoa(y)
	case FinancialYear:
		if day.Month() < time.April {
			y--
		}
		p.First, p.Last = date(y, time.April, 1), date(y+1, time.March, 31)
		p.ID, p.Name = "financial-year:"+strconv.Itoa(y), "year to 31 March "+strconv.Itoa(y+1)
	default:
		return Period{}, false
	}
	return p, true
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func span(y int) string { return fmt.Sprintf("%d/%02d", y, (y+1)%100) }

// PeriodsUpTo are the newest n periods of the kind that have begun on or
// before today, oldest first. Half terms are those of the calendar.
func PeriodsUpTo(kind PeriodKind, today time.Time, n int, calendar []HalfTermDates) []Period {
	var out []Period
	if kind == HalfTerm {
		for _, h := range calendar {
			if h.First.After(today) {
				continue
			}
			if p, ok := PeriodOf(kind, h.First, today, calendar); ok {
				out = append(out, p)
			}
		}
		sortPeriods(out)
		return out[max(0, len(out)-n):]
	}
	for day := today; len(out) < n; {
		p, ok := PeriodOf(kind, day, today, calendar)
		if !ok {
			break
		}
		out = append(out, p)
		day = p.First.AddDate(0, 0, -1)
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
