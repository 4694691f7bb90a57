package dashboards

// The table of numbers behind a trend.

import (
	"onevision/indicators"
)

// numbers is the table that says what a trend draws, the newest first.
type numbers struct {
	Caption     string
	Value       string // heading of the value's column
	Numerator   string // headings of the two counts behind it; "" without such a column
	Denominator string
	YearBefore  bool // the same point of the year before has a column
	Rows        []numberRow
	Version     string
}

type numberRow struct {
	Period string
	ID     string // of the period
	Href   string // this page as it stands for that period
	cell
	Now    bool // the period that the page is about
	Before cell // of the same point of the year before
}

// cell is a figure in a table: as shown, and exactly, so that what a chart draws
// can be compared with it number by number.
type cell struct {
	Text        string
	Exact       string // "" when there is no number
	Numerator   string
	Denominator string
	Note        string
}

func cellOf(f indicators.Figure) cell {
	c := cell{Text: f.Text, Note: f.Note}
	if f.State == indicators.Incomplete && c.Note == "" {
		c.Note = "incomplete"
	}
	if f.HasNumber() {
		c.Exact = f.Value.String()
		c.Numerator = indicators.Number(f.Numerator, -1)
		if !f.Denominator.IsZero() {
			c.Denominator = indicators.Number(f.Denominator, -1)
		}
	}
	return c
}

func numbersOf(a indicators.Answer, q query) numbers {
	d, series := a.Definition(), a.Series()
	n := numbers{Caption: "The numbers behind the trend", Value: valueHeading(d)}
	n.Numerator, n.Denominator = countHeadings(d)
	before := a.YearBefore()
	for i := len(series) - 1; i >= 0; i-- {
		f := series[i]
		n.YearBefore = n.YearBefore || before[i].State == indicators.Known
		n.Rows = append(n.Rows, numberRow{
			Period: sentence(f.Period.Name), ID: f.Period.ID, cell: cellOf(f), Now: f.Period.ID == a.Current().Period.ID, Before: yearBeforeCell(before[i]),
			Href: q.with("/indicators/"+d.ID, "period", string(f.Period.Kind), "at", f.Period.ID),
		})
	}
	n.Version = version(n)
	return n
}

// yearBeforeCell is a figure that can be compared, as the chart draws it; else nothing.
func yearBeforeCell(f indicators.Figure) cell {
	if f.State != indicators.Known {
		return cell{}
	}
	return cellOf(f)
}

func valueHeading(d indicators.Definition) string {
	switch d.Unit {
	case indicators.Percent:
		return "Percentage"
	case indicators.RatePer100:
		return "For each 100"
	case indicators.RatePer10k:
		return "For each 10,000"
	case indicators.Mean:
		return "Mean"
	case indicators.Days:
		return "Days"
	}
	return sentence(d.Counts)
}

// countHeadings are those of numerator and denominator; a count is its own
// numerator, so it has neither.
func countHeadings(d indicators.Definition) (numerator, denominator string) {
	if d.Unit == indicators.Count {
		return "", ""
	}
	return sentence(d.Counts), sentence(d.Of)
}
