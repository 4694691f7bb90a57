package dashboards

// The page of silences: what is not told while they last, and why.

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/alerts/silences", page: s.silences, within: "/alerts"},
			{method: http.MethodPost, path: "/alerts/silences", page: s.addSilence},
			{method: http.MethodPost, path: "/alerts/silences/:id/end", page: s.endSilence},
		}
	}, silencesPage{})
}

type silencesPage struct {
	frame
	Notice   string
	Problems []formProblem
	May      bool
	Rows     []silenceRow
	Rule     formField
	Whom     formField
	Until    formDate
	Why      formField
}

func (silencesPage) file() string { return "alert_silences.html" }

type silenceRow struct{ Rule, Whom, From, To, Why, By, End string }

func (s *site) silences(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showSilences(c, v, http.StatusOK, silencesPage{Notice: s.Sessions.PopFlash(c.Request().Context())}, nil)
}

// showSilences shows the list and, to who may add one, the form as it was filled in.
func (s *site) showSilences(c echo.Context, v access.Viewer, code int, p silencesPage, given map[string]string) error {
	ctx := c.Request().Context()
	var err error
	if p.May, err = s.Alerts.MayManage(ctx, v); err != nil {
		return err
	}
	if !p.May && !v.May(access.ViewDashboards) {
		return echo.ErrNotFound
	}
	list, err := s.Alerts.Silences(ctx, v)
	if err != nil {
		return err
	}
	for _, one := range list {
		row := silenceRow{Rule: one.RuleName, Whom: one.MemberName, From: when(one.From), To: when(one.To), Why: one.Comment, By: one.By, End: fmt.Sprintf("/alerts/silences/%d/end", one.ID)}
		if row.Rule == "" {
			row.Rule = "Every rule"
		}
		if row.Whom == "" {
			row.Whom = "Everything"
		}
		p.Rows = append(p.Rows, row)
	}
	if p.May {
		if err := s.silenceForm(c, v, &p, given); err != nil {
			return err
		}
	}
	p.frame = s.frame(c, v, titled("Silences", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) silenceForm(c echo.Context, v access.Viewer, p *silencesPage, given map[string]string) error {
	ctx := c.Request().Context()
	rules, err := s.Alerts.Rules(ctx, v)
	if err != nil {
		return err
	}
	watched, err := s.Alerts.Watched(ctx, v)
	if err != nil {
		return err
	}
	which, whom := []option{{Text: "Every rule"}}, []option{{Text: "Everything"}}
	for _, r := range rules {
		which = append(which, option{Value: strconv.FormatInt(r.ID, 10), Text: r.Name})
	}
	for _, m := range watched {
		whom = append(whom, option{Value: m.Breakdown + "/" + m.Member, Text: m.Name})
	}
	week := s.today().AddDate(0, 0, 7)
	if given == nil {
		given = map[string]string{"until-day": fmt.Sprint(week.Day()), "until-month": fmt.Sprint(int(week.Month())), "until-year": fmt.Sprint(week.Year())}
	}
	p.Rule = choose("rule", "Rule", "", given["rule"], which...)
	p.Whom = choose("whom", "Only about", "", given["whom"], whom...)
	p.Until = dateFields("until", "Up to and including", "", given["until-day"], given["until-month"], given["until-year"])
	p.Why = formField{Name: "comment", Label: "Why nothing is to be told", Hint: "For example: the school is closed by flood.", Value: given["comment"]}
	for i, problem := range p.Problems {
		switch problem.Field {
		case "comment":
			p.Why.Error = problem.Text
		case "to":
			p.Until.Error, p.Problems[i].Field = problem.Text, "until-day"
		}
	}
	return nil
}

func (s *site) addSilence(c echo.Context, v access.Viewer) error {
	if err := s.managesAlerts(c, v); err != nil {
		return err
	}
	given := map[string]string{}
	for _, name := range []string{"rule", "whom", "until-day", "until-month", "until-year", "comment"} {
		given[name] = c.FormValue(name)
	}
	silence := alerts.Silence{From: s.Now(), Comment: given["comment"]}
	if id, err := strconv.ParseInt(given["rule"], 10, 64); err == nil {
		silence.Rule = &id
	}
	if breakdown, member, ok := strings.Cut(given["whom"], "/"); ok {
		silence.Breakdown, silence.Member = &breakdown, &member
	}
	day, err := formDay(given["until-day"], given["until-month"], given["until-year"])
	if err != nil {
		err = alerts.Invalid{Field: "to", Text: "The last day must be a real date, such as 27 3 2027"}
	} else {
		silence.To = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, indicators.London())
		err = s.Alerts.AddSilence(c.Request().Context(), v, silence)
	}
	var invalid alerts.Invalid
	switch {
	case errors.As(err, &invalid):
		return s.showSilences(c, v, http.StatusUnprocessableEntity, silencesPage{Problems: []formProblem{{invalid.Field, invalid.Text}}}, given)
	case errors.Is(err, alerts.ErrNotFound):
		return echo.ErrNotFound
	case err != nil:
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The silence holds. Alerts open and end as before, and nobody is told.")
	return c.Redirect(http.StatusSeeOther, "/alerts/silences")
}

func (s *site) endSilence(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	err = s.Alerts.EndSilence(c.Request().Context(), v, id)
	if errors.Is(err, alerts.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The silence has ended. Whoever was not told of what is open is told now.")
	return c.Redirect(http.StatusSeeOther, "/alerts/silences")
}
