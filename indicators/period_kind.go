// The registry of period kinds: to add one, add its name and its row here.

package indicators

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PeriodKind is a kind of span of days that a number can be about.
type PeriodKind string

const (
	Day                PeriodKind = "day"
	Week               PeriodKind = "week"
	Month              PeriodKind = "month"
	HalfTerm           PeriodKind = "half-term"
	Term               PeriodKind = "term"
	Quarter            PeriodKind = "quarter"
	DecemberToFebruary PeriodKind = "december-to-february"
	AcademicYear       PeriodKind = "academic-year"
	AcademicYearToDate PeriodKind = "academic-year-to-date"
	Year               PeriodKind = "year"
	FinancialYear      PeriodKind = "financial-year"
	Rolling12Months    PeriodKind = "rolling-12-months"
)

// periodKind is what there is to say of a kind.
type periodKind struct {
	kind     PeriodKind
	retained int // how many are computed and retained
	// around is the period in which the day lies (of a kind that leaves days out, the
	// one begun last), with what follows the kind in its id; false if there is none.
	around   func(day, today time.Time, calendar []HalfTermDates) (Period, bool)
	recorded bool // its periods are those of the calendar, not every day lies in one
	growing  bool // it grows until its end, so it may be judged from its first day
	reports  bool // short enough to ask who has sent anything for it
	weekly   bool // of the daily and weekly series of attendance, which leaves no session out
	named    bool // its name stands after "the": the week of 9 November 2026
	// before is a day whose period is the one before, where periods overlap; nil: the
	// day before its first.
	before func(p Period) time.Time
}

// periodKinds are all kinds, the shortest first.
var periodKinds = []periodKind{
	{kind: Day, retained: 60, reports: true, weekly: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) {
		return Period{ID: day.Format(time.DateOnly), Name: day.Format("2 January 2006"), First: day, Last: day}, true
	}},
	{kind: Week, retained: 65, reports: true, weekly: true, named: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // Monday to Sunday
		first := day.AddDate(0, 0, -((int(day.Weekday()) + 6) % 7))
		return Period{ID: first.Format(time.DateOnly), Name: "week of " + first.Format("2 January 2006"), First: first, Last: first.AddDate(0, 0, 6)}, true
	}},
	{kind: Month, retained: 37, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) {
		first := date(day.Year(), day.Month(), 1)
		return Period{ID: first.Format("2006-01"), Name: first.Format("January 2006"), First: first, Last: first.AddDate(0, 1, -1)}, true
	}},
	{kind: HalfTerm, retained: 19, recorded: true, around: func(day, _ time.Time, calendar []HalfTermDates) (Period, bool) {
		for _, h := range calendar {
			if !day.Before(h.First) && !day.After(h.Last) {
				return Period{ID: fmt.Sprintf("%d-%d", h.AcademicYear, h.Number), Name: fmt.Sprintf("half term %d of %s", h.Number, span(h.AcademicYear)), First: h.First, Last: h.Last}, true
			}
		}
		return Period{}, false
	}},
	{kind: Term, retained: 9, recorded: true, named: true, around: func(day, _ time.Time, calendar []HalfTermDates) (Period, bool) { // two half terms and the holiday between
		for _, h := range calendar {
			i := slices.IndexFunc(calendar, func(o HalfTermDates) bool { return o.AcademicYear == h.AcademicYear && o.Number == h.Number+1 })
			if h.Number%2 == 1 && i >= 0 && !day.Before(h.First) && !day.After(calendar[i].Last) {
				name := []string{"autumn", "spring", "summer"}[h.Number/2]
				return Period{ID: fmt.Sprintf("%d-%s", h.AcademicYear, name), Name: name + " term of " + span(h.AcademicYear), First: h.First, Last: calendar[i].Last}, true
			}
		}
		return Period{}, false
	}},
	{kind: Quarter, retained: 13, named: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // of the year from 1 April
		first := date(day.Year(), (day.Month()-1)/3*3+1, 1)
		p, number := yearFrom(time.April, day), int(first.Month()+8)/3%4+1
		return Period{ID: fmt.Sprintf("%d-%d", p.First.Year(), number), Name: fmt.Sprintf("quarter %d of %s", number, span(p.First.Year())), First: first, Last: first.AddDate(0, 3, -1)}, true
	}},
	{kind: DecemberToFebruary, retained: 6, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // named after January's year
		p := yearFrom(time.December, day)
		p.Last = date(p.First.Year()+1, time.March, 0)
		p.ID, p.Name = strconv.Itoa(p.Last.Year()), fmt.Sprintf("December %d to February %d", p.First.Year(), p.Last.Year())
		return p, true
	}},
	{kind: AcademicYearToDate, retained: 6, growing: true, named: true, around: func(day, today time.Time, _ []HalfTermDates) (Period, bool) { // to 31 August once that has passed
		p := yearFrom(time.September, day)
		p.ID, p.Name = strconv.Itoa(p.First.Year()), span(p.First.Year())+" academic year"
		if today.Before(p.Last) && !today.Before(p.First) {
			p.Last = today
			p.Name += " to date"
		}
		return p, true
	}},
	{kind: AcademicYear, retained: 6, named: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // 1 September to 31 August
		p := yearFrom(time.September, day)
		p.ID, p.Name = strconv.Itoa(p.First.Year()), span(p.First.Year())+" academic year"
		return p, true
	}},
	{kind: Year, retained: 6, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) {
		p := yearFrom(time.January, day)
		p.ID, p.Name = strconv.Itoa(p.First.Year()), strconv.Itoa(p.First.Year())
		return p, true
	}},
	{kind: FinancialYear, retained: 6, named: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // 1 April to 31 March
		p := yearFrom(time.April, day)
		p.ID, p.Name = strconv.Itoa(p.First.Year()), "year to 31 March "+strconv.Itoa(p.First.Year()+1)
		return p, true
	}},
	{kind: Rolling12Months, retained: 37, named: true, around: func(day, _ time.Time, _ []HalfTermDates) (Period, bool) { // those that end with the day's month
		next := date(day.Year(), day.Month()+1, 1)
		return Period{ID: day.Format("2006-01"), Name: "12 months to " + day.Format("January 2006"), First: next.AddDate(-1, 0, 0), Last: next.AddDate(0, 0, -1)}, true
	}, before: func(p Period) time.Time { return date(p.Last.Year(), p.Last.Month(), 0) }},
}

// yearFrom is the year that begins in that month and has the day in it.
func yearFrom(month time.Month, day time.Time) Period {
	y := day.Year()
	if day.Month() < month {
		y--
	}
	return Period{First: date(y, month, 1), Last: date(y+1, month, 1).AddDate(0, 0, -1)}
}

// PeriodKinds are all kinds, the shortest first.
func PeriodKinds() []PeriodKind {
	var out []PeriodKind
	for _, k := range periodKinds {
		out = append(out, k.kind)
	}
	return out
}

// Known reports whether there is such a kind.
func (k PeriodKind) Known() bool { return k.place() >= 0 }

func (k PeriodKind) place() int {
	return slices.IndexFunc(periodKinds, func(e periodKind) bool { return e.kind == k })
}

func (k PeriodKind) entry() (periodKind, bool) {
	if i := k.place(); i >= 0 {
		return periodKinds[i], true
	}
	return periodKind{}, false
}

// The is the period as it stands in a sentence: "the week of 9 November 2026",
// "October 2026".
func (p Period) The() string {
	if k, _ := p.Kind.entry(); k.named {
		return "the " + p.Name
	}
	return p.Name
}

// wholeRegister says whether every session of the registers counts in the period's
// figures of absence: in others some of the sixth half term are left out.
func (p Period) wholeRegister() bool {
	k, _ := p.Kind.entry()
	return k.weekly
}

// yearBefore is the id of the same point of the year before: of a day and a week the same
// day of the week 52 weeks before. "" where there is none: before a year stands the
// year, and a span that grows is like no whole one.
func (p Period) yearBefore() string {
	kind, span, _ := strings.Cut(p.ID, ":")
	if p.Kind == Day || p.Kind == Week {
		return kind + ":" + p.First.AddDate(0, 0, -364).Format(time.DateOnly)
	}
	year, rest := span, ""
	if len(span) > 4 {
		year, rest = span[:4], span[4:]
	}
	n, err := strconv.Atoi(year)
	if err != nil || rest == "" { // one of each year
		return ""
	}
	return fmt.Sprintf("%s:%04d%s", kind, n-1, rest)
}

func (p Period) grows() bool {
	k, _ := p.Kind.entry()
	return k.growing
}

// growing is the SQL that says whether the kind in a column is one that grows.
func growing(column string) string {
	var out []string
	for _, k := range periodKinds {
		if k.growing {
			out = append(out, "'"+string(k.kind)+"'")
		}
	}
	return column + " IN (" + strings.Join(out, ", ") + ")"
}
