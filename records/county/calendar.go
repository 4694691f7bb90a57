package county

import (
	"slices"
	"time"
)

// schoolDays in an academic year (380 sessions: DfE, Pupil absence in schools
// in England, methodology).
const schoolDays = 190

// halfTerm is a run of weeks of school, both days included.
type halfTerm struct {
	year, number int
	first, last  day
}

// calendar is the county's school year: its half terms, the days on which
// schools are open, and the bank holidays around them.
type calendar struct {
	halfTerms []halfTerm
	holidays  []holiday
	closed    map[day]bool
	open      map[int][]day // by academic year, ascending
}

type holiday struct {
	day  day
	name string
}

// newCalendar makes the academic years first to last.
func newCalendar(first, last int) *calendar {
	c := &calendar{closed: map[day]bool{}, open: map[int][]day{}}
	for y := first; y <= last+1; y++ {
		for _, h := range bankHolidays(y) {
			c.holidays = append(c.holidays, h)
			c.closed[h.day] = true
		}
	}
	for y := first; y <= last; y++ {
		terms := c.terms(y)
		c.halfTerms = append(c.halfTerms, terms...)
		for _, t := range terms {
			for d := t.first; d <= t.last; d++ {
				if c.schoolDay(d) {
					c.open[y] = append(c.open[y], d)
				}
			}
		}
	}
	return c
}

// between are the school days of the academic year before the given day.
func (c *calendar) before(year int, until day) []day {
	days := c.open[year]
	n, _ := slices.BinarySearch(days, until)
	return days[:n]
}

func (c *calendar) schoolDay(d day) bool {
	w := d.weekday()
	return w != time.Saturday && w != time.Sunday && !c.closed[d]
}

// terms are the six half terms of an academic year as the county's schools
// might keep them. Training days stand at their edges and not within them, so
// that every weekday of a half term but a bank holiday is a school day.
func (c *calendar) terms(y int) []halfTerm {
	easter := easterSunday(y + 1)
	autumn := dateOf(y, time.October, 31).onOrBefore(time.Monday)
	christmas := dateOf(y, time.December, 22).onOrBefore(time.Friday)
	february := dateOf(y+1, time.February, 13).onOrAfter(time.Monday)
	lent := easter - 6 // the Monday before Easter: two weeks follow
	whit := dateOf(y+1, time.May, 31).onOrBefore(time.Monday)
	edges := [6][2]day{
		{dateOf(y, time.September, 2) + 1, autumn - 1},
		{autumn + 8, christmas},
		{christmas + 18, february - 1},
		{february + 7, lent - 1},
		{lent + 15, whit - 1},
		{whit + 8, dateOf(y+1, time.July, 31)},
	}
	terms := make([]halfTerm, 6)
	left := schoolDays
	for i, e := range edges {
		t := halfTerm{year: y, number: i + 1, first: never}
		for d := e[0]; d <= e[1] && left > 0; d++ {
			if !c.schoolDay(d) {
				continue
			}
			if t.first == never {
				t.first = d
			}
			t.last = d
			left--
		}
		terms[i] = t
	}
	return terms
}

// bankHolidays of England and Wales in a calendar year, by the standing rules
// (Banking and Financial Dealings Act 1971; substitutes when one falls on a
// weekend) and as proclaimed once.
func bankHolidays(y int) []holiday {
	easter := easterSunday(y)
	days := []holiday{
		{weekdayFrom(dateOf(y, time.January, 1)), "New Year's Day"},
		{easter - 2, "Good Friday"},
		{easter + 1, "Easter Monday"},
		{dateOf(y, time.May, 1).onOrAfter(time.Monday), "Early May bank holiday"},
		{dateOf(y, time.May, 31).onOrBefore(time.Monday), "Spring bank holiday"},
		{dateOf(y, time.August, 31).onOrBefore(time.Monday), "Summer bank holiday"},
	}
	christmas, boxing := dateOf(y, time.December, 25), dateOf(y, time.December, 26)
	switch christmas.weekday() {
	case time.Friday: // Boxing Day is on Saturday
		days = append(days, holiday{christmas, "Christmas Day"}, holiday{boxing + 2, "Boxing Day (substitute day)"})
	case time.Saturday:
		days = append(days, holiday{christmas + 2, "Christmas Day (substitute day)"}, holiday{boxing + 2, "Boxing Day (substitute day)"})
	case time.Sunday: // Boxing Day keeps Monday, Christmas goes to Tuesday
		days = append(days, holiday{boxing, "Boxing Day"}, holiday{christmas + 2, "Christmas Day (substitute day)"})
	default:
		days = append(days, holiday{christmas, "Christmas Day"}, holiday{boxing, "Boxing Day"})
	}
	switch y {
	case 2020: // 75 years after the end of the war in Europe
		days[3].day = dateOf(2020, time.May, 8)
	case 2022: // the Platinum Jubilee, the Queen's funeral
		days[4].day = dateOf(2022, time.June, 2)
		days = append(days, holiday{dateOf(2022, time.June, 3), "Platinum Jubilee bank holiday"}, holiday{dateOf(2022, time.September, 19), "State Funeral of Queen Elizabeth II"})
	case 2023: // the King's coronation
		days = append(days, holiday{dateOf(2023, time.May, 8), "Coronation of King Charles III"})
	}
	return days
}

func weekdayFrom(d day) day {
	switch d.weekday() {
	case time.Saturday:
		return d + 2
	case time.Sunday:
		return d + 1
	}
	return d
}

// easterSunday by the anonymous Gregorian computus (Meeus, Astronomical
// Algorithms, chapter 8).
func easterSunday(y int) day {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return dateOf(y, time.Month(n/31), n%31+1)
}
