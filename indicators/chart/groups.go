package chart

// A crossing drawn: groups of bars.

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"onevision/indicators"
)

// MostGroups is how many bars stand in a group: as many as the palette keeps apart.
const MostGroups = 3

// Group is one bar of each group, with its figure in each.
type Group struct {
	Name    string
	Figures []indicators.Figure // as many as there are names
}

// Groups draws a bar of each group beside its name, from the top; a figure without a
// number has none. label says in words what is drawn.
func Groups(d indicators.Definition, names []string, groups []Group, label string) Options {
	var plainNames []string
	for _, n := range names {
		plainNames = append(plainNames, plain(n))
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: 0, SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "#E5E5E5"}}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: plainNames, Inverse: opts.Bool(true)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(len(groups) > 1), Top: "0"}),
		charts.WithGridOpts(opts.Grid{Top: "44", Left: "8", Right: "56", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Enabled: opts.Bool(true), Description: label}}),
		charts.WithAnimation(false),
	)
	for i, g := range groups {
		var data []opts.BarData
		for _, f := range g.Figures {
			if f.HasNumber() {
				data = append(data, opts.BarData{Value: shown(d, f.Value)})
			} else {
				data = append(data, opts.BarData{Value: "-"})
			}
		}
		bar.AddSeries(plain(g.Name), data, charts.WithItemStyleOpts(opts.ItemStyle{Color: []string{darkBlue, teal, orange}[i%MostGroups]}))
	}
	bar.Validate()
	return finish(bar.JSON(), d, "xAxis")
}
