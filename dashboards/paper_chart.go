package dashboards

// A trend as SVG that the server draws, for paper: nothing of it needs a script.

import (
	"math"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// paperChart is a trend from zero, with its target dashed and the same points of the year
// before dotted, in the drawing's own units.
type paperChart struct {
	Label      string // what it shows, in words
	Grid       []gridLine
	Lines      []string // points of each unbroken run
	YearBefore []string
	Dots       []dot
	TargetY    string
	Target     string // "Target 2.0%"
	First      string // the periods at both ends
	Last       string
}

type gridLine struct{ Y, TextY, Text string }

// The plot's edges within the drawing.
const paperLeft, paperRight, paperTop, paperBottom = 48.0, 396.0, 12.0, 196.0

func paperChartOf(a indicators.Answer) paperChart {
	series, before := a.Series(), a.YearBefore()
	var low, high float64
	shown := 0
	see := func(v decimal.Decimal) {
		low, high = min(low, v.InexactFloat64()), max(high, v.InexactFloat64())
	}
	for i, f := range series {
		if f.HasNumber() {
			shown++
			see(f.Value)
		}
		if before[i].State == indicators.Known {
			see(before[i].Value)
		}
	}
	if shown < 2 {
		return paperChart{}
	}
	target, hasTarget := a.Target()
	if hasTarget {
		see(target.Value)
	}
	d := a.Definition()
	step := roundStep((high - low) / 4)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	if low == high { // nothing but zeros
		high += step
	}
	y := func(v float64) string { return coordinate(paperBottom - (v-low)/(high-low)*(paperBottom-paperTop)) }
	c := paperChart{Label: sentence(d.Title) + ". " + sparklineOf(a).Text, First: sentence(series[0].Period.Name), Last: sentence(series[len(series)-1].Period.Name)}
	for i := 0; low+float64(i)*step <= high+step/2; i++ {
		v := low + float64(i)*step
		text := indicators.Number(decimal.NewFromFloat(v), int32(max(0, -math.Floor(math.Log10(step)))))
		if d.Unit == indicators.Percent {
			text += "%"
		}
		c.Grid = append(c.Grid, gridLine{y(v), coordinate(paperBottom - (v-low)/(high-low)*(paperBottom-paperTop) + 4), text})
	}
	across := func(i int) string {
		return coordinate(paperLeft + 6 + float64(i)*(paperRight-paperLeft-12)/float64(len(series)-1))
	}
	c.Lines = runs(series, func(i int, f indicators.Figure) (string, bool) {
		return across(i) + "," + y(f.Value.InexactFloat64()), f.HasNumber()
	})
	c.YearBefore = runs(before, func(i int, f indicators.Figure) (string, bool) {
		return across(i) + "," + y(f.Value.InexactFloat64()), f.State == indicators.Known
	})
	for i, f := range series {
		switch {
		case f.State == indicators.Incomplete:
			c.Dots = append(c.Dots, dot{across(i), y(f.Value.InexactFloat64()), "#ffffff"})
		case f.HasNumber():
			c.Dots = append(c.Dots, dot{across(i), y(f.Value.InexactFloat64()), "#12436d"})
		}
	}
	if hasTarget {
		c.TargetY, c.Target = y(target.Value.InexactFloat64()), "Target "+target.Text
	}
	return c
}

// runs are the points of each unbroken run of figures: a gap is a gap, not a zero.
func runs(series []indicators.Figure, point func(int, indicators.Figure) (string, bool)) []string {
	var out []string
	open := false
	for i, f := range series {
		p, ok := point(i, f)
		switch {
		case ok && open:
			out[len(out)-1] += " " + p
		case ok:
			out = append(out, p)
		}
		open = ok
	}
	return out
}

// roundStep is the smallest of 1, 2 and 5 times a power of ten that is no less.
func roundStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}
