package dashboards

// Who has looked at a child, for those who review access; and what one has looked at
// oneself, for everybody.

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Looks == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/access/looks", page: s.looksForm, may: access.ReviewAccess},
			{method: http.MethodPost, path: "/access/looks", page: s.looksAtChild, may: access.ReviewAccess},
			{method: http.MethodGet, path: "/account/looks", page: s.ownLooks},
		}
	}, looksPage{}, ownLooksPage{})
}

// Looks is the audit as people read it: *access.Looks.
type Looks interface {
	// AtChild returns access.ErrNoChild where it is not one child.
	AtChild(ctx context.Context, by access.Viewer, s access.Sought, before int64) (access.FoundChild, []access.Look, error)
	Own(ctx context.Context, v access.Viewer, before int64) ([]access.Look, error)
	During(ctx context.Context, by access.Viewer, broken, before int64) ([]access.Look, error)
}

type looksPage struct {
	frame
	Problems []formProblem
	Find     formField
	Born     formDate
	Asked    bool
	Facts    []pair
	Table    lookTable
	Child    string // the id, for the lines before
	Before   string // the id of the last line shown; "": there are no more
}

func (looksPage) file() string { return "looks.html" }

// lookTable is lines of the audit, as the template part "looks" writes them.
type lookTable struct {
	Caption string
	Who     bool // the lines are of several people
	Rows    []lookRow
}

type lookRow struct{ When, Who, What, Why string }

func lookRowOf(l access.Look) lookRow {
	row := lookRow{When: when(l.At), Who: l.Name, Why: l.Reason}
	if l.Kept {
		row.Why = "Told with the record only"
	}
	switch {
	case l.Name != "":
		row.Who += ", " + roleName(l.Role)
	case l.Actor == "anonymous":
		row.Who = "Somebody not signed in"
	default:
		row.Who = "OneVision, " + strings.TrimPrefix(l.Actor, "system:")
	}
	row.What = sentence(strings.ReplaceAll(l.Action, "-", " "))
	if l.Kind != "" {
		row.What += ": " + strings.ReplaceAll(l.Kind, "-", " ")
	}
	if len(l.Fields) > 0 {
		row.What += " (" + strings.ReplaceAll(strings.Join(l.Fields, ", "), "_", " ") + ")"
	}
	if l.Among > 1 {
		row.What += ", of " + grouped(l.Among) + " children"
	}
	return row
}

func lookTableOf(caption string, who bool, looks []access.Look) lookTable {
	t := lookTable{Caption: caption, Who: who}
	for _, l := range looks {
		t.Rows = append(t.Rows, lookRowOf(l))
	}
	return t
}

// beforeOf is the id of the line in an address before which lines are asked for; 0: the
// latest are.
func beforeOf(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, badQuery{Key: "before", Allowed: []string{"before"}}
	}
	return before, nil
}

// lastOf is the id of the last line, if there may be more.
func lastOf(looks []access.Look) string {
	if len(looks) < access.LooksAtOnce {
		return ""
	}
	return strconv.FormatInt(looks[len(looks)-1].ID, 10)
}

func (s *site) looksForm(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showLooks(c, v, http.StatusOK, looksPage{}, "", [3]string{})
}

func (s *site) showLooks(c echo.Context, v access.Viewer, code int, p looksPage, child string, born [3]string) error {
	p.Find, p.Born = childField(child), bornFields(born, "")
	for _, problem := range p.Problems {
		if problem.Field == "child" {
			p.Find.Error = problem.Text
		} else {
			p.Born.Error = problem.Text
		}
	}
	p.frame = s.frame(c, v, titled("Who has looked at a child", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) looksAtChild(c echo.Context, v access.Viewer) error {
	child := strings.TrimSpace(c.FormValue("child"))
	day, born, err := dayOrNone(c, "born")
	if err != nil {
		return s.showLooks(c, v, http.StatusUnprocessableEntity, looksPage{Problems: []formProblem{{"born-day", bornWrong}}}, child, born)
	}
	before, _ := strconv.ParseInt(c.FormValue("before"), 10, 64) // none: the latest
	found, looks, err := s.Looks.AtChild(c.Request().Context(), v, access.Sought{Text: child, Born: day}, before)
	if errors.Is(err, access.ErrNoChild) {
		return s.showLooks(c, v, http.StatusUnprocessableEntity, looksPage{Problems: []formProblem{{"child", sentence(err.Error())}}}, child, born)
	}
	if err != nil {
		return err
	}
	p := looksPage{Asked: true, Facts: []pair{{"Name", found.Name}, {"Date of birth", found.Born.Format("2 January 2006")}}, Child: found.Address, Before: lastOf(looks),
		Table: lookTableOf("Looks at the child and changes, the latest first", true, looks)}
	return s.showLooks(c, v, http.StatusOK, p, child, born)
}

type ownLooksPage struct {
	frame
	Table  lookTable
	Before string // address of the lines before
}

func (ownLooksPage) file() string { return "own-looks.html" }

func (s *site) ownLooks(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"before": nil})
	if err != nil {
		return err
	}
	before, err := beforeOf(q["before"])
	if err != nil {
		return err
	}
	looks, err := s.Looks.Own(c.Request().Context(), v, before)
	if err != nil {
		return err
	}
	p := ownLooksPage{frame: s.frame(c, v, "What you have looked at"), Table: lookTableOf("What you looked at and did, the latest first", false, looks)}
	if last := lastOf(looks); last != "" {
		p.Before = "/account/looks?before=" + last
	}
	return s.render(c, http.StatusOK, p)
}
