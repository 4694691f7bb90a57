package chart

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// An axis holds the data and zero, also where the data lies below it (Progress 8).
func TestAnAxisHoldsWhatLiesBelowZero(t *testing.T) {
	d := indicators.Definition{Unit: indicators.Mean, Decimals: 2}
	made := func(values ...any) map[string]any {
		return map[string]any{"tooltip": map[string]any{}, "yAxis": []any{map[string]any{"type": "value"}}, "series": []any{map[string]any{"data": values}}}
	}
	for _, c := range []struct {
		values []any
		zero   bool
	}{{[]any{0.1, "-", 0.4}, true}, {[]any{0.1, "-", -0.4}, false}, {[]any{map[string]any{"value": -0.1}}, false}, {nil, true}} {
		axis := finish(made(c.values...), d, "yAxis")["yAxis"].([]any)[0].(map[string]any)
		if _, fixed := axis["min"]; fixed != c.zero {
			t.Errorf("%v: the axis is %v", c.values, axis)
		}
	}
}

// Of four hundred schools the ends of the order are drawn, and no name is markup.
func TestManyBarsAndNames(t *testing.T) {
	var members []indicators.Member
	for i := range 400 {
		members = append(members, indicators.Member{Name: fmt.Sprint(i), Current: indicators.Figure{State: indicators.Known, Value: decimal.NewFromInt(int64(i))}})
	}
	members = append(members, indicators.Member{Name: "none"})
	drawn, of := Drawn(members)
	if len(drawn) != MostBars || of != 400 || drawn[0].Name != "0" || drawn[MostBars-1].Name != "399" {
		t.Errorf("%d of %d, from %s to %s", len(drawn), of, drawn[0].Name, drawn[len(drawn)-1].Name)
	}
	if few, of := Drawn(members[380:]); len(few) != 20 || of != 20 {
		t.Errorf("%d of %d", len(few), of)
	}
	if got := plain("St {a|b} School"); got != "St (a/b) School" {
		t.Errorf("%s", got)
	}
}
