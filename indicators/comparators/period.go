package comparators

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Kind is a kind of period that published figures are of.
type Kind string

const (
	AcademicYear       Kind = "academic-year" // 1 September to 31 August
	AcademicYearToDate Kind = "academic-year-to-date"
	FinancialYear      Kind = "financial-year" // 1 April to 31 March
	CalendarYear       Kind = "calendar-year"
	At31March          Kind = "at-31-march"
	At30September      Kind = "at-30-september"
	AtJanuary          Kind = "at-january"          // the census of January
	AtMarch            Kind = "at-march"            //
	DecJanFeb          Kind = "dec-jan-feb-average" // mean of three month ends; named after January's year
	MidYear            Kind = "mid-year"            // 30 June
	AutumnTerm         Kind = "autumn-term"         // of an academic year, as the next two
	AutumnSpringTerms  Kind = "autumn-spring-terms" //
	SpringTerm         Kind = "spring-term"         //
	SummerTerm         Kind = "summer-term"         //
)

// kinds are all of them; whole years first, so that the first that a measure has
// is its headline.
var kinds = []Kind{AcademicYear, FinancialYear, CalendarYear, At31March, At30September, AtJanuary, AtMarch, DecJanFeb, MidYear, AcademicYearToDate, AutumnTerm, AutumnSpringTerms, SpringTerm, SummerTerm}

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return slices.Contains(kinds, k) }

// split reports whether a period of the kind lies in two calendar years and is
// written 2024/25.
func (k Kind) split() bool {
	switch k {
	case AcademicYear, AcademicYearToDate, FinancialYear, AutumnTerm, AutumnSpringTerms, SpringTerm, SummerTerm:
		return true
	}
	return false
}

// Words name the kind in a choice.
func (k Kind) Words() string {
	switch k {
	case AcademicYear:
		return "academic years"
	case AcademicYearToDate:
		return "academic year to date"
	case FinancialYear:
		return "years to 31 March"
	case CalendarYear:
		return "calendar years"
	case At31March:
		return "at 31 March"
	case At30September:
		return "at 30 September"
	case AtJanuary:
		return "in January"
	case AtMarch:
		return "in March"
	case DecJanFeb:
		return "December to February averages"
	case MidYear:
		return "mid-years"
	case AutumnTerm:
		return "autumn terms"
	case AutumnSpringTerms:
		return "autumn and spring terms"
	case SpringTerm:
		return "spring terms"
	case SummerTerm:
		return "summer terms"
	}
	return string(k)
}

// Period is one period of a kind, by the year in which it ends: 2025 is the
// academic year 2024/25, and 31 March 2025.
type Period struct {
	Kind Kind
	Year int
}

// Text is the period as published: "2024/25", "2025".
func (p Period) Text() string {
	if p.Kind.split() {
		return fmt.Sprintf("%d/%02d", p.Year-1, p.Year%100)
	}
	return strconv.Itoa(p.Year)
}

// Name is the period in words, as it stands after "in" or "at": "the 2024/25
// academic year", "31 March 2025".
func (p Period) Name() string {
	switch p.Kind {
	case AcademicYear:
		return "the " + p.Text() + " academic year"
	case AcademicYearToDate:
		return "the " + p.Text() + " academic year to date"
	case FinancialYear:
		return fmt.Sprintf("the year to 31 March %d", p.Year)
	case AutumnTerm:
		return fmt.Sprintf("the autumn term %d", p.Year-1)
	case AutumnSpringTerms:
		return "the autumn and spring terms " + p.Text()
	case SpringTerm:
		return fmt.Sprintf("the spring term %d", p.Year)
	case SummerTerm:
		return fmt.Sprintf("the summer term %d", p.Year)
	case At31March:
		return fmt.Sprintf("31 March %d", p.Year)
	case At30September:
		return fmt.Sprintf("30 September %d", p.Year)
	case AtJanuary:
		return fmt.Sprintf("January %d", p.Year)
	case AtMarch:
		return fmt.Sprintf("March %d", p.Year)
	case DecJanFeb:
		return fmt.Sprintf("December %d to February %d", p.Year-1, p.Year)
	case MidYear:
		return fmt.Sprintf("mid-%d", p.Year)
	}
	return p.Text()
}

// When is the name with what English puts before it: "in the 2024/25 academic
// year", "at 31 March 2025".
func (p Period) When() string {
	switch p.Kind {
	case At31March, At30September:
		return "at " + p.Name()
	}
	return "in " + p.Name()
}

// LastDay is the last day that the figure is about.
func (p Period) LastDay() time.Time {
	m, d := time.December, 31
	switch p.Kind {
	case AcademicYear, AcademicYearToDate, SummerTerm:
		m, d = time.August, 31
	case FinancialYear, At31March, AtMarch, SpringTerm, AutumnSpringTerms:
		m, d = time.March, 31
	case At30September:
		m, d = time.September, 30
	case AtJanuary:
		m, d = time.January, 31
	case DecJanFeb:
		return time.Date(p.Year, time.March, 0, 0, 0, 0, 0, time.UTC)
	case MidYear:
		m, d = time.June, 30
	case AutumnTerm:
		return time.Date(p.Year-1, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(p.Year, m, d, 0, 0, 0, 0, time.UTC)
}

var (
	splitYears = regexp.MustCompile(`^(\d{4})[/-]?(\d{2})$`) // 2024/25, 202425
	oneYear    = regexp.MustCompile(`^\d{4}$`)
)

// PeriodOf reads a period as it is published: "2024/25", "202425" or "2025". A
// year of one kind is not taken for one of another: 2024/25 is no calendar year.
func PeriodOf(k Kind, text string) (Period, error) {
	if m := splitYears.FindStringSubmatch(text); m != nil && k.split() {
		first, _ := strconv.Atoi(m[1]) // four digits
		second, _ := strconv.Atoi(m[2])
		if (first+1)%100 == second {
			return Period{k, first + 1}, nil
		}
	}
	if oneYear.MatchString(text) && !k.split() {
		y, _ := strconv.Atoi(text)
		return Period{k, y}, nil
	}
	if k.split() {
		return Period{}, fmt.Errorf("period %q is no two years running such as 202425 or 2024/25", text)
	}
	return Period{}, fmt.Errorf("period %q is no year such as 2025", text)
}
