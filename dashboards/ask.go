package dashboards

// Asking: a measure by two breakdowns, of a few members alone, for a period and those
// before it. The whole question stands in the address; its rights are the reader's.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators"
	"onevision/indicators/chart"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/ask", page: s.ask, may: access.ViewDashboards, menu: "Ask", place: 12},
			{method: http.MethodGet, path: "/ask.xlsx", page: s.askExcel, may: access.Export},
			{method: http.MethodGet, path: "/ask.csv", page: s.askCSV, may: access.Export},
			{method: http.MethodPost, path: "/ask/kept", page: s.keepQuestion, may: access.ViewDashboards},
			{method: http.MethodPost, path: "/ask/kept/:id/remove", page: s.removeQuestion, may: access.ViewDashboards},
		}
	}, askPage{})
}

type askPage struct {
	frame
	Problems      []formProblem
	Notice        string
	PublishedOnly bool // no crossing is shown to the viewer
	Measures      []optionGroup
	Picks         []pick // the rest of the form; none before there is a measure
	Months        []pick
	MonthsOpen    bool
	Question      string // in words: the heading of what is shown
	Meaning       string
	Notes         []string
	Chart         drawing
	Table         *crossTable
	Excel, CSV    string
	Measure       string // its page
	Query         string // what is kept
	Name          formField
	Kept          []keptQuestion
}

func (askPage) file() string { return "ask.html" }

// optionGroup are options under a name of their own.
type optionGroup struct {
	Name    string
	Options []option
}

// pick is one select of the form.
type pick struct {
	Name, Label string
	Groups      []optionGroup // a group without a name stands by itself
}

type keptQuestion struct{ Href, Name, Remove string }

func (s *site) ask(c echo.Context, v access.Viewer) error {
	p, _, err := s.asked(c, v)
	if err != nil {
		return err
	}
	code := http.StatusOK
	if len(p.Problems) > 0 {
		code = http.StatusBadRequest
	}
	p.frame = s.frame(c, v, titled(join(": ", "Ask", p.Question), len(p.Problems) > 0))
	p.Charts, p.Printed = p.Table != nil, when(s.Now())
	p.Notice = s.Sessions.PopFlash(c.Request().Context())
	return s.render(c, code, p)
}

// asked is the page of the question in the address, with its answer once there is a
// measure, and with its line in the audit.
func (s *site) asked(c echo.Context, v access.Viewer) (askPage, *indicators.Crossed, error) {
	q, err := queryOf(c, askKeys)
	if err != nil {
		return askPage{}, nil, err
	}
	p, answer, err := s.answered(c.Request().Context(), v, q)
	if err != nil || answer == nil {
		return p, nil, err
	}
	return p, answer, s.auditView(c, v, "crossing", crossingFields(*answer)...)
}

// answered is the page of a question.
func (s *site) answered(ctx context.Context, v access.Viewer, q query) (askPage, *indicators.Crossed, error) {
	var p askPage
	kept, err := s.Layouts.Questions(ctx, v)
	if err != nil {
		return p, nil, err
	}
	for _, k := range kept {
		p.Kept = append(p.Kept, keptQuestion{"/ask?" + k.Query, k.Name, fmt.Sprintf("/ask/kept/%d/remove", k.ID)})
	}
	p.Measures = measureGroups(s.Engine.List(v), q["indicator"])
	if !v.May(access.ExactFigures) {
		p.PublishedOnly = true
		return p, nil, nil
	}
	if q["indicator"] == "" {
		return p, nil, nil
	}
	d, ok := s.definition(v, q["indicator"])
	if !ok {
		return p, nil, indicators.ErrNotFound
	}
	kinds, err := s.Engine.CrossKinds(ctx, v, d.ID)
	if err != nil {
		return p, nil, fmt.Errorf("ask what %s is crossed by: %w", d.ID, err)
	}
	form := askForm{definition: d, kinds: kinds, query: q}
	form.forget()
	p.Picks, p.Months, p.MonthsOpen = form.picks(), form.months(), q["from"] != "" || q["to"] != ""
	p.Measure, p.Meaning = "/indicators/"+d.ID, d.Meaning
	newest, err := s.Engine.Ask(ctx, v, indicators.Question{Indicator: d.ID})
	if err != nil {
		return p, nil, fmt.Errorf("ask %s: %w", d.ID, err)
	}
	crossing, problems := form.crossing(newest.Current().Period)
	if p.Problems = problems; len(problems) > 0 {
		return p, nil, nil
	}
	answer, err := s.Engine.Cross(ctx, v, crossing)
	if err != nil {
		return p, nil, fmt.Errorf("cross %s: %w", d.ID, err)
	}
	p.show(answer, q)
	if !v.May(access.Export) {
		p.Excel, p.CSV = "", ""
	}
	return p, &answer, nil
}

// crossingFields are what the audit keeps of a crossing: measure, periods, breakdowns
// and members.
func crossingFields(a indicators.Crossed) []string {
	q := a.Asked()
	out := []string{q.Indicator}
	for _, by := range []string{q.Rows, q.Columns} {
		if by != "" {
			out = append(out, "by "+by)
		}
	}
	for _, o := range q.Only {
		out = append(out, "only "+o.Breakdown+" "+o.Member)
	}
	return append(out, q.Periods...)
}

// show puts the answer on the page.
func (p *askPage) show(a indicators.Crossed, q query) {
	d := a.Definition()
	p.Question = questionInWords(a)
	p.Query = strings.TrimPrefix(q.with(""), "?")
	p.Name = formField{Name: "name", Label: "Name to keep it under", Value: shorten(d.Title)}
	p.Excel, p.CSV = q.with("/ask.xlsx"), q.with("/ask.csv")
	t := crossTableOf(a)
	p.Notes = append(p.Notes, "Figures are exact: the rule for small numbers does not apply to you. Do not pass them on outside the service.")
	for i, period := range a.Periods() {
		if f := a.Figure(i, nil, nil); f.State == indicators.Incomplete {
			p.Notes = append(p.Notes, sentence(period.The())+" is not complete: "+f.Note+".")
		}
	}
	if t.cells() > mostCrossCells {
		p.Notes = append(p.Notes, fmt.Sprintf("These are %s figures, too many for a page: a file has them all. Choose other rows or columns, or fewer periods, to see them here.", grouped(t.cells())))
		return
	}
	p.Table = &t
	p.Chart = crossChart(a, p.Question)
}

// mostCrossCells is how many figures a page shows.
const mostCrossCells = 6000

func (s *site) keepQuestion(c echo.Context, v access.Viewer) error {
	name, text := strings.TrimSpace(c.FormValue("name")), c.FormValue("query")
	given, err := url.ParseQuery(text)
	if err != nil || len(text) > 2000 {
		return echo.ErrBadRequest
	}
	q := query{}
	for key, values := range given {
		if _, known := askKeys[key]; !known || len(values) != 1 {
			return echo.ErrBadRequest
		}
		q[key] = values[0]
	}
	if name == "" || len([]rune(name)) > layout.LongestName {
		s.Sessions.PutFlash(c.Request().Context(), fmt.Sprintf("Give the question a name of up to %d letters: it was not kept.", layout.LongestName))
		return c.Redirect(http.StatusSeeOther, q.with("/ask"))
	}
	switch err := s.Layouts.SaveQuestion(c.Request().Context(), v, name, strings.TrimPrefix(q.with(""), "?")); {
	case errors.Is(err, layout.ErrTooMany):
		s.Sessions.PutFlash(c.Request().Context(), fmt.Sprintf("You keep %d questions already: remove one first.", layout.MostQuestions))
	case err != nil:
		return err
	default:
		s.Sessions.PutFlash(c.Request().Context(), "The question is kept as “"+name+"”.")
	}
	return c.Redirect(http.StatusSeeOther, q.with("/ask"))
}

func (s *site) removeQuestion(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	if err := s.Layouts.RemoveQuestion(c.Request().Context(), v, id); err != nil {
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The question is removed.")
	return c.Redirect(http.StatusSeeOther, "/ask")
}

// crossChart draws a crossing as far as a chart can show one: bars by row, of up to
// three periods, or of up to three columns where there is one period.
func crossChart(a indicators.Crossed, label string) drawing {
	d, periods, rows, columns := a.Definition(), a.Periods(), a.Rows(), a.Columns()
	if len(rows) == 0 && len(periods) == 1 {
		return drawing{}
	}
	var names []string
	var groups []chart.Group
	note := ""
	first := max(0, len(periods)-chart.MostGroups)
	if len(rows) > chart.MostBars {
		rows, note = rows[:chart.MostBars], fmt.Sprintf(" The first %d of %d are drawn.", chart.MostBars, len(a.Rows()))
	}
	switch {
	case len(rows) == 0:
		g := chart.Group{Name: d.Title}
		for i, p := range periods {
			names, g.Figures = append(names, sentence(p.Name)), append(g.Figures, a.Figure(i, nil, nil))
		}
		groups = []chart.Group{g}
	case len(periods) == 1 && len(columns) > 0 && len(columns) <= chart.MostGroups:
		for _, column := range columns {
			g := chart.Group{Name: column.Text}
			for _, r := range rows {
				g.Figures = append(g.Figures, a.Figure(0, &r, &column))
			}
			groups = append(groups, g)
		}
	default:
		if len(columns) > 0 {
			note += " All columns together: the table has them apart."
		}
		for i := first; i < len(periods); i++ {
			g := chart.Group{Name: sentence(periods[i].Name)}
			for _, r := range rows {
				g.Figures = append(g.Figures, a.Figure(i, &r, nil))
			}
			groups = append(groups, g)
		}
		if first > 0 {
			note += fmt.Sprintf(" The newest %d periods.", chart.MostGroups)
		}
	}
	for _, r := range rows {
		names = append(names, r.Text)
	}
	return drawing{ID: "crossing", Title: label, Subtitle: subtitle(d, "", nil) + "." + note, Label: label + "." + note, Option: chart.Groups(d, names, groups, label), Tall: len(names) > tallest}
}
