package records_test

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"

	"onevision/records"
)

// 200 spans, worked out without this code from the lists of GOV.UK: around every
// day that was proclaimed once, every substitute day, Christmas, Easter and August
// of every year, and days at random.
//
//go:embed testdata/working_days.csv
var spans string

func TestWorkingDays(t *testing.T) {
	t.Parallel()
	h := open(t)
	w, err := h.store.WorkingDays(t.Context(), director)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(spans), "\n")[1:]
	if len(lines) != 200 {
		t.Fatalf("%d spans", len(lines))
	}
	for _, line := range lines {
		f := strings.Split(line, ",")
		n, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := w.After(day(f[0]), n); !ok || got != day(f[2]) {
			t.Errorf("%d working days after %s is %s (%t); want %s", n, f[0], got, ok, f[2])
		}
		if got, ok := w.Between(day(f[0]), day(f[2])); !ok || got != n {
			t.Errorf("from %s to %s are %d working days (%t); want %d", f[0], f[2], got, ok, n)
		}
	}
	// By hand: the early May holiday of 2020 was on Friday 8 May, so Monday the 4th
	// counts; the spring holiday of 2022 was on Thursday 2 June, with Friday.
	for _, c := range []struct {
		from, to string
		n        int
	}{{"2020-05-01", "2020-05-04", 1}, {"2020-05-07", "2020-05-11", 1}, {"2022-05-27", "2022-05-30", 1}, {"2022-06-01", "2022-06-06", 1}, {"2022-09-16", "2022-09-20", 1}, {"2023-05-05", "2023-05-09", 1}} {
		if got, ok := w.Between(day(c.from), day(c.to)); !ok || got != c.n {
			t.Errorf("from %s to %s: %d (%t); want %d", c.from, c.to, got, ok, c.n)
		}
	}
	if _, ok := w.After(day("2030-12-31"), 1); ok {
		t.Error("a working day of 2031 is known, of which no bank holidays are on record")
	}
	if _, ok := w.Between(day("2014-12-30"), day("2015-01-05")); ok {
		t.Error("2014 is known, of which no bank holidays are on record")
	}
}

func TestTheCalendarFollowsItsRules(t *testing.T) {
	t.Parallel()
	h := open(t)
	half := func(year, number int16, first, last string) *records.HalfTerm {
		return &records.HalfTerm{AcademicYear: year, Number: number, FirstDay: day(first), LastDay: day(last)}
	}
	h.put(half(2025, 1, "2025-09-03", "2025-10-24"))
	h.put(half(2025, 3, "2026-01-05", "2026-02-13"))
	school := h.school("8734001")
	h.put(&records.SchoolDayException{School: school.ID, Date: day("2025-09-03"), Reason: "inset"})
	h.put(&records.SchoolDayException{Date: day("2025-09-03"), Reason: "other"}) // all schools
	for name, test := range map[string]struct {
		rec  records.Record
		want []string
	}{
		"a seventh":                 {half(2025, 7, "2026-07-01", "2026-07-20"), []string{"number out-of-range"}},
		"the same again":            {half(2025, 1, "2025-11-03", "2025-12-19"), []string{"number in-use"}},
		"the same number":           {half(2025, 3, "2026-02-23", "2026-03-27"), []string{"number in-use"}},
		"over another":              {half(2025, 2, "2025-10-24", "2025-12-19"), []string{"first_day overlaps"}},
		"out of order":              {half(2025, 4, "2025-11-03", "2025-12-19"), []string{"number contradicts"}},
		"over the year's end":       {half(2025, 6, "2026-06-08", "2026-09-01"), []string{"last_day outside-period"}},
		"before the year":           {half(2025, 1, "2025-08-29", "2025-10-24"), []string{"first_day outside-period"}},
		"backwards":                 {half(2025, 2, "2025-12-19", "2025-11-03"), []string{"last_day date-order"}},
		"no year":                   {half(0, 2, "2025-11-03", "2025-12-19"), []string{"academic_year required"}},
		"a holiday on a Saturday":   {&records.BankHoliday{Date: day("2031-02-01"), Name: "x"}, []string{"date not-possible"}},
		"a holiday twice":           {&records.BankHoliday{Date: day("2020-05-08"), Name: "x"}, []string{"date in-use"}},
		"closed for an extra day":   {&records.SchoolDayException{Date: day("2026-02-14"), Reason: "extra"}, []string{"reason contradicts"}},
		"one school twice":          {&records.SchoolDayException{School: school.ID, Date: day("2025-09-03"), Reason: "weather"}, []string{"date in-use"}},
		"all schools twice":         {&records.SchoolDayException{Date: day("2025-09-03"), Reason: "weather"}, []string{"date in-use"}},
		"a reason that there isn't": {&records.SchoolDayException{Date: day("2025-09-04"), Reason: "snow"}, []string{"reason unknown-code"}},
	} {
		t.Run(name, func(t *testing.T) { wants(t, h.store.Put(t.Context(), everything, test.rec, ""), test.want...) })
	}
	if list, err := h.store.List(t.Context(), director, kind("bank-holiday"), records.ListQuery{From: day("2022-06-01"), To: day("2022-07-01")}); err != nil || len(list.Records) != 2 {
		t.Errorf("bank holidays of June 2022: %v, %v", list.Records, err)
	}
	if n := value[int](h, `SELECT count(*) FROM bank_holiday WHERE day BETWEEN '2015-01-01' AND '2030-12-31'`); n != 16*8+3 {
		t.Errorf("%d bank holidays from 2015 to 2030; want 8 a year, two more in 2022 and one in 2023", n)
	}
}
