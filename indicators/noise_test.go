package indicators

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// Intervals as published calculators give them: Newcombe 1998 for Wilson's, the tables of
// Public Health England for Byar's.
func TestIntervals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit           Unit
		n, d, v        string
		low, high      string
		decimals       int32
		confidenceUsed int
	}{
		{Percent, "81", "263", "30.798479", "25.53", "36.62", 2, 95},
		{Percent, "0", "20", "0", "0.00", "16.11", 2, 95},
		{Percent, "20", "20", "100", "83.89", "100.00", 2, 95},
		{Count, "10", "0", "10", "4.79", "18.39", 2, 95},
		{RatePer10k, "10", "5000", "20", "9.57", "36.78", 2, 95},
		{RatePer10k, "0", "5000", "0", "0.00", "7.34", 2, 95},
		{Mean, "100", "10", "10", "10.00", "10.00", 2, 95},
		{Percent, "1", "0", "0", "0.00", "0.00", 2, 95},
		{Percent, "81", "263", "30.798479", "30.80", "30.80", 2, 42},
	} {
		low, high := Interval(c.unit, dec(c.n), dec(c.d), dec(c.v), c.confidenceUsed)
		if Number(low, c.decimals) != c.low || Number(high, c.decimals) != c.high {
			t.Errorf("%s of %s by %s: %s to %s, want %s to %s", c.n, c.d, c.unit, low, high, c.low, c.high)
		}
	}
}

// A move is better or worse when it is more than its own past's noise, or, without such
// a past, when the intervals do not meet. What is written the same has not moved.
func TestNoiseIsNeitherBetterNorWorse(t *testing.T) {
	t.Parallel()
	percent := Definition{Unit: Percent, Decimals: 1, Polarity: LowIsGood}
	mean := Definition{Unit: Mean, Decimals: 1, Polarity: HighIsGood}
	known := func(value, n, d string) Figure {
		return Figure{State: Known, Value: dec(value), Numerator: dec(n), Denominator: dec(d)}
	}
	of := func(values ...string) []Figure {
		var out []Figure
		for _, v := range values {
			out = append(out, known(v, "20", "1000"))
		}
		return out
	}
	steady := of("2.0", "2.2", "1.9", "2.1", "2.0", "2.2", "2.0", "2.1")
	for _, c := range []struct {
		name     string
		d        Definition
		earlier  []Figure
		from, to Figure
		text     string
		verdict  string
	}{
		{"within its limits", percent, steady, steady[7], known("2.3", "23", "1000"), "up 0.2 percentage points", "no more than it usually varies"},
		{"beyond its limits", percent, steady, steady[7], known("2.8", "28", "1000"), "up 0.7 percentage points", "worse"},
		{"below its limits", percent, steady, steady[7], known("1.4", "14", "1000"), "down 0.7 percentage points", "better"},
		{"a sudden move within the limits", percent, of("1", "5", "5", "5", "5", "5", "5", "5", "3.5"), known("3.5", "35", "1000"), known("5.8", "58", "1000"), "up 2.3 percentage points", "worse"},
		{"a mean that leaps", mean, steady, steady[7], known("9", "9", "1"), "up 6.9 points", "better"},
		{"a short past, few", percent, steady[:2], known("20", "1", "5"), known("40", "2", "5"), "up 20.0 percentage points", "too few to judge the change"},
		{"a short past, many", percent, steady[:2], known("2.2", "2200", "100000"), known("3.0", "3000", "100000"), "up 0.8 percentage points", "worse"},
		{"a short past, a mean", mean, steady[:2], steady[1], known("9", "9", "1"), "up 6.8 points", "too few earlier figures to judge the change"},
		{"neither way is good", Definition{Unit: Percent, Decimals: 1, Polarity: NoPolarity}, steady, steady[7], known("9", "90", "1000"), "up 6.9 percentage points", ""},
		{"written the same", percent, steady, known("2.051", "1", "1"), known("2.149", "1", "1"), "no change", ""},
		{"written another, hardly moved", percent, steady, known("2.049", "1", "1"), known("2.051", "1", "1"), "up 0.1 percentage points", "no more than it usually varies"},
	} {
		ch := change(c.d, c.earlier, c.from, c.to, time.Time{})
		if ch.Text != c.text || ch.Verdict() != c.verdict {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, ch.Text, ch.Verdict(), c.text, c.verdict)
		}
	}
}

// Off target is always said; of five children one does not make it so; a figure is written
// with as many places as tell it from the target that it misses.
func TestStatusAndChance(t *testing.T) {
	t.Parallel()
	percent := Definition{Unit: Percent, Decimals: 1, Polarity: LowIsGood}
	cohort := Definition{Unit: Percent, Decimals: 1, Polarity: HighIsGood, Cohort: true}
	for _, c := range []struct {
		name         string
		d            Definition
		value, n, of string
		target       string
		status       Status
		few          bool
		text         string
	}{
		{"within", percent, "2.9", "29", "1000", "3", StatusOnTarget, false, "2.9%"},
		{"just over, and many", percent, "3.008", "30080", "1000000", "3", StatusOffTarget, true, "3.01%"},
		{"over, and many", percent, "3.5", "35000", "1000000", "3", StatusOffTarget, false, "3.5%"},
		{"over, and few", percent, "4", "2", "50", "3", StatusOffTarget, true, "4.0%"},
		{"one of five", cohort, "60", "3", "5", "70", StatusAtRisk, true, "60.0%"},
		{"two of five", cohort, "40", "2", "5", "70", StatusOffTarget, true, "40.0%"},
		{"one of two hundred", cohort, "60", "120", "200", "70", StatusOffTarget, false, "60.0%"},
	} {
		f := Figure{State: Known, Value: dec(c.value), Numerator: dec(c.n), Denominator: dec(c.of)}
		f.Text = valueText(c.d, f.Value)
		target := &Target{Value: dec(c.target)}
		status := judge(c.d, f, target)
		if few := tooFew(c.d, f, status, target); status != c.status || few != c.few || apart(c.d, f, status, target).Text != c.text {
			t.Errorf("%s: %s, too few %v, %s; want %s, %v, %s", c.name, status, few, apart(c.d, f, status, target).Text, c.status, c.few, c.text)
		}
	}
}

func TestTheSamePointOfTheYearBefore(t *testing.T) {
	t.Parallel()
	today := date(2026, time.November, 30)
	calendar := []HalfTermDates{{2026, 1, date(2026, 9, 1), date(2026, 10, 23)}, {2026, 2, date(2026, 11, 2), date(2026, 12, 18)}}
	for kind, want := range map[PeriodKind]string{
		Day: "day:2025-12-01", Week: "week:2025-12-01", Month: "month:2025-11", HalfTerm: "half-term:2025-2", Term: "term:2025-autumn", Quarter: "quarter:2025-3",
		Rolling12Months: "rolling-12-months:2025-11", AcademicYear: "", AcademicYearToDate: "", Year: "", FinancialYear: "", DecemberToFebruary: "",
	} {
		p, ok := PeriodOf(kind, today, today, calendar)
		if got := p.yearBefore(); !ok || got != want {
			t.Errorf("%s: before %q stands %q, want %q", kind, p.ID, got, want)
		}
	}
}
