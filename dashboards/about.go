package dashboards

// The section "Why this number" of an indicator's page: meaning, formula, source, and what it was computed from.

import (
	"strings"

	"onevision/indicators"
)

// about is why the number is what it is: its meaning, formula and source, and
// what it was computed from.
type about struct {
	Lines   []fact
	SQL     string
	Version string
}

func aboutOf(a indicators.Answer) about {
	d := a.Definition()
	lines := []fact{
		{Name: "Meaning", Text: d.Meaning},
		{Name: "Formula", Text: formula(d)},
		{Name: "Source", Text: d.Source},
		{Name: "Circumstances", Text: circumstances(d.AsAt)},
		{Name: "Judged when", Text: judged(d.Complete)},
		{Name: "Data as at", Text: when(a.AsAt())},
		{Name: "Computed", Text: when(a.ComputedAt())},
		{Name: "Definition", Text: d.ID + " " + shortHash(d.Hash)},
		{Name: "Data position", Text: a.Position()},
	}
	var about about
	for _, l := range lines {
		if l.Text != "" {
			about.Lines = append(about.Lines, l)
		}
	}
	about.SQL = strings.TrimSpace(d.SQL)
	about.Version = version(about)
	return about
}

func formula(d indicators.Definition) string {
	n, of := sentence(d.Counts), d.Of
	switch d.Unit {
	case indicators.Percent:
		return n + ", divided by " + of + ", as a percentage"
	case indicators.RatePer100:
		return n + ", for each 100 " + of
	case indicators.RatePer10k:
		return n + ", for each 10,000 " + of
	case indicators.Mean, indicators.Days:
		return n + ", divided by " + of
	}
	return "A count of " + d.Counts
}

func circumstances(asAt string) string {
	switch asAt {
	case "period-end":
		return "Each child's circumstances as they were at the end of the period"
	case "event":
		return "Each child's circumstances as they were when each event happened"
	case "31-march":
		return "Each child's circumstances as they were on 31 March"
	}
	return asAt
}

func judged(c indicators.Complete) string {
	switch c.Rule {
	case "":
		return ""
	case "ended":
		return "The period has ended"
	case "attendance-marks":
		return "The period has ended and " + percentText(c.Share) + " of the marks expected have been received"
	case "ks4-results":
		if c.Share == 0 {
			return "Results for the year have been received"
		}
		return percentText(c.Share) + " of the results expected have been received"
	}
	return sentence(strings.ReplaceAll(c.Rule, "-", " "))
}

func percentText(share int) string { return grouped(share) + "%" }

// shortHash is enough of a hash to tell two versions apart by eye.
func shortHash(h string) string {
	h = strings.TrimPrefix(h, "sha256:")
	if len(h) > 12 {
		return h[:12]
	}
	return h
}
