package comparators

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func cambridgeshire() *Set { return newSet(shipped().batches, "E10000003") }

// Figures picked by hand from the DfE's tables, of each theme and kind of period.
func TestShippedFiguresAreThePublishedOnes(t *testing.T) {
	t.Parallel()
	set := cambridgeshire()
	for _, c := range []struct {
		measure, part string
		kind          Kind
		period, area  string
		want          string
	}{
		{"unauthorised-absence", "", AcademicYear, "2024/25", England, "2.3"}, // not 2.29
		{"unauthorised-absence", "", AcademicYear, "2024/25", "E12000006", "1.98"},
		{"unauthorised-absence", "", AcademicYear, "2024/25", "E10000003", "1.54"},
		{"unauthorised-absence", "secondary", AcademicYear, "2024/25", England, "3.22"},
		{"overall-absence", "", AcademicYear, "2018/19", England, "4.73"},
		{"persistent-absence", "", AcademicYear, "2024/25", England, "18.14"},
		{"severe-absence", "", AcademicYear, "2024/25", "E10000003", "2.63"},
		{"part-time-timetables", "", AcademicYearToDate, "2025/26", "E10000003", "0.6912"},
		{"gcse-attainment8-in-care", "", AcademicYear, "2024/25", England, "17.3"},
		{"gcse-grade4-english-maths-in-care", "", AcademicYear, "2024/25", England, "17.4"},
		{"gcse-grade5-english-maths-in-care", "", AcademicYear, "2024/25", "E10000003", "c"},
		{"ehc-plans-20-weeks", "", CalendarYear, "2024", "E10000003", "8.8"},
		{"ehc-plans-20-weeks", "", CalendarYear, "2024", England, "46.4"},
		{"ehc-plans-open", "", AtJanuary, "2025", England, "638745"},
		{"neet-16-17", "", DecJanFeb, "2025", England, "3.4"},
		{"participation-16-17", "", AtMarch, "2025", "E10000003", "92.2"},
		{"referrals", "", FinancialYear, "2024/25", "E10000003", "6453"},
		{"conferences-15-days", "", FinancialYear, "2024/25", "E10000003", "71.6"}, // not 71.59
		{"children-in-need-rate", "", At31March, "2025", England, "330.3"},
		{"child-protection-rate", "", At31March, "2025", "E10000003", "29.7"},
		{"children-in-care", "", At31March, "2025", "E10000003", "705"},
		{"social-worker-caseload", "", At30September, "2025", England, "15.2"},
		{"population-0-17", "", MidYear, "2024", "E10000003", "142924"},
		{"care-leavers-suitable-accommodation", "", FinancialYear, "2024/25", "E10000003", "92"},
		{"open-cases", "", At31March, "2024", "E10000014", "u"}, // unreliable
	} {
		m, ok := set.Measure(c.measure, c.part)
		p, err := PeriodOf(c.kind, c.period)
		if !ok || err != nil {
			t.Errorf("%s.%s %s: %v %v", c.measure, c.part, c.period, ok, err)
			continue
		}
		f := set.Figure(m, p, c.area)
		got := f.Flag
		if f.HasValue() {
			got = f.Value.String()
		}
		if got != c.want {
			t.Errorf("%s.%s %s of %s is %q, want %s", c.measure, c.part, c.period, c.area, got, c.want)
		}
		if _, ok := set.Release(f.Release); !ok {
			t.Errorf("%s: no source", c.measure)
		}
	}
}

func TestShippedIsWhole(t *testing.T) {
	t.Parallel()
	set := cambridgeshire()
	n, flagged := 0, 0
	for _, b := range shipped().batches {
		if b.release.Publisher == "" || b.release.Publication == "" || b.release.Release == "" {
			t.Errorf("a source without a name: %+v", b.release)
		}
		if len(b.figures) > 0 && b.release.Licence != "Open Government Licence v3.0" {
			t.Errorf("%s: licence %q", b.release.File, b.release.Licence)
		}
		for _, f := range b.figures {
			n++
			if f.Flag != "" {
				flagged++
				if !f.Value.IsZero() {
					t.Errorf("%+v has a flag and a value", f)
				}
			}
			if _, ok := set.Measure(f.Measure, f.Part); !ok {
				t.Errorf("%s.%s is in no list of measures", f.Measure, f.Part)
			}
		}
	}
	if n != 7348 || flagged != 261 {
		t.Errorf("%d figures, %d of them flags", n, flagged)
	}
	for _, m := range set.Measures() {
		if !m.Unit.known() || m.Title == "" || m.Theme == "" || !slices.Contains([]string{"low", "high", "none"}, m.Polarity) {
			t.Errorf("%+v", m)
		}
		if m.Part != "" {
			if _, ok := set.Measure(m.ID, ""); !ok {
				t.Errorf("%s has parts and no whole", m.ID)
			}
		}
	}
	for _, b := range set.breaks {
		m, _ := set.Measure(b.Measure, "")
		p := set.Periods(m, b.Kind)
		if len(p) == 0 || b.Year <= p[0].Year || b.Year > p[len(p)-1].Year {
			t.Errorf("the break %+v lies outside the series", b)
		}
	}
}

// The mean that came with the neighbours' own figures is the one worked out here.
func TestNeighboursMeanIsThePublishedNeighbours(t *testing.T) {
	t.Parallel()
	set := cambridgeshire()
	compared := 0
	for _, f := range set.Figures(Filter{AreaType: NeighboursMean}) {
		m, _ := set.Measure(f.Measure, f.Part)
		values := set.neighbourValues(m, f.Period)
		if len(values) < leastNeighbours {
			continue
		}
		compared++
		if d := decimal.Avg(values[0], values[1:]...).Sub(f.Value).Abs(); d.GreaterThan(decimal.New(6, -3)) {
			t.Errorf("%s.%s %s: %s came, %s of %d worked out", f.Measure, f.Part, f.Period.Text(), f.Value, decimal.Avg(values[0], values[1:]...), len(values))
		}
		if f.Areas != 0 && f.Areas != len(values) {
			t.Errorf("%s %s: of %d, %d are held", f.Measure, f.Period.Text(), f.Areas, len(values))
		}
	}
	if compared < 200 {
		t.Errorf("%d means compared", compared)
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	set := cambridgeshire()
	for _, c := range []struct {
		measure string
		kind    Kind
		period  string
		words   string
		quarter int
	}{
		{"unauthorised-absence", AcademicYear, "2024/25", "Lowest of 11", 1},
		{"unauthorised-absence", AcademicYear, "2023/24", "Joint lowest of 11", 1}, // with Buckinghamshire
		{"severe-absence-in-care", AcademicYear, "2024/25", "Lowest of 9", 1},      // two are suppressed
		{"ehc-plans-20-weeks", CalendarYear, "2024", "Lowest of 11", 4},
		{"neet-16-17", DecJanFeb, "2025", "9th lowest of 11", 4},
		{"participation-16-17", AtMarch, "2025", "Joint 5th highest of 11", 2},
		{"children-in-care", At31March, "2025", "", 0},         // a count
		{"child-protection-2-years", At31March, "2025", "", 0}, // its own is suppressed
		{"unauthorised-absence", AcademicYear, "2018/19", "", 0},
	} {
		m, _ := set.Measure(c.measure, "")
		p, err := PeriodOf(c.kind, c.period)
		if err != nil {
			t.Fatal(err)
		}
		st, ok := set.Standing(m, p)
		if ok != (c.words != "") || ok && (st.Words() != c.words || st.Quarter != c.quarter) {
			t.Errorf("%s %s: %v %+v, want %s, quarter %d", c.measure, c.period, ok, st, c.words, c.quarter)
		}
	}
	if _, ok := Shipped().Authority(); ok {
		t.Error("the shipped set is of an authority")
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind             Kind
		text, name, last string
	}{
		{AcademicYear, "202425", "the 2024/25 academic year", "2025-08-31"},
		{AcademicYear, "2024/25", "the 2024/25 academic year", "2025-08-31"},
		{FinancialYear, "1999/00", "the year to 31 March 2000", "2000-03-31"},
		{At31March, "2025", "31 March 2025", "2025-03-31"},
		{DecJanFeb, "2024", "December 2023 to February 2024", "2024-02-29"},
		{MidYear, "2024", "mid-2024", "2024-06-30"},
		{AutumnTerm, "202425", "the autumn term 2024", "2024-12-31"},
	} {
		p, err := PeriodOf(c.kind, c.text)
		if err != nil || p.Name() != c.name || p.LastDay().Format("2006-01-02") != c.last {
			t.Errorf("%s %s: %v, %q, %s", c.kind, c.text, err, p.Name(), p.LastDay())
		}
		if again, err := PeriodOf(c.kind, p.Text()); err != nil || again != p {
			t.Errorf("%s is not read back: %v", p.Text(), err)
		}
	}
	for kind, texts := range map[Kind]string{AcademicYear: "2025 2024/26 202426 24/25", CalendarYear: "2024/25 202425 25"} {
		for text := range strings.FieldsSeq(texts) {
			if p, err := PeriodOf(kind, text); err == nil {
				t.Errorf("%s takes %s for %v", kind, text, p)
			}
		}
	}
}
