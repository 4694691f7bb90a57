package dashboards

// The page of leave: one's own, and everybody's for who keeps accounts.

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Responsibilities == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/leave", page: s.leave, within: "/alerts"},
			{method: http.MethodPost, path: "/leave", page: s.takeLeave},
			{method: http.MethodPost, path: "/leave/:id/end", page: s.endLeave},
		}
	}, leavePage{})
}

type leavePage struct {
	frame
	Notice   string
	Problems []formProblem
	All      bool // everybody's
	Rows     []leaveRow
	Dates    []formDate
}

func (leavePage) file() string { return "leave.html" }

type leaveRow struct{ Who, From, Back, End string }

func (s *site) leave(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	day := s.today()
	from := dateFields("from", "First day away", "", fmt.Sprint(day.Day()), fmt.Sprint(int(day.Month())), fmt.Sprint(day.Year()))
	back := dateFields("back", "First day back", "", "", "", fmt.Sprint(day.Year()))
	return s.showLeave(c, v, http.StatusOK, leavePage{Notice: s.Sessions.PopFlash(c.Request().Context()), Dates: []formDate{from, back}})
}

func (s *site) showLeave(c echo.Context, v access.Viewer, code int, p leavePage) error {
	list, err := s.Responsibilities.Leaves(c.Request().Context(), v, s.today())
	if err != nil {
		return err
	}
	p.All = v.May(access.ManageAccounts)
	for _, l := range list {
		p.Rows = append(p.Rows, leaveRow{l.Name, l.From.Format("2 January 2006"), l.To.Format("2 January 2006"), fmt.Sprintf("/leave/%d/end", l.ID)})
	}
	p.frame = s.frame(c, v, titled("Leave", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) takeLeave(c echo.Context, v access.Viewer) error {
	var p leavePage
	day := func(name, label string) time.Time {
		parts := []string{c.FormValue(name + "-day"), c.FormValue(name + "-month"), c.FormValue(name + "-year")}
		at, err := formDay(parts[0], parts[1], parts[2])
		said := ""
		if err != nil {
			said = label + " must be a real date, such as 27 3 2027"
			p.Problems = append(p.Problems, formProblem{name + "-day", said})
		}
		p.Dates = append(p.Dates, dateFields(name, label, said, parts[0], parts[1], parts[2]))
		return at
	}
	from, back := day("from", "First day away"), day("back", "First day back")
	if len(p.Problems) == 0 && !back.After(from) {
		p.Dates[1].Error = "The first day back must be after the first day away"
		p.Problems = []formProblem{{"back-day", p.Dates[1].Error}}
	}
	if len(p.Problems) > 0 {
		return s.showLeave(c, v, http.StatusUnprocessableEntity, p)
	}
	if err := s.Responsibilities.TakeLeave(c.Request().Context(), v, v.Account(), from, back); err != nil {
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "Your leave is noted. Those who answer with you are told of alerts instead.")
	return c.Redirect(http.StatusSeeOther, "/leave")
}

func (s *site) endLeave(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	err = s.Responsibilities.EndLeave(c.Request().Context(), v, id, s.today())
	if errors.Is(err, access.ErrNoLeave) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The leave has ended.")
	return c.Redirect(http.StatusSeeOther, "/leave")
}
