package chart

import (
	"fmt"
	"strings"

	"onevision/indicators"
)

// The sparkline's box, in CSS pixels.
const (
	sparkWidth  = 160.0
	sparkHeight = 36.0
	sparkMargin = 4.0
)

// Sparkline is the answer's series as a small SVG, made of numbers only, so
// that it may stand in a page as it is: no word of any name is in it. It is
// hidden from screen readers, which have the sentence. "" when there are fewer
// than two figures.
func Sparkline(a indicators.Answer) string {
	series := a.Series()
	var values []float64
	n, low, high := 0, 0.0, 0.0
	for _, f := range series {
		v := shown(a.Definition(), f.Value)
		values = append(values, v)
		if !f.HasNumber() {
			continue
		}
		if n == 0 || v < low {
			low = v
		}
		if n == 0 || v > high {
			high = v
		}
		n++
	}
	if n < 2 {
		return ""
	}
	if high == low {
		low, high = low-1, high+1
	}
	x := func(i int) float64 {
		return sparkMargin + float64(i)*(sparkWidth-2*sparkMargin)/float64(max(1, len(series)-1))
	}
	y := func(v float64) float64 {
		return sparkHeight - sparkMargin - (v-low)/(high-low)*(sparkHeight-2*sparkMargin)
	}
	var path strings.Builder
	pen, last, current := false, -1, -1
	for i, f := range series {
		if !f.HasNumber() {
			pen = false // a gap stays a gap
			continue
		}
		step := "L"
		if !pen {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x(i), y(values[i]))
		pen, last = true, i
		if f.Period.ID == a.Current().Period.ID {
			current = i
		}
	}
	if current < 0 {
		current = last
	}
	return fmt.Sprintf(`<svg class="app-sparkline" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" aria-hidden="true" focusable="false">`+
		`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`+
		`<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/></svg>`,
		sparkWidth, sparkHeight, sparkWidth, sparkHeight, path.String(), darkBlue, x(current), y(values[current]), darkBlue)
}
