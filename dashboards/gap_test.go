package dashboards

import (
	"testing"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// Who contributes most to the gap is counted by size: a large school a little over its
// target counts for more than a small one far over it.
func TestWhoContributesMostToTheGap(t *testing.T) {
	t.Parallel()
	figure := func(n, of int64) indicators.Figure {
		return indicators.Figure{State: indicators.Known, Numerator: decimal.NewFromInt(n), Denominator: decimal.NewFromInt(of)}
	}
	target := indicators.Target{Value: decimal.NewFromInt(2), Text: "2.0%"}
	members := []indicators.Member{{Name: "Small", Current: figure(9, 100)}, {Name: "Large", Current: figure(60, 2000)}, {Name: "Good", Current: figure(1, 1000)},
		{Name: "Unjudged", Current: indicators.Figure{State: indicators.Incomplete, Numerator: decimal.NewFromInt(90), Denominator: decimal.NewFromInt(100)}}}
	low := indicators.Definition{Unit: indicators.Percent, Polarity: indicators.LowIsGood, Counts: "sessions missed"}
	high := indicators.Definition{Unit: indicators.Percent, Polarity: indicators.HighIsGood, Counts: "reviews in time"}
	for _, x := range []struct {
		name    string
		d       indicators.Definition
		target  indicators.Target
		current indicators.Figure
		want    string
	}{
		{"low is good", low, target, figure(80, 3200), "16 more sessions missed than the target of 2.0% would give. Beyond it most: Large (20), Small (7)."},
		{"high is good", high, indicators.Target{Value: decimal.NewFromInt(5), Text: "5.0%"}, figure(70, 3100), "85 fewer reviews in time than the target of 5.0% would give. Beyond it most: Good (49), Large (40)."},
		{"a count has no gap by size", indicators.Definition{Unit: indicators.Count, Polarity: indicators.LowIsGood}, target, figure(80, 0), ""},
		{"neither direction is good", indicators.Definition{Unit: indicators.Percent, Polarity: indicators.NoPolarity}, target, figure(80, 3200), ""},
		{"suppressed", low, target, indicators.Figure{State: indicators.Suppressed}, ""},
	} {
		if got := gapWords(x.d, x.target, x.current, members); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}
