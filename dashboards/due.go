package dashboards

// What is due by statutory clock: of the children that the viewer works with, by
// name; and the clocks themselves, which an administrator may change from a day on.

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
)

func init() {
	register(func(s *site) []route {
		if s.Children == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/due", page: s.due, may: access.MaintainRecords, menu: "Due", place: 6},
			{method: http.MethodGet, path: "/clocks", page: s.clocks},
			{method: http.MethodPost, path: "/clocks", page: s.setClock},
		}
	}, duePage{}, clocksPage{})
}

type duePage struct {
	frame
	Lead  string
	Parts []duePart
}

func (duePage) file() string { return "due.html" }

type duePart struct {
	ID, Title string
	Rows      []dueRow
}

type dueRow struct {
	Href, Name, What, Day, Late, Note, Worker, Team string
	Overdue                                         bool
}

// dueWords says how late something is, or how long there is.
func dueWords(d records.Due) string {
	switch {
	case d.Overdue > 0:
		return count(d.Overdue, "day", "days") + " overdue"
	case d.Overdue == 0:
		return "due today"
	}
	return "due in " + count(-d.Overdue, "day", "days")
}

func dueRowOf(d records.Due) dueRow {
	row := dueRow{What: d.Title, Day: dayWords(d.On), Late: sentence(dueWords(d)), Overdue: d.Overdue > 0,
		Note: fmt.Sprintf("within %s of %s", d.Within, dayWords(d.Started))}
	if d.Unsure {
		row.Note += "; bank holidays of a year on the way are not recorded, so the day may be later"
	}
	return row
}

func (s *site) due(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	list, err := s.Children.Due(c.Request().Context(), v)
	none := errors.Is(err, records.ErrNotFound) // no record that the viewer reads has a clock
	if err != nil && !none {
		return fmt.Errorf("list what is due: %w", err)
	}
	p := duePage{frame: s.frame(c, v, "Due")}
	own, team := duePart{ID: "own", Title: "Your own"}, duePart{ID: "others", Title: "Your team’s and service’s"}
	late := 0
	for _, d := range list {
		row := dueRowOf(d.Due)
		row.Href, row.Name, row.Worker, row.Team = "/children/"+d.Child.ID, "No name recorded", d.Worker, d.Team
		if len(d.Names) > 0 {
			row.Name = d.Names[0]
		}
		if row.Overdue {
			late++
		}
		part := &team
		if d.Own {
			part = &own
		}
		part.Rows = append(part.Rows, row)
	}
	p.Lead = fmt.Sprintf("%s overdue, %s due within four weeks, by statutory clock.", sentence(count(late, "thing is", "things are")), count(len(list)-late, "is", "are"))
	switch {
	case none:
		p.Lead = "None of the records that you read has a statutory clock."
	case len(list) == 0:
		p.Lead = "Nothing is overdue or due within four weeks for the children that you work with."
	}
	for _, part := range []duePart{own, team} {
		if len(part.Rows) > mostDueRows {
			part.Title += fmt.Sprintf(": the first %d of %s", mostDueRows, grouped(len(part.Rows)))
			part.Rows = part.Rows[:mostDueRows]
		}
		if len(part.Rows) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	p.Printed = when(s.Now())
	return s.render(c, http.StatusOK, p)
}

// mostDueRows is how many rows of a part the page shows.
const mostDueRows = 80

type clocksPage struct {
	frame
	Problems []formProblem
	Notice   string
	Rows     []clockRow
	Edit     bool
	Fields   []formField
}

func (clocksPage) file() string { return "clocks.html" }

type clockRow struct{ Title, Length, From, Source string }

func (s *site) clocks(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showClocks(c, v, http.StatusOK, clocksPage{Notice: s.Sessions.PopFlash(c.Request().Context())}, nil, records.ClockLength{}, "", "")
}

func (s *site) showClocks(c echo.Context, v access.Viewer, code int, p clocksPage, problems []records.Problem, given records.ClockLength, length, from string) error {
	all, err := s.Children.Clocks(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("read the statutory clocks: %w", err)
	}
	p.Edit = v.Writes(access.Organisation)
	var options []option
	for _, l := range all {
		p.Rows = append(p.Rows, clockRow{l.Title, l.Words(), dayWords(l.From), l.Source})
		if len(options) == 0 || options[len(options)-1].Value != l.Code {
			options = append(options, option{Value: l.Code, Text: l.Title})
		}
	}
	p.Fields = []formField{
		choose("code", "What is due", "", given.Code, options...),
		{Name: "length", Label: "Length", Hint: "In the clock’s own unit: working days, days or months.", Value: length, Short: true},
		{Name: "from_date", Label: "From", Hint: "Clocks that start on this day or later have the new length, for example 2026-09-01.", Value: from},
		{Name: "source", Label: "Who decided it", Hint: "A regulation, or a policy of the authority.", Value: given.Source},
	}
	for _, problem := range problems {
		p.Problems = append(p.Problems, wrong(p.Fields, problem.Field, sentence(problem.Message))...)
	}
	p.frame = s.frame(c, v, titled("Statutory clocks", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) setClock(c echo.Context, v access.Viewer) error {
	l := records.ClockLength{Code: c.FormValue("code"), Source: c.FormValue("source")}
	length, from := strings.TrimSpace(c.FormValue("length")), strings.TrimSpace(c.FormValue("from_date"))
	l.Length, _ = strconv.Atoi(length) // 0 is out of its range
	l.From, _ = records.ParseDate(from)
	err := s.Children.SetClock(c.Request().Context(), v, l)
	var invalid *records.Invalid
	switch {
	case errors.Is(err, records.ErrNotFound):
		return echo.ErrNotFound
	case errors.As(err, &invalid):
		return s.showClocks(c, v, http.StatusUnprocessableEntity, clocksPage{}, invalid.Problems, l, length, from)
	case err != nil:
		return fmt.Errorf("change a statutory clock: %w", err)
	}
	s.Sessions.PutFlash(c.Request().Context(), "The clock has its new length.")
	return c.Redirect(http.StatusSeeOther, "/clocks")
}
