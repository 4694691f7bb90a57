package dashboards

// The schools whose registers have not arrived: since when, and whom to ask.

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/registers", page: s.registers, may: access.ExactFigures, within: "/"}}
	}, registersPage{})
}

type registersPage struct {
	frame
	Lead    string
	Counted bool // how many marks there are has a column
	Rows    []registerRow
	Version string
	Tag     string
}

func (registersPage) file() string { return "registers.html" }

type registerRow struct {
	Href, Name string
	Received   string // "0 of 1,200"
	Since      string
	Answers    string // who answers for the school
	Ask        string // the address of a letter to them
}

// reportingOf is the answer that says who has sent their marks, for the shortest
// period that any is about: who sent anything this year says little.
func reportingOf(answers []indicators.Answer) (indicators.Answer, bool) {
	var found indicators.Answer
	has := false
	for _, a := range answers {
		if _, of := a.Reporting(); of > 0 && (!has || length(a.Newest().Period) < length(found.Newest().Period)) {
			found, has = a, true
		}
	}
	return found, has
}

func length(p indicators.Period) float64 { return p.Last.Sub(p.First).Hours() }

func (s *site) registers(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	answers, err := s.answers(c, v)
	if err != nil {
		return err
	}
	p := registersPage{frame: s.frame(c, v, "Registers"), Lead: "No measure that rests on registers has been computed yet."}
	if a, ok := reportingOf(answers); ok {
		behind, period := a.Behind()
		p.Lead = sentWords(a, indicators.DayOf(s.Now())) + "."
		var roster access.Roster
		if s.Responsibilities != nil {
			if roster, err = s.Responsibilities.On(c.Request().Context(), s.today()); err != nil {
				return err
			}
		}
		for _, b := range behind {
			p.Rows = append(p.Rows, registerRowOf(a.Definition(), b, period, roster))
			p.Counted = p.Counted || b.Expected > 0
		}
	}
	p.Printed = when(s.Now())
	p.Version = version([]any{p.Lead, p.Rows})
	p.Tag = tagOf(v, p.Version)
	return s.refreshable(c, p, p.Tag)
}

func registerRowOf(d indicators.Definition, b indicators.Behind, period indicators.Period, roster access.Roster) registerRow {
	r := registerRow{Name: b.Name, Since: sentence(b.Since.Name), Href: query{"breakdown": "school", "member": b.ID}.with("/indicators/" + d.ID)}
	if b.Expected > 0 {
		r.Received = grouped(int(b.Received)) + " of " + grouped(int(b.Expected))
	}
	school, err := strconv.ParseInt(b.ID, 10, 64)
	if err != nil {
		return r
	}
	if people := roster.For(access.OneSchool, school); len(people) > 0 {
		r.Answers = people[0].DisplayName
		if people[0].Instead {
			r.Answers += ", for the whole authority"
		}
		r.Ask = "mailto:" + url.PathEscape(people[0].Email) + "?subject=" + url.PathEscape("Registers of "+b.Name+", "+period.The())
	}
	return r
}
