package dashboards

// The table of a crossing: a row for each member, for each period a column for each.

import (
	"strings"

	"onevision/indicators"
)

type crossTable struct {
	Row     string // heading of the rows
	Periods []crossPeriod
	Columns []string // under each period; none where there is one column for each
	Rows    []crossRow
}

type crossPeriod struct {
	Name string
	Span int
}

type crossRow struct {
	Name  string
	All   bool
	Cells []cell
}

func (t crossTable) cells() int { return len(t.Rows) * len(t.Periods) * max(1, len(t.Columns)) }

func crossTableOf(a indicators.Crossed) crossTable {
	q := a.Asked()
	t := crossTable{Row: "Of"}
	if q.Rows != "" {
		t.Row = breakdownName(q.Rows)
	}
	var columns []*indicators.Label
	for _, l := range a.Columns() {
		t.Columns, columns = append(t.Columns, l.Text), append(columns, &l)
	}
	if q.Columns != "" {
		t.Columns = append(t.Columns, "All")
	}
	columns = append(columns, nil)
	for _, p := range a.Periods() {
		t.Periods = append(t.Periods, crossPeriod{sentence(p.Name), len(columns)})
	}
	row := func(name string, of *indicators.Label) {
		r := crossRow{Name: name, All: of == nil}
		for i := range a.Periods() {
			for _, column := range columns {
				f := a.Figure(i, of, column)
				c := cellOf(f)
				c.Note = f.Of() // that a period is incomplete is said once, above
				r.Cells = append(r.Cells, c)
			}
		}
		t.Rows = append(t.Rows, r)
	}
	for _, l := range a.Rows() {
		row(l.Text, &l)
	}
	row("All", nil)
	return t
}

// questionInWords is what was asked, as a heading.
func questionInWords(a indicators.Crossed) string {
	q := a.Asked()
	var by, only, periods []string
	for _, b := range []string{q.Rows, q.Columns} {
		if b != "" {
			by = append(by, strings.ToLower(breakdownName(b)))
		}
	}
	for i, l := range a.Only() {
		word := " and "
		if i > 0 && q.Only[i].Breakdown == q.Only[i-1].Breakdown {
			word = " or "
		}
		if i == 0 {
			word = ""
		}
		only = append(only, word+strings.ToLower(breakdownName(q.Only[i].Breakdown))+" "+l.Text)
	}
	for _, p := range a.Periods() {
		periods = append(periods, p.Name)
	}
	s := a.Definition().Title
	if len(by) > 0 {
		s += " by " + strings.Join(by, " and ")
	}
	if len(only) > 0 {
		s += ", only " + strings.Join(only, "")
	}
	if len(periods) > 3 {
		periods = []string{periods[0] + " to " + periods[len(periods)-1]}
	}
	return s + ": " + strings.Join(periods, ", ")
}
