package dashboards

// Why a figure is off its target: which members of a breakdown contribute most to the
// gap, by what they count beyond what the target would give for their size.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// mostContributors is how many are named.
const mostContributors = 3

// gapOf is gapWords of an answer, "" where it is not off target.
func gapOf(a indicators.Answer) string {
	target, ok := a.Target()
	if !ok || a.Status() != indicators.StatusOffTarget {
		return ""
	}
	return gapWords(a.Definition(), target, a.Current(), a.Members())
}

// gapWords says who contributes most to the gap between the figure and its target: ""
// unless the measure is a share whose members' counts are shown.
func gapWords(d indicators.Definition, target indicators.Target, current indicators.Figure, members []indicators.Member) string {
	if d.Unit != indicators.Percent || d.Polarity == indicators.NoPolarity || len(members) < 2 {
		return ""
	}
	// beyond is what was counted beyond the target: above it of what should be low,
	// short of it of what should be high.
	beyond := func(f indicators.Figure) decimal.Decimal {
		by := f.Numerator.Sub(f.Denominator.Mul(target.Value).Shift(-2))
		if d.Polarity == indicators.HighIsGood {
			return by.Neg()
		}
		return by
	}
	whole := beyond(current)
	type contributor struct {
		name string
		by   decimal.Decimal
	}
	var all []contributor
	for _, m := range members {
		if m.Current.State == indicators.Known {
			if by := beyond(m.Current); by.IsPositive() {
				all = append(all, contributor{m.Name, by})
			}
		}
	}
	if !whole.IsPositive() || len(all) == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(x, y contributor) int { return y.by.Cmp(x.by) })
	var named []string
	for _, c := range all[:min(len(all), mostContributors)] {
		named = append(named, fmt.Sprintf("%s (%s)", c.name, indicators.Number(c.by, 0)))
	}
	than := "more"
	if d.Polarity == indicators.HighIsGood {
		than = "fewer"
	}
	return fmt.Sprintf("%s %s %s than the target of %s would give. Beyond it most: %s.", indicators.Number(whole, 0), than, d.Counts, target.Text, strings.Join(named, ", "))
}
