// Package chart draws an answer: ECharts options as JSON-ready maps made from
// go-echarts' types (never its HTML), and the sentence that
// card, chart and email share.
package chart

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// Options are the options of one chart, ready for encoding/json (with HTML
// escaping on, as is its default). They hold no functions and no HTML: where
// ECharts wants a formatter, "x-format" names one of the static script's
// (percent1, number1, count, days ...).
type Options map[string]any

// The Government Analysis Function's categorical palette; its contrast holds in
// this order only.
const (
	darkBlue = "#12436D"
	teal     = "#28A197"
	orange   = "#F46A25"
	grey     = "#BFBFBF"
	slate    = "#505A5F" // of what is drawn for comparison
)

// Event is what happened in a period of the trend. It is drawn as its number: the page
// beside it says what it was, and labels of sentences would cross one another.
type Event struct {
	Number int
	Period string // an id
	Text   string
}

// PeriodOf is the id of the period of the answer's series that the day lies in; false
// for none.
func PeriodOf(a indicators.Answer, day time.Time) (string, bool) {
	for _, f := range a.Series() {
		if !day.Before(f.Period.First) && !day.After(f.Period.Last) {
			return f.Period.ID, true
		}
	}
	return "", false
}

// Trend draws the answer's series as a line from zero, with its target dashed,
// the periods that cannot be judged yet as hollow marks, and events as numbered lines.
func Trend(a indicators.Answer, events ...Event) Options {
	d := a.Definition()
	var names []string
	var judged, unjudged, level []opts.LineData
	hasUnjudged := false
	target, hasTarget := a.Target()
	for _, f := range a.Series() {
		names = append(names, label(f.Period))
		judged = append(judged, point(d, f, indicators.Known))
		unjudged = append(unjudged, point(d, f, indicators.Incomplete))
		hasUnjudged = hasUnjudged || f.State == indicators.Incomplete
		level = append(level, opts.LineData{Value: shown(d, target.Value), Symbol: "none"})
	}
	line := charts.NewLine()
	line.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: names, AxisTick: &opts.AxisTick{AlignWithLabel: opts.Bool(true)}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "#E5E5E5"}}}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(hasTarget || hasUnjudged), Top: "0"}),
		charts.WithGridOpts(opts.Grid{Top: "44", Left: "8", Right: "24", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Enabled: opts.Bool(true), Description: Sentence(a)}}),
		charts.WithAnimation(false),
	)
	line.SetXAxis(names)
	name := d.Title
	if a.MemberName() != "" {
		name = plain(a.MemberName())
	}
	line.AddSeries(name, judged,
		charts.WithLineChartOpts(opts.LineChart{Symbol: "circle", SymbolSize: 7, ShowSymbol: opts.Bool(true)}),
		charts.WithLineStyleOpts(opts.LineStyle{Color: darkBlue, Width: 3}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: darkBlue}))
	if hasUnjudged {
		line.AddSeries("Not complete yet", unjudged,
			charts.WithLineChartOpts(opts.LineChart{Symbol: "emptyCircle", SymbolSize: 10, ShowSymbol: opts.Bool(true)}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: teal, Width: 2, Type: "dotted"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: teal}))
	}
	if before, there := yearBefore(a); there {
		line.AddSeries(YearBefore, before,
			charts.WithLineChartOpts(opts.LineChart{Symbol: "none"}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: slate, Width: 2, Type: "dotted"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: slate}))
	}
	if hasTarget {
		line.AddSeries("Target "+target.Text, level,
			charts.WithLineChartOpts(opts.LineChart{Symbol: "none"}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: orange, Width: 2, Type: "dashed"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: orange}))
	}
	line.Validate()
	o := finish(line.JSON(), d, "yAxis")
	if _, there := yearBefore(a); there {
		o["legend"].(map[string]any)["show"] = true
	}
	mark(o, a.Series(), events)
	return o
}

// YearBefore names the series of the same points of the year before.
const YearBefore = "A year before"

func yearBefore(a indicators.Answer) (points []opts.LineData, there bool) {
	for _, f := range a.YearBefore() {
		p := point(a.Definition(), f, indicators.Known)
		there = there || f.State == indicators.Known
		points = append(points, p)
	}
	return points, there
}

// mark draws events across the first series, those of one period as one line.
func mark(o Options, series []indicators.Figure, events []Event) {
	var lines []any
	for i, f := range series {
		var numbers []string
		for _, e := range events {
			if e.Period == f.Period.ID {
				numbers = append(numbers, strconv.Itoa(e.Number))
			}
		}
		if numbers != nil {
			lines = append(lines, map[string]any{"xAxis": i, "name": strings.Join(numbers, ", ")})
		}
	}
	if all, _ := o["series"].([]any); lines != nil && len(all) > 0 {
		all[0].(map[string]any)["markLine"] = map[string]any{"symbol": []string{"none", "none"}, "silent": true, "animation": false, "data": lines,
			"lineStyle": map[string]any{"color": slate, "type": "solid", "width": 1},
			"label":     map[string]any{"show": true, "formatter": "{b}", "position": "end", "color": "#0b0c0c", "distance": 2}}
	}
}

// Bars draws the current figure of each member of the answer's breakdown that
// has one, in the answer's order from the top; those that cannot be judged yet
// are grey.
func Bars(a indicators.Answer) Options {
	d := a.Definition()
	var names []string
	var data []opts.BarData
	members, _ := Drawn(a.Members())
	for _, m := range members {
		colour := darkBlue
		if m.Current.State == indicators.Incomplete {
			colour = grey
		}
		names = append(names, plain(m.Name))
		data = append(data, opts.BarData{Value: shown(d, m.Current.Value), ItemStyle: &opts.ItemStyle{Color: colour}})
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: 0, SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "#E5E5E5"}}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, Inverse: opts.Bool(true)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithGridOpts(opts.Grid{Top: "24", Left: "8", Right: "56", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Enabled: opts.Bool(true), Description: barsSentence(a, len(data))}}),
		charts.WithAnimation(false),
	)
	series := []charts.SeriesOpts{
		charts.WithItemStyleOpts(opts.ItemStyle{Color: darkBlue}),
		charts.WithLabelOpts(opts.Label{Show: opts.Bool(true), Position: "right", Color: "#0b0c0c"}),
	}
	if target, ok := a.Target(); ok {
		series = append(series,
			charts.WithMarkLineNameXAxisItemOpts(opts.MarkLineNameXAxisItem{Name: "Target " + target.Text, XAxis: shown(d, target.Value)}),
			charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(true), Formatter: "{b}"}, LineStyle: &opts.LineStyle{Color: orange, Width: 2, Type: "dashed"}}))
	}
	bar.AddSeries(d.Title, data, series...)
	bar.Validate()
	o := finish(bar.JSON(), d, "xAxis")
	for _, s := range o["series"].([]any) {
		if label, ok := s.(map[string]any)["label"].(map[string]any); ok {
			label["x-format"] = format(d)
		}
	}
	return o
}

// Of more bars than MostBars the first of the order and the last are drawn: four
// hundred names on one axis are read by nobody, and the table beside it holds them all.
const (
	MostBars  = 40
	firstBars = 30
)

// Drawn are the members that Bars draws, and how many have a figure.
func Drawn(members []indicators.Member) (drawn []indicators.Member, of int) {
	for _, m := range members {
		if m.Current.HasNumber() {
			drawn = append(drawn, m)
		}
	}
	if of = len(drawn); of > MostBars {
		drawn = slices.Concat(drawn[:firstBars], drawn[of-(MostBars-firstBars):])
	}
	return drawn, of
}

// plain is a name without what ECharts takes for its rich text, "{style|text}".
func plain(name string) string {
	return strings.NewReplacer("{", "(", "}", ")", "|", "/").Replace(name)
}

func barsSentence(a indicators.Answer, n int) string {
	d := a.Definition()
	return fmt.Sprintf("%s %s by %s: %d bars.", d.Title, when(d, a.Current().Period), a.Question().Breakdown, n)
}

// finish makes what go-echarts gives into plain values and adds what its types
// do not know.
func finish(made map[string]any, d indicators.Definition, valueAxis string) Options {
	text, err := json.Marshal(made)
	if err != nil {
		panic("chart: go-echarts' options do not marshal: " + err.Error())
	}
	var o Options
	if err := json.Unmarshal(text, &o); err != nil {
		panic("chart: go-echarts' options do not unmarshal: " + err.Error())
	}
	o["color"] = []any{darkBlue, teal, orange}
	delete(o, "title") // the page has a heading
	delete(o, "toolbox")
	tooltip, _ := o["tooltip"].(map[string]any)
	tooltip["renderMode"] = "richText" // an HTML tooltip needs styles that the page's policy refuses
	tooltip["confine"] = true
	tooltip["x-format"] = format(d)
	axes, _ := o[valueAxis].([]any)
	for _, axis := range axes {
		axis := axis.(map[string]any)
		axis["min"] = 0
		if belowZero(o["series"]) { // ECharts' own axis then holds the data, and zero
			delete(axis, "min")
		}
		axis["axisLabel"] = map[string]any{"x-format": format(d)}
	}
	return o
}

// belowZero reports whether some point of the series lies below zero.
func belowZero(series any) bool {
	all, _ := series.([]any)
	for _, one := range all {
		one, _ := one.(map[string]any)
		data, _ := one["data"].([]any)
		for _, point := range data {
			if p, ok := point.(map[string]any); ok {
				point = p["value"]
			}
			if v, ok := point.(float64); ok && v < 0 {
				return true
			}
		}
	}
	return false
}

// format is the name of the static script's formatter for the definition's
// values.
func format(d indicators.Definition) string {
	places := min(d.Decimals, 2)
	switch d.Unit {
	case indicators.Percent:
		return fmt.Sprintf("percent%d", places)
	case indicators.Count:
		return "count"
	case indicators.Days:
		if places == 0 {
			return "days"
		}
		return "days1"
	}
	return fmt.Sprintf("number%d", places)
}

// point is a figure of that state, else ECharts' sign for no value.
func point(d indicators.Definition, f indicators.Figure, state indicators.FigureState) opts.LineData {
	if f.State != state {
		return opts.LineData{Value: "-"}
	}
	return opts.LineData{Value: shown(d, f.Value)}
}

// shown is a value as a number with as many places as are shown, so that the
// chart and the table beside it say the same.
func shown(d indicators.Definition, v decimal.Decimal) float64 {
	return indicators.HalfUp(v, d.Decimals).InexactFloat64()
}

// label is a period's name as short as an axis needs it.
func label(p indicators.Period) string {
	_, span, _ := strings.Cut(p.ID, ":")
	switch p.Kind {
	case indicators.Day, indicators.Week:
		return p.First.Format("2 Jan 2006")
	case indicators.Month:
		return p.First.Format("Jan 2006")
	case indicators.HalfTerm:
		year, number, _ := strings.Cut(span, "-")
		return year + ", " + number
	case indicators.Term:
		year, name, _ := strings.Cut(span, "-")
		return name + " " + year
	case indicators.Quarter:
		year, number, _ := strings.Cut(span, "-")
		return year + " Q" + number
	case indicators.AcademicYear, indicators.AcademicYearToDate:
		return fmt.Sprintf("%d/%02d", p.First.Year(), (p.First.Year()+1)%100)
	case indicators.FinancialYear:
		return fmt.Sprintf("to March %d", p.First.Year()+1)
	case indicators.Rolling12Months:
		return "to " + p.Last.Format("Jan 2006")
	}
	return span
}
