// Package chart draws an answer: ECharts options as JSON-ready maps made from
// go-echarts' types (never its HTML), sparklines as SVG, and the sentence that
// card, chart and email share.
package chart

import "onevision/indicators"

// Options are the options of one chart, ready for encoding/json (with HTML
// escaping on, as is its default). They hold no functions and no HTML.
type Options map[string]any

// Trend draws the answer's series as a line with its target.
func Trend(a indicators.Answer) Options { return nil }

// Bars draws the current figure of each member of the answer's breakdown.
func Bars(a indicators.Answer) Options { return nil }

// Sparkline is the answer's series as a small SVG, made of numbers only, so
// that it may stand in a page as it is. "" when there are fewer than two figures.
func Sparkline(a indicators.Answer) string { return "" }

// Sentence says the current figure in words: "1.6% in the week of 9 November
// 2026 (412 of 25,204 possible sessions), up 0.2 percentage points."
func Sentence(a indicators.Answer) string { return "" }
