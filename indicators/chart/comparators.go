package chart

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/shopspring/decimal"

	"onevision/indicators"
	"onevision/indicators/comparators"
)

const purple = "#801650" // the palette's third, between teal and orange

// line is one area's course: a colour, a dash and a mark of its own, so that
// none of them has to be seen.
type line struct {
	name, colour, dash, symbol string
	width                      float32
	at                         func(comparators.Period) (decimal.Decimal, bool)
}

// ComparatorTrend draws a measure's published figures over the years: the
// authority, England, the region and the mean of the statistical neighbours. A
// year without a figure is a gap, and so is a break in the series. Of a count,
// England and the region are left out: they would press the others to the axis.
// fromZero says whether the axis begins at nothing.
func ComparatorTrend(set *comparators.Set, m comparators.Measure, k comparators.Kind, label string) (o Options, fromZero bool) {
	authority, _ := set.Authority()
	of := func(area string) func(comparators.Period) (decimal.Decimal, bool) {
		return func(p comparators.Period) (decimal.Decimal, bool) {
			f := set.Figure(m, p, area)
			return f.Value, f.HasValue()
		}
	}
	england := line{"England", teal, "dashed", "diamond", 2, of(comparators.England)}
	region := line{authority.Region.Name, purple, "dotted", "triangle", 2, of(authority.Region.Code)}
	own := line{authority.Name, darkBlue, "solid", "circle", 3, of(authority.Code)}
	neighbours := line{"Statistical neighbours, mean", orange, "solid", "rect", 2, func(p comparators.Period) (decimal.Decimal, bool) {
		f, ok := set.NeighboursMean(m, p)
		return f.Value, ok
	}}
	lines := []line{own, england, region, neighbours}
	if m.Unit == comparators.Count && authority.Code != "" {
		lines = []line{own, neighbours}
	}
	periods, breaks := set.Periods(m, k), set.Breaks(m, k)
	var names []string
	var low, high decimal.Decimal
	some := false
	var across []charts.SeriesOpts // a line at each break
	data := make([][]opts.LineData, len(lines))
	for i, p := range periods {
		if i > 0 && slices.ContainsFunc(breaks, func(b comparators.Break) bool { return b.Year == p.Year }) {
			// A place of its own on the axis, where no area has a figure: no line of
			// theirs crosses it.
			across = append(across, charts.WithMarkLineNameXAxisItemOpts(opts.MarkLineNameXAxisItem{Name: "break", XAxis: len(names)}))
			names = append(names, "")
			for l := range lines {
				data[l] = append(data[l], opts.LineData{Value: "-"})
			}
		}
		names = append(names, p.Text())
		for l, one := range lines {
			v, ok := one.at(p)
			if !ok {
				data[l] = append(data[l], opts.LineData{Value: "-"})
				continue
			}
			data[l] = append(data[l], opts.LineData{Value: m.Shown(v).InexactFloat64()})
			if !some || v.LessThan(low) {
				low = v
			}
			if !some || v.GreaterThan(high) {
				high = v
			}
			some = true
		}
	}
	drawn := charts.NewLine()
	drawn.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: names, AxisTick: &opts.AxisTick{AlignWithLabel: opts.Bool(true)}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "#E5E5E5"}}}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Top: "0", Left: "0"}),
		charts.WithGridOpts(opts.Grid{Top: "72", Left: "8", Right: "24", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Enabled: opts.Bool(true), Description: label}}),
		charts.WithAnimation(false),
	)
	drawn.SetXAxis(names)
	if len(across) > 0 {
		across = append(across, charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(true), Formatter: "{b}"}, LineStyle: &opts.LineStyle{Color: "#6F777B", Width: 1, Type: "dashed"}}))
	}
	for i, one := range lines {
		if one.name == "" || !slices.ContainsFunc(data[i], func(d opts.LineData) bool { return d.Value != "-" }) {
			continue
		}
		drawn.AddSeries(one.name, data[i],
			charts.WithLineChartOpts(opts.LineChart{Symbol: one.symbol, SymbolSize: 8, ShowSymbol: opts.Bool(true)}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: one.colour, Width: one.width, Type: one.dash}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: one.colour}))
		if across != nil { // the first that is drawn carries them
			drawn.SetSeriesOptions(across...)
			across = nil
		}
	}
	drawn.Validate()
	o = finish(drawn.JSON(), asDefinition(m), "yAxis")
	o["color"] = []any{darkBlue, teal, purple, orange}
	// Lines near one another, far from nothing, are told apart on an axis of their
	// own; the page says so.
	if fromZero = low.Mul(decimal.NewFromInt(2)).LessThanOrEqual(high); !fromZero {
		for _, axis := range o["yAxis"].([]any) {
			delete(axis.(map[string]any), "min")
			axis.(map[string]any)["scale"] = true
		}
	}
	return o, fromZero
}

// ComparatorBars draws the authority among its statistical neighbours in one
// period, in the order of their figures; England's figure is a line across.
func ComparatorBars(set *comparators.Set, m comparators.Measure, p comparators.Period, label string) Options {
	authority, _ := set.Authority()
	var names []string
	var data []opts.BarData
	for _, f := range set.Ranked(m, p) {
		if !f.HasValue() {
			continue
		}
		colour := grey
		if f.Area.Code == authority.Code {
			colour = darkBlue
		}
		names = append(names, f.Area.Name)
		data = append(data, opts.BarData{Value: m.Shown(f.Value).InexactFloat64(), ItemStyle: &opts.ItemStyle{Color: colour}})
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: 0, SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "#E5E5E5"}}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, Inverse: opts.Bool(true)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithGridOpts(opts.Grid{Top: "24", Left: "8", Right: "56", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Enabled: opts.Bool(true), Description: label}}),
		charts.WithAnimation(false),
	)
	series := []charts.SeriesOpts{
		charts.WithItemStyleOpts(opts.ItemStyle{Color: grey}),
		charts.WithLabelOpts(opts.Label{Show: opts.Bool(true), Position: "right", Color: "#0b0c0c"}),
	}
	if england := set.Figure(m, p, comparators.England); england.HasValue() && m.Unit != comparators.Count {
		series = append(series,
			charts.WithMarkLineNameXAxisItemOpts(opts.MarkLineNameXAxisItem{Name: "England", XAxis: m.Shown(england.Value).InexactFloat64()}),
			charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(true), Formatter: "{b}"}, LineStyle: &opts.LineStyle{Color: orange, Width: 2, Type: "dashed"}}))
	}
	bar.AddSeries(m.Title, data, series...)
	bar.Validate()
	d := asDefinition(m)
	o := finish(bar.JSON(), d, "xAxis")
	for _, s := range o["series"].([]any) {
		if label, ok := s.(map[string]any)["label"].(map[string]any); ok {
			label["x-format"] = format(d)
		}
	}
	return o
}

// asDefinition is a measure as far as its numbers' form goes.
func asDefinition(m comparators.Measure) indicators.Definition {
	d := indicators.Definition{Title: m.Title, Unit: indicators.Mean, Decimals: m.Decimals}
	switch m.Unit {
	case comparators.Percent:
		d.Unit = indicators.Percent
	case comparators.Count:
		d.Unit = indicators.Count
	}
	return d
}
