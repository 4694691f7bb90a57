package dashboards

import (
	"testing"
	"time"

	"onevision/alerts"
	"onevision/indicators"
)

// On the first school morning of a week nobody is behind; from its second day on
// somebody may be. A day's own registers are of that day.
func TestNobodyIsBehindOnTheFirstMorning(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, time.November, d, 0, 0, 0, 0, time.UTC) }
	week := indicators.Period{ID: "week:2026-11-23", Kind: indicators.Week, First: day(23), Last: day(29), Name: "week of 23 November 2026"}
	november := indicators.Period{ID: "month:2026-11", Kind: indicators.Month, First: day(1), Last: day(30)} // the first is a Sunday
	for _, x := range []struct {
		period indicators.Period
		today  int
		want   bool
	}{{week, 23, true}, {week, 24, false}, {week, 29, false}, {november, 2, true}, {november, 3, false}, {indicators.Period{First: day(23), Last: day(23)}, 23, false}} {
		if got := beginsToday(x.period, day(x.today)); got != x.want {
			t.Errorf("%s on %d November: %t", x.period.ID, x.today, got)
		}
	}
	if said := registersOf(indicators.Behind{Since: week}, week, day(23)); said != "" {
		t.Errorf("on Monday: %q", said)
	}
	if said := registersOf(indicators.Behind{Since: week}, week, day(25)); said == "" {
		t.Error("on Wednesday nothing is said of a school that sent nothing")
	}
}

// A figure that is back below its limit is not said to be above it.
func TestARecoveringAlertDoesNotContradictItsFigure(t *testing.T) {
	t.Parallel()
	a := alerts.Alert{Threshold: "above 3.0%", SincePeriod: "week of 9 November 2026", Figure: indicators.Figure{Text: "2.55%"}, Condition: alerts.Firing}
	if said := alertRowOf(a).Stands; said != "Above 3.0%, since the week of 9 November 2026" {
		t.Errorf("firing: %q", said)
	}
	a.Condition = alerts.Recovering
	if said := alertRowOf(a).Stands; said != "Recovering: no longer above 3.0%, as it was since the week of 9 November 2026" {
		t.Errorf("recovering: %q", said)
	}
}
