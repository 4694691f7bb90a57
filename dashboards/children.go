package dashboards

// Finding a child. What is looked for is sent in the body of a form, because
// addresses stand in logs; a child's own address holds a random id.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
			{method: http.MethodGet, path: "/children", page: s.children, may: access.MaintainRecords, menu: "Children", place: 5},
			{method: http.MethodPost, path: "/children", page: s.findChildren, may: access.MaintainRecords},
			{method: http.MethodGet, path: "/children/:id", page: s.child, may: access.MaintainRecords},
		}
	}, childrenPage{}, childPage{})
}

// Children are the records of children: *records.Store is.
type Children interface {
	// Search returns *records.Invalid for what cannot be looked for.
	Search(ctx context.Context, v access.Viewer, text string) ([]records.Found, error)
	// ChildPage returns records.ErrNotFound for a child that the viewer does not see.
	ChildPage(ctx context.Context, v access.Viewer, id string) (records.ChildPage, error)
	// Due is what is due of the viewer's children; records.ErrNotFound for a viewer of
	// whose records none has a clock.
	Due(ctx context.Context, v access.Viewer) ([]records.DueChild, error)
	// TeamsDue counts what is due in those teams that the viewer answers for.
	TeamsDue(ctx context.Context, v access.Viewer, teams []int64) ([]records.TeamDue, error)
	Clocks(ctx context.Context, v access.Viewer) ([]records.ClockLength, error)
	SetClock(ctx context.Context, v access.Viewer, l records.ClockLength) error
	// ListChildren returns *records.Invalid without a reason.
	ListChildren(ctx context.Context, v access.Viewer, asked records.ListAsked) (records.ChildList, error)
}

type childrenPage struct {
	frame
	Problems []formProblem
	Text     textField
	Asked    bool
	Found    []foundChild
	More     bool // there may be more than are shown
	MayBreak bool // the viewer may break the glass
}

func (childrenPage) file() string { return "children.html" }

type foundChild struct{ Href, Name, Others, Born, Matched string }

const mostFoundChildren = 50

func (s *site) children(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showChildren(c, v, http.StatusOK, childrenPage{})
}

func (s *site) showChildren(c echo.Context, v access.Viewer, code int, p childrenPage) error {
	if !v.Reads(access.Identity) {
		return echo.ErrNotFound
	}
	p.Text.Name, p.Text.Label = "text", "Name or number"
	p.Text.Hint = "A name, as it sounds or as it used to be; a date of birth, such as 3/5/2012; a UPN or NHS number. Or several of these."
	if v.Withheld("child", "date_of_birth") {
		p.Text.Hint = "A name, as it sounds or as it used to be."
	}
	if p.Text.Error != "" {
		p.Problems = []formProblem{{p.Text.Name, p.Text.Error}}
	}
	p.MayBreak = s.Glass != nil && v.May(access.BreakGlass)
	p.frame = s.frame(c, v, titled("Find a child", p.Text.Error != ""))
	return s.render(c, code, p)
}

func (s *site) findChildren(c echo.Context, v access.Viewer) error {
	text := strings.TrimSpace(c.FormValue("text"))
	p := childrenPage{Text: textField{Value: text}, Asked: true}
	if text == "" {
		p.Text.Error = "Enter a name or a number"
		return s.showChildren(c, v, http.StatusUnprocessableEntity, p)
	}
	found, err := s.Children.Search(c.Request().Context(), v, text)
	var invalid *records.Invalid
	switch {
	case errors.Is(err, records.ErrNotFound):
		return echo.ErrNotFound
	case errors.As(err, &invalid):
		p.Text.Error = sentence(invalid.Problems[0].Message)
		return s.showChildren(c, v, http.StatusUnprocessableEntity, p)
	case err != nil:
		return fmt.Errorf("search for a child: %w", err)
	}
	if len(found) == 1 && found[0].Score >= 0.9 {
		return c.Redirect(http.StatusSeeOther, "/children/"+found[0].Child.ID)
	}
	p.More = len(found) >= mostFoundChildren
	for _, f := range found {
		p.Found = append(p.Found, foundOf(f))
	}
	return s.showChildren(c, v, http.StatusOK, p)
}

func foundOf(f records.Found) foundChild {
	line := foundChild{Href: "/children/" + f.Child.ID, Name: "No name recorded", Born: born(f.Child)}
	if len(f.Names) > 0 {
		line.Name, line.Others = f.Names[0], strings.Join(f.Names[1:], ", ")
	}
	line.Matched = map[string]string{"upn": "UPN", "nhs-number": "NHS number", "identifier": "another system’s number", "name": "name", "date-of-birth": "date of birth", "school": "school"}[f.Matched]
	if f.Score < 0.9 && f.Matched == "name" {
		line.Matched = "a name like it"
	}
	return line
}

// born is a child's day of birth in words, "" where it is kept from the viewer.
func born(c *records.Child) string {
	switch {
	case !c.DateOfBirth.IsZero():
		return dayWords(c.DateOfBirth)
	case !c.ExpectedDate.IsZero():
		return "expected " + dayWords(c.ExpectedDate)
	}
	return ""
}

func dayWords(d records.Date) string { return d.Time().Format("2 January 2006") }
