package indicators

import (
	"fmt"
	"strings"

	"onevision/indicators/comparators"
)

// comparatorsOf are the newest published figures under the definition's id:
// England, the region, the median of the statistical neighbours, and the
// authority's own ("Published") with its rank. Counts of places of unlike size say nothing
// beside one another, so of those there is the authority's own alone.
func comparatorsOf(set *comparators.Set, d Definition) []Comparator {
	if set == nil {
		return nil
	}
	m, ok := set.Measure(d.ID, "")
	if !ok || string(m.Unit) != string(d.Unit) { // published in months, counted in days
		return nil
	}
	period, ok := set.Newest(m, set.Kinds(m)[0])
	if !ok {
		return nil
	}
	sum := set.Summary(m, period)
	var out []Comparator
	add := func(area string, f comparators.Figure, notes ...string) {
		if !f.HasValue() {
			return
		}
		// How it differs is said once, of the first, where the others differ alike.
		if len(out) == 0 || f.Comparison != sum.England.Comparison {
			notes = append(notes, differs(f)...)
		}
		r, _ := set.Release(f.Release)
		out = append(out, Comparator{
			Area: area, Period: monthOf(period), Value: f.Value, Text: valueText(d, f.Value), LikeForLike: f.Comparison == comparators.LikeForLike,
			Note: strings.Join(notes, " "), Source: strings.Join([]string{r.Publisher, r.Publication, r.Release}, ", "),
		})
	}
	if m.Unit != comparators.Count {
		add("England", sum.England)
		add(sum.Region.Area.Name, sum.Region)
		if sum.HasMedian {
			median := sum.England // its comparison and release
			median.Value = sum.Neighbours
			add("Neighbours", median, fmt.Sprintf("Median of %d.", sum.Of))
		}
	}
	own := sum.Own.Area.Name + "."
	if sum.Stands {
		own = sum.Own.Area.Name + ": " + strings.ToLower(sum.Standing.Words()[:1]) + sum.Standing.Words()[1:] + "."
	}
	add("Published", sum.Own, own)
	return out
}

// differs says how a figure is not like for like with the indicator.
func differs(f comparators.Figure) []string {
	var said []string
	if f.Comparison == "whole-year" {
		said = append(said, "It is of a whole year.")
	}
	if f.Note != "" && f.Comparison != comparators.LikeForLike {
		said = append(said, f.Note)
	}
	return said
}

// monthOf is a published period as it stands after "in".
func monthOf(p comparators.Period) string {
	switch p.Kind {
	case comparators.At31March, comparators.At30September:
		return p.LastDay().Format("January 2006")
	case comparators.AcademicYear, comparators.FinancialYear, comparators.CalendarYear:
		return p.Text()
	}
	return strings.TrimPrefix(p.Name(), "the ")
}
