package indicators_test

import (
	"slices"
	"testing"
	"time"

	"onevision/indicators"
)

func TestPeriodsHaveTheirDaysAndNames(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	calendar := []indicators.HalfTermDates{{AcademicYear: 2026, Number: 2, First: day("2026-11-02"), Last: day("2026-12-18")}}
	for _, c := range []struct {
		kind                        indicators.PeriodKind
		day, id, first, last, named string
	}{
		{indicators.Day, "2026-11-22", "day:2026-11-22", "2026-11-22", "2026-11-22", "22 November 2026"},
		{indicators.Week, "2026-11-15", "week:2026-11-09", "2026-11-09", "2026-11-15", "week of 9 November 2026"},
		{indicators.Week, "2027-01-01", "week:2026-12-28", "2026-12-28", "2027-01-03", "week of 28 December 2026"},
		{indicators.Month, "2028-02-29", "month:2028-02", "2028-02-01", "2028-02-29", "February 2028"},
		{indicators.HalfTerm, "2026-12-18", "half-term:2026-2", "2026-11-02", "2026-12-18", "half term 2 of 2026/27"},
		{indicators.HalfTerm, "2026-12-19", "", "", "", ""},
		{indicators.AcademicYear, "2026-08-31", "academic-year:2025", "2025-09-01", "2026-08-31", "2025/26 academic year"},
		{indicators.AcademicYear, "2026-09-01", "academic-year:2026", "2026-09-01", "2027-08-31", "2026/27 academic year"},
		{indicators.AcademicYearToDate, "2026-09-05", "academic-year-to-date:2026", "2026-09-01", "2026-11-22", "2026/27 academic year to date"},
		{indicators.AcademicYearToDate, "2026-08-05", "academic-year-to-date:2025", "2025-09-01", "2026-08-31", "2025/26 academic year"},
		{indicators.Year, "2026-12-31", "year:2026", "2026-01-01", "2026-12-31", "2026"},
		{indicators.Rolling12Months, "2028-02-10", "rolling-12-months:2028-02", "2027-03-01", "2028-02-29", "12 months to February 2028"},
		{indicators.Rolling12Months, "2026-12-31", "rolling-12-months:2026-12", "2026-01-01", "2026-12-31", "12 months to December 2026"},
		{indicators.FinancialYear, "2026-03-31", "financial-year:2025", "2025-04-01", "2026-03-31", "year to 31 March 2026"},
	} {
		p, ok := indicators.PeriodOf(c.kind, day(c.day), day("2026-11-22"), calendar)
		if ok != (c.id != "") {
			t.Errorf("%s of %s: %v", c.kind, c.day, ok)
		}
		if ok && (p.ID != c.id || p.First != day(c.first) || p.Last != day(c.last) || p.Name != c.named || indicators.KindOf(p.ID) != c.kind) {
			t.Errorf("%s of %s: %+v", c.kind, c.day, p)
		}
	}
}

// Days are London's, on the days on which the clocks change too.
func TestDaysAreLondons(t *testing.T) {
	for instant, want := range map[string]string{
		"2026-03-28T23:59:59Z": "2026-03-28",
		"2026-03-29T22:59:59Z": "2026-03-29", // the clocks went forward that morning
		"2026-03-29T23:00:00Z": "2026-03-30",
		"2026-10-24T22:59:59Z": "2026-10-24",
		"2026-10-24T23:00:00Z": "2026-10-25", // the clocks go back in the night that follows
		"2026-10-25T23:59:59Z": "2026-10-25",
		"2026-10-26T00:00:00Z": "2026-10-26",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := indicators.DayOf(at).Format(time.DateOnly); got != want {
			t.Errorf("%s is %s, want %s", instant, got, want)
		}
	}
	at, _ := time.Parse(time.RFC3339, "2026-10-25T23:30:00Z") // Sunday, 23:30 in London
	p, _ := indicators.PeriodOf(indicators.Week, indicators.DayOf(at), indicators.DayOf(at), nil)
	if p.ID != "week:2026-10-19" || p.Ended(at) || !p.Ended(at.Add(31*time.Minute)) {
		t.Errorf("%+v", p)
	}
}

// Twelve months roll on month by month: each ends a month after the one before.
func TestRollingPeriodsEndMonthByMonth(t *testing.T) {
	ps := indicators.PeriodsUpTo(indicators.Rolling12Months, time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC), 4, nil)
	var ends []string
	for _, p := range ps {
		ends = append(ends, p.ID)
		if next := p.Last.AddDate(0, 0, 1); next.Day() != 1 || !p.First.AddDate(1, 0, 0).Equal(next) {
			t.Errorf("%+v is not twelve months", p)
		}
	}
	if want := []string{"rolling-12-months:2026-02", "rolling-12-months:2026-03", "rolling-12-months:2026-04", "rolling-12-months:2026-05"}; !slices.Equal(ends, want) {
		t.Errorf("%v", ends)
	}
}

// Terms are two half terms and the holiday between, quarters those of the year from
// 1 April, and December to February is named after January's year.
func TestTermsQuartersAndDecemberToFebruary(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	calendar := []indicators.HalfTermDates{
		{AcademicYear: 2026, Number: 1, First: day("2026-09-01"), Last: day("2026-10-23")},
		{AcademicYear: 2026, Number: 2, First: day("2026-11-02"), Last: day("2026-12-18")},
		{AcademicYear: 2026, Number: 3, First: day("2027-01-05"), Last: day("2027-02-12")},
	}
	for _, c := range []struct {
		kind    indicators.PeriodKind
		on      string
		want    string
		days    string
		periods int // up to that day, of those on record or of 3
	}{
		{indicators.Term, "2026-10-28", "term:2026-autumn autumn term of 2026/27", "2026-09-01 2026-12-18", 1},
		{indicators.Term, "2026-12-24", "", "", 1},
		{indicators.Quarter, "2026-11-30", "quarter:2026-3 quarter 3 of 2026/27", "2026-10-01 2026-12-31", 3},
		{indicators.Quarter, "2027-03-31", "quarter:2026-4 quarter 4 of 2026/27", "2027-01-01 2027-03-31", 3},
		{indicators.DecemberToFebruary, "2026-11-30", "december-to-february:2026 December 2025 to February 2026", "2025-12-01 2026-02-28", 3},
		{indicators.DecemberToFebruary, "2028-02-29", "december-to-february:2028 December 2027 to February 2028", "2027-12-01 2028-02-29", 3},
	} {
		p, ok := indicators.PeriodOf(c.kind, day(c.on), day(c.on), calendar)
		if got := p.ID + " " + p.Name; ok && (got != c.want || p.First.Format(time.DateOnly)+" "+p.Last.Format(time.DateOnly) != c.days) || ok != (c.want != "") {
			t.Errorf("%s on %s is %s, %s to %s", c.kind, c.on, got, p.First, p.Last)
		}
		if all := indicators.PeriodsUpTo(c.kind, day(c.on), 3, calendar); len(all) != c.periods {
			t.Errorf("%s up to %s: %v", c.kind, c.on, all)
		}
	}
}

func TestPeriodsGoBackWithoutAGap(t *testing.T) {
	today := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, kind := range indicators.PeriodKinds() {
		switch kind { // of the calendar, still growing, overlapping, and with months left out
		case indicators.HalfTerm, indicators.Term, indicators.AcademicYearToDate, indicators.Rolling12Months, indicators.DecemberToFebruary:
			continue
		}
		ps := indicators.PeriodsUpTo(kind, today, 20, nil)
		if len(ps) != 20 || ps[19].First.After(today) || ps[19].Last.Before(today) {
			t.Errorf("%s: %d, the last is %+v", kind, len(ps), ps[len(ps)-1])
		}
		for i := 1; i < len(ps); i++ {
			if !ps[i-1].Last.AddDate(0, 0, 1).Equal(ps[i].First) {
				t.Errorf("%s does not follow %s", ps[i].ID, ps[i-1].ID)
			}
		}
	}
}
