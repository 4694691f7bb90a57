package dashboards

// The pages of rows that wait: rows of files that match no child, school or
// enrolment, for those who may write what they hold.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
	"onevision/records"
	"onevision/records/intake"
)

func init() {
	register(func(s *site) []route {
		if s.Waiting == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/imports/waiting", page: s.waiting, may: access.MaintainRecords, menu: "Waiting rows", place: 40},
			{method: http.MethodGet, path: "/imports/waiting/:id", page: s.waitingRow, may: access.MaintainRecords},
			{method: http.MethodPost, path: "/imports/waiting/:id/apply", page: s.applyWaiting, may: access.MaintainRecords},
			{method: http.MethodPost, path: "/imports/waiting/:id/discard", page: s.discardWaiting, may: access.MaintainRecords},
		}
	}, waitingPage{}, waitingRowPage{})
}

// Waiting is the rows of files that wait: *intake.Importer is.
type Waiting interface {
	Waiting(ctx context.Context, v access.Viewer, after int64, limit int) ([]intake.Waiting, error)
	WaitingRow(ctx context.Context, v access.Viewer, id int64) (intake.Waiting, error)
	Apply(ctx context.Context, v access.Viewer, id int64, corrected map[string]string, why string) (records.Result, *intake.Problem, error)
	Discard(ctx context.Context, v access.Viewer, ids []int64, why string) error
	Candidates(ctx context.Context, v access.Viewer, w intake.Waiting) ([]intake.Candidate, error)
}

// waitingShown is how many rows a page lists.
const waitingShown = 50

type waitingPage struct {
	frame
	Notice string
	Rows   []waitingLine
	Next   string // address of those after, "" at the end
}

func (waitingPage) file() string { return "waiting.html" }

type waitingLine struct {
	Href, File, Line, Since, Reason string
}

// waitingRowPage is one row, with a form for each decision.
type waitingRowPage struct {
	frame
	Problems   []formProblem
	File, Line string
	Reason     string
	Columns    []textField
	Why        textField // to apply
	Discard    textField // why it is discarded
	To         string    // address of the decisions
	Alone      bool      // it can go in without the others of its file
	Candidates []waitingCandidate
}

// waitingCandidate is a child whom the row may be about, beside the row.
type waitingCandidate struct {
	Name, Href, Score string
	Fill              string // address of the form with the child's numbers, "" if they are there
	Beside            []intake.Beside
}

func (waitingRowPage) file() string { return "waiting_row.html" }

func (s *site) waiting(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"after": nil})
	if err != nil {
		return err
	}
	var after int64
	if q["after"] != "" {
		if after, err = strconv.ParseInt(q["after"], 10, 64); err != nil {
			return badQuery{Key: "after", Allowed: []string{"after: a number"}}
		}
	}
	list, err := s.Waiting.Waiting(c.Request().Context(), v, after, waitingShown+1)
	if err != nil {
		return fmt.Errorf("list waiting rows: %w", err)
	}
	p := waitingPage{frame: s.frame(c, v, "Waiting rows"), Notice: s.Sessions.PopFlash(c.Request().Context())}
	if len(list) > waitingShown {
		list = list[:waitingShown]
		p.Next = "/imports/waiting?after=" + strconv.FormatInt(list[waitingShown-1].ID, 10)
	}
	for _, w := range list {
		p.Rows = append(p.Rows, waitingLine{Href: waitingAddress(w.ID), File: w.Name, Line: strconv.FormatInt(w.Line, 10), Since: w.Created.In(indicators.London()).Format("2 January 2006"), Reason: sentence(w.Reason)})
	}
	return s.render(c, http.StatusOK, p)
}

func waitingAddress(id int64) string { return "/imports/waiting/" + strconv.FormatInt(id, 10) }

// waitingOf is the row that the address names; what the viewer may not see is
// not there.
func (s *site) waitingOf(c echo.Context, v access.Viewer) (intake.Waiting, error) {
	id, err := idIn(c, "id")
	if err != nil {
		return intake.Waiting{}, err
	}
	w, err := s.Waiting.WaitingRow(c.Request().Context(), v, id)
	if errors.Is(err, intake.ErrNotWaiting) {
		return intake.Waiting{}, echo.ErrNotFound
	}
	return w, err
}

func (s *site) waitingRow(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"as": nil})
	if err != nil {
		return err
	}
	w, err := s.waitingOf(c, v)
	if err != nil {
		return err
	}
	p := waitingRowPage{}
	candidates, err := s.Waiting.Candidates(c.Request().Context(), v, w)
	if err != nil {
		return fmt.Errorf("look whom a waiting row may be about: %w", err)
	}
	found, row := q["as"] == "", w.Row
	for _, one := range candidates {
		shown := waitingCandidate{Name: "No name recorded", Href: "/children/" + one.Child.ID, Score: strconv.Itoa(one.Score) + " of 100", Beside: one.Beside}
		if len(one.Names) > 0 {
			shown.Name = one.Names[0]
		}
		filled := w.Fill(one)
		if w.Alone() && !maps.Equal(filled, w.Row) {
			shown.Fill = waitingAddress(w.ID) + "?as=" + one.Child.ID
		}
		p.Candidates = append(p.Candidates, shown)
		if one.Child.ID == q["as"] {
			found, row = true, filled
		}
	}
	if !found {
		return echo.ErrNotFound
	}
	w.Row = row
	return s.showWaiting(c, v, http.StatusOK, w, p)
}

func (s *site) showWaiting(c echo.Context, v access.Viewer, code int, w intake.Waiting, p waitingRowPage) error {
	title := "A row that waits"
	p.File, p.Line, p.Reason, p.To, p.Alone = w.Name, strconv.FormatInt(w.Line, 10), sentence(w.Reason), waitingAddress(w.ID), w.Alone()
	p.Why.Name, p.Why.Label, p.Why.Hint = "why", "Reason", "Why these values are right. It is kept in the audit."
	p.Discard.Name, p.Discard.Label, p.Discard.Hint = "why-discard", "Reason", "Why this row is not to go in. It is kept in the audit."
	for _, column := range w.Columns() {
		p.Columns = append(p.Columns, textField{Name: "column-" + column, Label: column, Value: w.Row[column]})
	}
	for _, f := range append(p.Columns, p.Why, p.Discard) {
		if f.Error != "" {
			p.Problems = append(p.Problems, formProblem{f.Name, f.Error})
		}
	}
	p.frame = s.frame(c, v, titled(title, len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) applyWaiting(c echo.Context, v access.Viewer) error {
	w, err := s.waitingOf(c, v)
	if err != nil {
		return err
	}
	corrected := map[string]string{}
	for _, column := range w.Columns() {
		corrected[column] = strings.TrimSpace(c.FormValue("column-" + column))
	}
	why := c.FormValue("why")
	result, problem, err := s.Waiting.Apply(c.Request().Context(), v, w.ID, corrected, why)
	p := waitingRowPage{Why: textField{Value: why}}
	w.Row = corrected // what was typed stays
	switch {
	case errors.Is(err, intake.ErrNoReason):
		p.Why.Error = "Give the reason"
		return s.showWaiting(c, v, http.StatusUnprocessableEntity, w, p)
	case errors.Is(err, intake.ErrNotWaiting):
		return echo.ErrNotFound
	case errors.Is(err, intake.ErrNotAlone):
		p.Problems = []formProblem{{"", sentence(err.Error())}}
		return s.showWaiting(c, v, http.StatusUnprocessableEntity, w, p)
	case err != nil:
		return fmt.Errorf("apply a waiting row: %w", err)
	case problem != nil && result != records.KeptBack:
		said := formProblem{"", "It goes on waiting: " + strings.TrimSpace(problem.Column+" "+problem.Reason)}
		if problem.Column != "" {
			said.Field = "column-" + problem.Column
		}
		p.Problems = []formProblem{said}
		return s.showWaiting(c, v, http.StatusUnprocessableEntity, w, p)
	}
	s.Sessions.PutFlash(c.Request().Context(), "Line "+strconv.FormatInt(w.Line, 10)+" of "+w.Name+" waits no longer: "+result.String()+".")
	return c.Redirect(http.StatusSeeOther, "/imports/waiting")
}

func (s *site) discardWaiting(c echo.Context, v access.Viewer) error {
	w, err := s.waitingOf(c, v)
	if err != nil {
		return err
	}
	err = s.Waiting.Discard(c.Request().Context(), v, []int64{w.ID}, c.FormValue("why-discard"))
	switch {
	case errors.Is(err, intake.ErrNoReason):
		return s.showWaiting(c, v, http.StatusUnprocessableEntity, w, waitingRowPage{Discard: textField{Error: "Give the reason"}})
	case errors.Is(err, intake.ErrNotWaiting):
		return echo.ErrNotFound
	case err != nil:
		return fmt.Errorf("discard a waiting row: %w", err)
	}
	s.Sessions.PutFlash(c.Request().Context(), "Line "+strconv.FormatInt(w.Line, 10)+" of "+w.Name+" was discarded.")
	return c.Redirect(http.StatusSeeOther, "/imports/waiting")
}
