package dashboards

// An indicator broken down by school, team or another dimension: table, chart, sorting.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"onevision/indicators"
	"onevision/indicators/chart"
)

// breakdown is an indicator by the members of one breakdown.
type breakdown struct {
	Name    string // "School"
	Lower   string // "school"
	Chart   drawing
	Columns []column
	Rows    []memberRow
	Caption string
	Gap     string // who contributes most to what is off target
	Counts  bool   // numerator and denominator have columns
	Judged  bool   // some member is held against a target, so status has a column
	Version string
}

func (b *breakdown) version() string {
	if b == nil {
		return ""
	}
	return b.Version
}

// column is a heading that sorts the table through a link.
type column struct {
	Text    string
	Href    string
	Sorted  string // aria-sort: ascending, descending, "" for neither
	Numeric bool
}

type memberRow struct {
	Name   string
	Href   string // "" for those of whom it is not known where they belong
	Status status
	cell
	Previous string
}

// sortKeys are what a breakdown may be sorted by; without one, the worst come
// first.
var sortKeys = []string{"name", "value", "numerator", "denominator", "previous", "status"}

// tallest is how many members a chart of the usual height has room to name.
const tallest = 12

func breakdownOf(a indicators.Answer, q query) *breakdown {
	d, members, by := a.Definition(), a.Members(), a.Question().Breakdown
	if len(members) == 0 {
		return nil
	}
	path := "/indicators/" + d.ID
	b := &breakdown{Name: breakdownName(by), Lower: strings.ReplaceAll(by, "-", " ")}
	b.Caption = "By " + b.Lower + ", " + a.Current().Period.Name
	b.Gap = gapOf(a)
	sortMembers(members, q["sort"], q["order"] == "descending")
	for _, m := range members {
		row := memberRow{Name: m.Name, Status: statusOf(m.Status), cell: cellOf(m.Current), Previous: m.Previous.Text}
		if m.ID != "" {
			row.Href = q.with(path, "breakdown", by, "member", m.ID, "sort", "", "order", "")
		}
		b.Rows = append(b.Rows, row)
		b.Judged = b.Judged || (m.Status != indicators.StatusNoTarget && m.Status != indicators.StatusNotJudged)
	}
	numerator, denominator := countHeadings(d)
	b.Counts = numerator != ""
	b.Columns = []column{b.column(q, path, b.Name, "name", false), b.column(q, path, valueHeading(d), "value", true)}
	if b.Counts {
		b.Columns = append(b.Columns, b.column(q, path, numerator, "numerator", true), b.column(q, path, denominator, "denominator", true))
	}
	b.Columns = append(b.Columns, b.column(q, path, "Period before", "previous", true))
	if b.Judged {
		b.Columns = append(b.Columns, b.column(q, path, "Status", "status", false))
	}
	b.Chart = drawing{
		ID: "members", Title: b.Caption, Subtitle: subtitle(d, "", nil), Option: chart.Bars(a), Tall: len(members) > tallest,
		Label: memberLabel(d, members, b.Caption),
	}
	if drawn, of := chart.Drawn(members); len(drawn) < of {
		b.Chart.Subtitle = fmt.Sprintf("%s. %d of %d are drawn: the first and the last of their order. The table holds them all.", b.Chart.Subtitle, len(drawn), of)
	}
	b.Version = version([]any{b.Rows, b.Columns, b.Gap})
	b.Chart.Version = b.Version
	return b
}

func (b *breakdown) column(q query, path, text, key string, numeric bool) column {
	c := column{Text: text, Numeric: numeric}
	order := "ascending"
	if q["sort"] == key {
		c.Sorted = "ascending"
		if q["order"] == "descending" {
			c.Sorted = "descending"
		} else {
			order = "descending"
		}
	}
	c.Href = q.with(path, "sort", key, "order", order) + "#breakdown"
	return c
}

// sortMembers keeps the order that the engine gave where the key says nothing,
// and puts members without a number last whichever way it goes.
func sortMembers(members []indicators.Member, key string, descending bool) {
	if key == "" {
		return
	}
	slices.SortStableFunc(members, func(a, b indicators.Member) int {
		fa, fb := a.Current, b.Current
		if key == "previous" {
			fa, fb = a.Previous, b.Previous
		}
		if key != "name" && key != "status" && fa.HasNumber() != fb.HasNumber() {
			if fa.HasNumber() {
				return -1
			}
			return 1
		}
		by := 0
		switch key {
		case "name":
			by = cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		case "status":
			by = cmp.Compare(a.Status, b.Status)
		case "numerator":
			by = fa.Numerator.Cmp(fb.Numerator)
		case "denominator":
			by = fa.Denominator.Cmp(fb.Denominator)
		default:
			by = fa.Value.Cmp(fb.Value)
		}
		if descending {
			return -by
		}
		return by
	})
}

// memberLabel says what the bars show without listing them: the table does.
func memberLabel(d indicators.Definition, members []indicators.Member, caption string) string {
	var least, most indicators.Member
	n := 0
	for _, m := range members {
		if !m.Current.HasNumber() {
			continue
		}
		if n == 0 || m.Current.Value.LessThan(least.Current.Value) {
			least = m
		}
		if n == 0 || m.Current.Value.GreaterThan(most.Current.Value) {
			most = m
		}
		n++
	}
	if n == 0 {
		return d.Title + ". " + caption + ". No figures."
	}
	return d.Title + ". " + caption + ". Highest: " + most.Name + ", " + most.Current.Text + ". Lowest: " + least.Name + ", " + least.Current.Text + "."
}
