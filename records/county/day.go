package county

import "time"

// day is a date as the number of days since 1 January 1970.
type day int

// never is no day: a date that is not given.
const never day = -1 << 31

func dateOf(year int, month time.Month, d int) day {
	return day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dayOf is the day that t has where t is (the caller gives it in Europe/London).
func dayOf(t time.Time) day {
	return dateOf(t.Year(), t.Month(), t.Day())
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) weekday() time.Weekday { return d.time().Weekday() }

// plusYears is the same day and month n years on (29 February becomes 1 March).
func (d day) plusYears(n int) day { return day(d.time().AddDate(n, 0, 0).Unix() / 86400) }

// academicYear is the year in which the academic year of d began, on 1 September.
func (d day) academicYear() int {
	t := d.time()
	if t.Month() >= time.September {
		return t.Year()
	}
	return t.Year() - 1
}

// onOrBefore is the last given weekday not after d.
func (d day) onOrBefore(w time.Weekday) day {
	return d - day((int(d.weekday())-int(w)+7)%7)
}

// onOrAfter is the first given weekday not before d.
func (d day) onOrAfter(w time.Weekday) day {
	return d + day((int(w)-int(d.weekday())+7)%7)
}

// birthday is the day on which someone born on d reaches the age.
func (d day) birthday(age int) day { return d.plusYears(age) }

// age is how old someone born on d is on the given day, in whole years.
func (d day) age(on day) int {
	years := on.time().Year() - d.time().Year()
	if d.plusYears(years) > on {
		years--
	}
	return years
}
