package dashboards

// The page of responsibilities: who answers for which school, team or the whole
// authority, and so is mailed when an alert opens.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		if s.Responsibilities == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/responsibilities", page: s.responsibilities, may: access.ManageAccounts, menu: "Responsibilities", place: 60},
			{method: http.MethodPost, path: "/responsibilities", page: s.addResponsibility, may: access.ManageAccounts},
			{method: http.MethodPost, path: "/responsibilities/:id/end", page: s.endResponsibility, may: access.ManageAccounts},
		}
	}, responsibilitiesPage{})
}

// Responsibilities is who answers for what: access.Responsibilities is.
type Responsibilities interface {
	List(ctx context.Context, by access.Viewer, day time.Time) ([]access.Held, error)
	// AssignNamed returns *access.Unclear for what is wrong with a field.
	AssignNamed(ctx context.Context, by access.Viewer, n access.NamedResponsibility) (added bool, err error)
	End(ctx context.Context, by access.Viewer, id int64, to time.Time) error
	// Of is what an account answers for on a day, and On who answers for what.
	Of(ctx context.Context, account int64, day time.Time) ([]access.Responsibility, error)
	On(ctx context.Context, day time.Time) (access.Roster, error)
	// Leaves are those that the viewer may see, and TakeLeave notes one.
	Leaves(ctx context.Context, by access.Viewer, day time.Time) ([]access.Leave, error)
	TakeLeave(ctx context.Context, by access.Viewer, account int64, from, to time.Time) error
	EndLeave(ctx context.Context, by access.Viewer, id int64, back time.Time) error
}

type responsibilitiesPage struct {
	frame
	Notice         string
	Problems       []formProblem
	Rows           []responsibilityRow
	Fields         []textField
	Deputy, Member bool // is chosen
}

func (responsibilitiesPage) file() string { return "responsibilities.html" }

type responsibilityRow struct {
	For, Who, Part, From, To string
	Note                     string // "on leave", "has no email address"
	End                      string // where its ending is sent; "" before it has begun
}

// textField is a field of the form as it was filled in, and what is wrong with it.
type textField struct {
	Name, Label, Hint, Value, Error string
}

func (s *site) today() time.Time { return s.Now().In(indicators.London()) }

func (s *site) responsibilities(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	p := responsibilitiesPage{Notice: s.Sessions.PopFlash(c.Request().Context())}
	return s.showResponsibilities(c, v, http.StatusOK, p, access.NamedResponsibility{From: s.today().Format(time.DateOnly)}, nil)
}

// showResponsibilities shows the list and the form, as it was filled in.
func (s *site) showResponsibilities(c echo.Context, v access.Viewer, code int, p responsibilitiesPage, given access.NamedResponsibility, wrong *access.Unclear) error {
	held, err := s.Responsibilities.List(c.Request().Context(), v, s.today())
	if err != nil {
		return fmt.Errorf("list responsibilities: %w", err)
	}
	for _, h := range held {
		p.Rows = append(p.Rows, responsibilityRowOf(h, s.today()))
	}
	p.Fields = []textField{
		{Name: "username", Label: "Username of the person", Value: given.Username},
		{Name: "answers_for", Label: "What they answer for", Hint: "Write authority, or school and its LAESTAB (school 8731234), or team and its name (team North).", Value: given.AnswersFor},
		{Name: "from", Label: "First day", Hint: "For example, 2026-09-01", Value: given.From},
		{Name: "to", Label: "First day after the last (optional)", Hint: "Leave it empty until further notice.", Value: given.To},
	}
	p.Deputy, p.Member = given.Part == string(access.Deputy), given.Part == string(access.Member)
	if wrong != nil {
		p.Problems = []formProblem{{wrong.Field, sentence(wrong.Message)}}
		for i := range p.Fields {
			if p.Fields[i].Name == wrong.Field {
				p.Fields[i].Error = sentence(wrong.Message)
			}
		}
	}
	p.frame = s.frame(c, v, titled("Responsibilities", wrong != nil))
	return s.render(c, code, p)
}

func responsibilityRowOf(h access.Held, today time.Time) responsibilityRow {
	r := responsibilityRow{For: "The whole authority", Who: h.Name, Part: sentence(string(h.Part)), From: h.From.Format("2 January 2006"), To: "Further notice"}
	if h.Subject != access.WholeAuthority {
		r.For = h.MemberName
	}
	if !h.To.IsZero() {
		r.To = "Until " + h.To.AddDate(0, 0, -1).Format("2 January 2006")
	}
	var notes []string
	if h.OnLeave {
		notes = append(notes, "on leave")
	}
	if h.Email == "" {
		notes = append(notes, "has no email address, so cannot be told")
	}
	r.Note = strings.Join(notes, "; ")
	if h.From.Format(time.DateOnly) < today.Format(time.DateOnly) {
		r.End = "/responsibilities/" + strconv.FormatInt(h.ID, 10) + "/end"
	}
	return r
}

func (s *site) addResponsibility(c echo.Context, v access.Viewer) error {
	given := access.NamedResponsibility{Username: c.FormValue("username"), AnswersFor: c.FormValue("answers_for"), Part: c.FormValue("part"), From: c.FormValue("from"), To: c.FormValue("to")}
	added, err := s.Responsibilities.AssignNamed(c.Request().Context(), v, given)
	var wrong *access.Unclear
	if errors.As(err, &wrong) {
		return s.showResponsibilities(c, v, http.StatusUnprocessableEntity, responsibilitiesPage{}, given, wrong)
	}
	if err != nil {
		return fmt.Errorf("add a responsibility: %w", err)
	}
	said := "The responsibility was added."
	if !added {
		said = "That responsibility was there already."
	}
	s.Sessions.PutFlash(c.Request().Context(), said)
	return c.Redirect(http.StatusSeeOther, "/responsibilities")
}

// endResponsibility ends one today: from today on it does not hold.
func (s *site) endResponsibility(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	err = s.Responsibilities.End(c.Request().Context(), v, id, s.today())
	if errors.Is(err, access.ErrNoResponsibility) {
		return echo.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("end a responsibility: %w", err)
	}
	s.Sessions.PutFlash(c.Request().Context(), "The responsibility has ended.")
	return c.Redirect(http.StatusSeeOther, "/responsibilities")
}
