package dashboards

// The viewer's dashboard on paper: two measures on a sheet, charts drawn by the server,
// tables open, and on each sheet its marking and who printed it when.

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/chart"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/print", page: s.print, may: access.ViewDashboards, within: "/"}}
	}, printPage{})
}

// On a sheet of A4 two measures are readable; of a longer dashboard the first are printed.
const onSheet, mostPrinted = 2, 24

type printPage struct {
	frame
	Sheets []printSheet
}

func (printPage) file() string { return "print.html" }

type printSheet struct {
	Measures []printMeasure
	Number   int
	Of       int
}

// printMeasure is a measure on paper: its card in words, its trend, and the table of it.
type printMeasure struct {
	ID       string
	Title    string
	Status   status
	Headline string
	Facts    string
	Notes    []string
	Chart    paperChart
	Numbers  numbers
}

func (s *site) print(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	answers, err := s.answers(c, v)
	if err != nil {
		return err
	}
	chosen, err := s.chosen(c, v)
	if err != nil {
		return err
	}
	acts, err := s.acts(c, v)
	if err != nil {
		return err
	}
	var all []printMeasure
	var ids []string
	for _, one := range chosen.Cards[:min(len(chosen.Cards), mostPrinted)] {
		a, ok, err := s.cardAnswer(c, v, one, answers)
		if err != nil {
			return err
		}
		if ok {
			all = append(all, printMeasureOf(s.withActs(pinnedCard(a, one), a, acts), a))
			ids = append(ids, one.Key())
		}
	}
	if err := s.auditView(c, v, "dashboard", ids...); err != nil {
		return err
	}
	p := printPage{frame: s.frame(c, v, "Dashboard on paper")}
	p.Printed = when(s.Now())
	p.Sheets = sheetsOf(all)
	return s.render(c, http.StatusOK, p)
}

func sheetsOf(all []printMeasure) []printSheet {
	var out []printSheet
	for some := range slices.Chunk(all, onSheet) {
		out = append(out, printSheet{Measures: some, Number: len(out) + 1, Of: (len(all) + onSheet - 1) / onSheet})
	}
	return out
}

func printMeasureOf(c card, a indicators.Answer) printMeasure {
	m := printMeasure{ID: "print-" + strings.TrimPrefix(c.ID, "card-"), Title: c.Title, Status: c.Status, Headline: chart.Sentence(a), Notes: c.Notes, Chart: paperChartOf(a), Numbers: numbersOf(a, nil)}
	for _, f := range c.Facts {
		m.Facts = join(" ", m.Facts, f.Name+": "+f.Text+after(", ", strings.TrimSuffix(f.Note, "."))+".")
	}
	return m
}
