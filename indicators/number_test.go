package indicators_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

func TestNumbersAreRoundedHalfUpAndGrouped(t *testing.T) {
	for _, c := range []struct {
		in     string
		places int32
		want   string
	}{
		{"2.45", 1, "2.5"}, {"2.44999", 1, "2.4"}, {"-2.45", 1, "-2.4"}, {"0.05", 1, "0.1"}, {"0.04", 1, "0.0"},
		{"1204", 0, "1,204"}, {"1204567.5", 1, "1,204,567.5"}, {"999.5", 0, "1,000"}, {"60.7500", -1, "60.75"}, {"-1204", -1, "-1,204"}, {"0", 0, "0"},
	} {
		if got := indicators.Number(decimal.RequireFromString(c.in), c.places); got != c.want {
			t.Errorf("%s to %d: %s, want %s", c.in, c.places, got, c.want)
		}
	}
}
