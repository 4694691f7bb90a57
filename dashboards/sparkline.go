package dashboards

// The small line of a card: its SVG coordinates, and the same in words.

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// sparkline is the course of a figure in the space of a line of text. The drawing is
// decoration: Text says the same.
type sparkline struct {
	Lines   []string // points of each unbroken run: a gap is a gap, not a zero
	TargetY string   // "" without a target that lies in the drawing
	Dots    []dot    // figures that are not judged, and the one that the card is about
	Text    string
}

type dot struct{ X, Y, Class string }

// The drawing's own units; the page scales it.
const (
	sparkWidth  = 300.0
	sparkHeight = 56.0
	sparkMargin = 5.0
)

func sparklineOf(a indicators.Answer) sparkline {
	series := a.Series()
	var shown []float64
	for _, f := range series {
		if f.HasNumber() {
			shown = append(shown, f.Value.InexactFloat64())
		}
	}
	if len(shown) < 2 {
		return sparkline{Text: "Too few figures yet to show a trend"}
	}
	low, high := shown[0], shown[0]
	for _, v := range shown {
		low, high = min(low, v), max(high, v)
	}
	s := sparkline{Text: sparkText(series)}
	if t, ok := a.Target(); ok {
		v := t.Value.InexactFloat64()
		low, high = min(low, v), max(high, v)
		s.TargetY = coordinate(sparkY(v, low, high))
	}
	s.draw(series, a.Current().Period.ID, low, high)
	return s
}

func (s *sparkline) draw(series []indicators.Figure, current string, low, high float64) {
	step := (sparkWidth - 2*sparkMargin) / float64(len(series)-1)
	var run []string
	for i, f := range series {
		if !f.HasNumber() {
			s.end(run)
			run = nil
			continue
		}
		x, y := coordinate(sparkMargin+float64(i)*step), coordinate(sparkY(f.Value.InexactFloat64(), low, high))
		run = append(run, x+","+y)
		switch {
		case f.State == indicators.Incomplete:
			s.Dots = append(s.Dots, dot{x, y, "open"})
		case f.Period.ID == current:
			s.Dots = append(s.Dots, dot{x, y, "last"})
		}
	}
	s.end(run)
}

// end closes a run; one figure alone has no line, so it gets a dot.
func (s *sparkline) end(run []string) {
	switch {
	case len(run) == 1:
		x, y, _ := strings.Cut(run[0], ",")
		s.Dots = append(s.Dots, dot{x, y, "last"})
	case len(run) > 1:
		s.Lines = append(s.Lines, strings.Join(run, " "))
	}
}

func sparkY(v, low, high float64) float64 {
	if high == low {
		return sparkHeight / 2
	}
	return sparkMargin + (high-v)/(high-low)*(sparkHeight-2*sparkMargin)
}

func coordinate(v float64) string { return fmt.Sprintf("%.1f", v) }

// sparkText is the trend in words: since when, and between which figures.
func sparkText(series []indicators.Figure) string {
	var least, most indicators.Figure
	n := 0
	for i, f := range series {
		if !f.HasNumber() {
			continue
		}
		if n == 0 {
			series = series[i:] // since the first figure that there is
		}
		if n == 0 || f.Value.LessThan(least.Value) {
			least = f
		}
		if n == 0 || f.Value.GreaterThan(most.Value) {
			most = f
		}
		n++
	}
	if decimal.Decimal.Equal(least.Value, most.Value) {
		return "Since " + series[0].Period.The() + ": " + most.Text + " throughout"
	}
	return "Since " + series[0].Period.The() + ": between " + least.Text + " and " + most.Text
}
