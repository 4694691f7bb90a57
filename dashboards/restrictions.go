package dashboards

// The pages of restricted records: find a child, restrict them, end it.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		if s.Restrictions == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/access/restrictions", page: s.restrictions, may: access.RestrictRecords},
			{method: http.MethodPost, path: "/access/restrictions/find", page: s.findToRestrict, may: access.RestrictRecords},
			{method: http.MethodPost, path: "/access/restrictions", page: s.restrict, may: access.RestrictRecords},
			{method: http.MethodPost, path: "/access/restrictions/:id/end", page: s.endRestriction, may: access.RestrictRecords},
		}
	}, restrictionsPage{}, restrictPage{})
}

// Restrictions are the children who exist for a named few: *access.Restrictions.
type Restrictions interface {
	// Find returns access.ErrNoChild where it is not one child.
	Find(ctx context.Context, by access.Viewer, s access.Sought) (access.FoundChild, error)
	// Restrict returns *access.Unclear for what is wrong with a field.
	Restrict(ctx context.Context, by access.Viewer, n access.NewRestriction) (int64, error)
	List(ctx context.Context, by access.Viewer) ([]access.Restriction, error)
	End(ctx context.Context, by access.Viewer, id int64) error
}

type restrictionsPage struct {
	frame
	Notice   string
	Problems []formProblem
	Find     formField
	Born     formDate
	Rows     []restrictionRow
}

func (restrictionsPage) file() string { return "restrictions.html" }

type restrictionRow struct{ Child, Class, Reason, From, To, Named, By, End string }

func (s *site) restrictions(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showRestrictions(c, v, http.StatusOK, "", [3]string{}, "", "")
}

func (s *site) showRestrictions(c echo.Context, v access.Viewer, code int, child string, born [3]string, bornError, childError string) error {
	list, err := s.Restrictions.List(c.Request().Context(), v)
	if err != nil {
		return err
	}
	p := restrictionsPage{Notice: s.Sessions.PopFlash(c.Request().Context()), Find: childField(child), Born: bornFields(born, bornError)}
	p.Find.Error = childError
	if bornError != "" {
		p.Problems = append(p.Problems, formProblem{"born-day", bornError})
	}
	if childError != "" {
		p.Problems = append(p.Problems, formProblem{"child", childError})
	}
	for _, r := range list {
		row := restrictionRow{Child: r.Child, Class: className(r.Class), Reason: r.Reason, From: when(r.From), To: "Further notice", Named: strings.Join(r.Named, ", "), By: r.By,
			End: fmt.Sprintf("/access/restrictions/%d/end", r.ID)}
		if !r.To.IsZero() {
			row.To = when(r.To)
		}
		if row.By == "" {
			row.By = "an operator"
		}
		p.Rows = append(p.Rows, row)
	}
	p.frame = s.frame(c, v, titled("Restricted records", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func className(class access.RestrictionClass) string {
	switch class {
	case access.Confidential:
		return "Confidential whereabouts"
	case access.StaffFamily:
		return "Family of somebody who works here"
	}
	return sentence(string(class))
}

// findToRestrict shows whom it is about before they are restricted. It is a POST, so
// that neither name nor number stands in an address.
func (s *site) findToRestrict(c echo.Context, v access.Viewer) error {
	child := strings.TrimSpace(c.FormValue("child"))
	day, born, err := dayOrNone(c, "born")
	if err != nil {
		return s.showRestrictions(c, v, http.StatusUnprocessableEntity, child, born, bornWrong, "")
	}
	found, err := s.Restrictions.Find(c.Request().Context(), v, access.Sought{Text: child, Born: day})
	if errors.Is(err, access.ErrNoChild) {
		return s.showRestrictions(c, v, http.StatusUnprocessableEntity, child, born, "", sentence(access.ErrNoChild.Error()))
	}
	if err != nil {
		return err
	}
	return s.showRestrict(c, v, http.StatusOK, found, restrictForm{}, nil)
}

type restrictPage struct {
	frame
	Problems []formProblem
	Facts    []pair
	Child    string // the id
	Fields   []formField
	Dates    []formDate
}

func (restrictPage) file() string { return "restrict.html" }

// restrictForm is what was entered.
type restrictForm struct {
	class, reason, named string
	from, to             [3]string
}

func (s *site) showRestrict(c echo.Context, v access.Viewer, code int, child access.FoundChild, f restrictForm, unclear *access.Unclear) error {
	classes := []option{{Text: "Choose"}}
	for _, class := range access.RestrictionClasses() {
		classes = append(classes, option{Value: string(class), Text: className(class)})
	}
	p := restrictPage{Child: child.Address, Facts: []pair{{"Name", child.Name}, {"Date of birth", child.Born.Format("2 January 2006")}},
		Fields: []formField{
			choose("class", "Why the record is restricted", "", f.class, classes...),
			{Kind: "text", Name: "reason", Label: "Reason", Hint: "Who asked for it, and when it is to be looked at again.", Value: f.reason},
			{Kind: "text", Name: "named", Label: "For whom the child exists", Hint: "Usernames, one a line. Nobody else sees the child, whatever their role.", Value: f.named},
		},
		Dates: []formDate{dateFields("from", "From (leave empty for now)", "", f.from[0], f.from[1], f.from[2]), dateFields("to", "Until, and not on that day (leave empty for further notice)", "", f.to[0], f.to[1], f.to[2])}}
	if child.Restricted {
		p.Facts = append(p.Facts, pair{"Restricted", "Already. Whoever is to see the child must be named in each restriction that stands"})
	}
	if unclear != nil {
		for i := range p.Dates {
			if p.Dates[i].Name == unclear.Field {
				p.Dates[i].Error = sentence(unclear.Message)
				p.Problems = []formProblem{{unclear.Field + "-day", sentence(unclear.Message)}}
			}
		}
		if p.Problems == nil {
			p.Problems = wrong(p.Fields, unclear.Field, sentence(unclear.Message))
		}
	}
	p.frame = s.frame(c, v, titled("Restrict a record", unclear != nil))
	return s.render(c, code, p)
}

func (s *site) restrict(c echo.Context, v access.Viewer) error {
	ctx := c.Request().Context()
	f := restrictForm{class: c.FormValue("class"), reason: c.FormValue("reason"), named: c.FormValue("named")}
	from, givenFrom, errFrom := dayOrNone(c, "from")
	to, givenTo, errTo := dayOrNone(c, "to")
	f.from, f.to = givenFrom, givenTo
	child := access.Sought{Text: c.FormValue("id")}
	var err error
	switch {
	case errFrom != nil:
		err = &access.Unclear{Field: "from", Message: "the first day must be a real date, such as 27 3 2027"}
	case errTo != nil:
		err = &access.Unclear{Field: "to", Message: "the last day must be a real date, such as 27 3 2027"}
	default:
		_, err = s.Restrictions.Restrict(ctx, v, access.NewRestriction{Child: child, Class: access.RestrictionClass(f.class), Reason: f.reason, Named: strings.Fields(f.named), From: londonMidnight(from), To: londonMidnight(to)})
	}
	var unclear *access.Unclear
	if errors.As(err, &unclear) {
		found, err := s.Restrictions.Find(ctx, v, child)
		if errors.Is(err, access.ErrNoChild) {
			return echo.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.showRestrict(c, v, http.StatusUnprocessableEntity, found, f, unclear)
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(ctx, "The record is restricted.")
	return c.Redirect(http.StatusSeeOther, "/access/restrictions")
}

// londonMidnight is the first moment of a day of a form in London.
func londonMidnight(day time.Time) time.Time {
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, indicators.London())
}

func (s *site) endRestriction(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	err = s.Restrictions.End(c.Request().Context(), v, id)
	if errors.Is(err, access.ErrNoRestriction) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The restriction has ended.")
	return c.Redirect(http.StatusSeeOther, "/access/restrictions")
}
