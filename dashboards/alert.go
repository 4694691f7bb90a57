package dashboards

// The page of one alert: how it stands, what was done, and what to do.

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
			{method: http.MethodGet, path: "/alerts/:alert", page: s.alert, may: access.WatchAlerts},
			{method: http.MethodPost, path: "/alerts/:alert/:deed", page: s.alertDeed, may: access.WatchAlerts},
		}
	}, alertPage{})
}

type alertPage struct {
	frame
	Notice   string
	Problems []formProblem
	Row      alertRow
	Facts    []alertFact
	History  []alertLine
	Path     string // of the alert
	Plan     string // where an act is planned; "" for whoever may not
	Open     bool   // the viewer may act, and it is open
	Review   bool   // the viewer may say whether what was done has helped
	Acked    bool
	Form     alertForm
	Due      formDate
	Until    formDate
	People   []alertPerson
}

func (alertPage) file() string { return "alert.html" }

type alertFact struct{ Name, Text string }

type alertLine struct{ When, What, Comment string }

type alertPerson struct {
	ID, Name string
	Chosen   bool
}

// alertForm is what was entered, shown again when something of it is wrong.
type alertForm struct {
	Comment                   string
	Day, Month, Year          string // due
	ToDay, ToMonth, ToYear    string // snoozed until
	Acted, Assigned, Reviewed string
	Wrong                     alertWrong
}

// alertWrong is what is wrong with each field.
type alertWrong struct{ Comment, Due, Until, To, Acted, Reviewed string }

func (s *site) alert(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	week := s.Now().In(indicators.London()).AddDate(0, 0, 7)
	y, m, d := fmt.Sprint(week.Year()), fmt.Sprint(int(week.Month())), fmt.Sprint(week.Day())
	return s.showAlert(c, v, http.StatusOK, alertForm{Day: d, Month: m, Year: y, ToDay: d, ToMonth: m, ToYear: y}, nil)
}

func (s *site) showAlert(c echo.Context, v access.Viewer, code int, form alertForm, problems []formProblem) error {
	id, err := idIn(c, "alert")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	a, err := s.Alerts.Alert(ctx, v, id)
	if errors.Is(err, alerts.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read alert %d: %w", id, err)
	}
	row := alertRowOf(a.Alert)
	p := alertPage{frame: s.frame(c, v, titled("Alert: "+row.What+", "+row.Whom, len(problems) > 0)), Problems: problems, Row: row, Path: fmt.Sprintf("/alerts/%d", id), Form: form,
		Due:   dateFields("due", "It will be done by", form.Wrong.Due, form.Day, form.Month, form.Year),
		Until: dateFields("until", "Do not tell of it again until", form.Wrong.Until, form.ToDay, form.ToMonth, form.ToYear),
		Open:  a.May && a.Ended.IsZero(), Review: a.May && !a.Ended.IsZero() && a.Reviewed.IsZero(), Acked: !a.Acknowledged.IsZero()}
	if code == http.StatusOK {
		p.Notice = s.Sessions.PopFlash(ctx)
	}
	for _, f := range []alertFact{
		{"Figure", join(", ", row.Figure, row.Basis)}, {"Limit", row.Limit}, {"Open since", row.Since}, {"How it stands", row.Life},
		{"Told", a.Readers}, {"Assigned to", a.Assigned},
	} {
		if f.Text != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	if err := s.alertActs(c, v, a.Alert, &p); err != nil {
		return err
	}
	for _, l := range a.History {
		p.History = append(p.History, alertLine{When: when(l.At), What: lineWords(l), Comment: commentOf(l)})
	}
	for _, who := range a.People {
		p.People = append(p.People, alertPerson{ID: fmt.Sprint(who.ID), Name: who.Name + ", " + roleName(who.Role), Chosen: form.Assigned == fmt.Sprint(who.ID)})
	}
	p.Printed = when(s.Now())
	return s.render(c, code, p)
}

// alertActs adds the acts under way on the measure of the alert, and where one is planned.
func (s *site) alertActs(c echo.Context, v access.Viewer, of alerts.Alert, p *alertPage) error {
	if s.Annotations == nil {
		return nil
	}
	ask := indicators.Question{Indicator: of.Indicator, Period: of.Period}
	if of.Member != "" {
		ask.Breakdown, ask.Member = of.Breakdown, of.Member
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, ask)
	if errors.Is(err, indicators.ErrNotFound) {
		return nil // the measure or the member is gone
	}
	if err != nil {
		return fmt.Errorf("ask %s: %w", of.Indicator, err)
	}
	acts, err := s.acts(c, v)
	if err != nil {
		return err
	}
	for _, n := range acts.Of(a) {
		p.Facts = append(p.Facts, alertFact{"Act under way", n.Text + " (" + actFacts(n, s.today()) + ")"})
	}
	if s.Annotations.MayAnnotate(v, a) {
		p.Plan = annotationsPath(a.Question(), a.Current().Period.ID)
	}
	return nil
}

// alertDeed is what somebody does about the alert, by the form of the page.
func (s *site) alertDeed(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "alert")
	what, ok := map[string]alerts.What{"acknowledge": alerts.WhatAcknowledged, "assign": alerts.WhatAssigned, "act": alerts.WhatActed,
		"snooze": alerts.WhatSnoozed, "review": alerts.WhatReviewed}[c.Param("deed")]
	if err != nil || !ok {
		return echo.ErrNotFound
	}
	f := alertForm{Comment: c.FormValue("comment"), Day: c.FormValue("due-day"), Month: c.FormValue("due-month"), Year: c.FormValue("due-year"),
		ToDay: c.FormValue("until-day"), ToMonth: c.FormValue("until-month"), ToYear: c.FormValue("until-year"),
		Acted: c.FormValue("acted"), Reviewed: c.FormValue("reviewed"), Assigned: c.FormValue("to")}
	d := alerts.Deed{What: what, Comment: f.Comment}
	var invalid alerts.Invalid
	switch what {
	case alerts.WhatAcknowledged:
		d.Due, err = formDay(f.Day, f.Month, f.Year)
		if err != nil {
			invalid = alerts.Invalid{Field: "due", Text: "The day until when it will be done must be a real date, such as 27 3 2027"}
		}
	case alerts.WhatSnoozed:
		d.Until, err = formDay(f.ToDay, f.ToMonth, f.ToYear)
		if err != nil {
			invalid = alerts.Invalid{Field: "until", Text: "The day until when it is snoozed must be a real date, such as 27 3 2027"}
		} else { // as the offices open
			d.Until = time.Date(d.Until.Year(), d.Until.Month(), d.Until.Day(), 9, 0, 0, 0, indicators.London())
		}
	case alerts.WhatAssigned:
		d.To, _ = strconv.ParseInt(f.Assigned, 10, 64) // 0: nobody was chosen
	case alerts.WhatActed:
		d.Comment = f.Acted
	case alerts.WhatReviewed:
		d.Comment = f.Reviewed
	}
	if invalid.Text == "" {
		err = s.Alerts.Do(c.Request().Context(), v, id, d)
		switch {
		case errors.Is(err, alerts.ErrNotFound):
			return echo.ErrNotFound
		case err == nil:
			s.Sessions.PutFlash(c.Request().Context(), done[what])
			return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/alerts/%d", id))
		case !errors.As(err, &invalid):
			return fmt.Errorf("%s alert %d: %w", c.Param("deed"), id, err)
		}
	}
	field := map[string]string{"due": "due-day", "until": "until-day", "to": "to"}[invalid.Field]
	switch {
	case invalid.Field == "due":
		f.Wrong.Due = invalid.Text
	case invalid.Field == "until":
		f.Wrong.Until = invalid.Text
	case invalid.Field == "to":
		f.Wrong.To = invalid.Text
	case invalid.Field == "comment" && what == alerts.WhatActed:
		field, f.Wrong.Acted = "acted", invalid.Text
	case invalid.Field == "comment" && what == alerts.WhatReviewed:
		field, f.Wrong.Reviewed = "reviewed", invalid.Text
	case invalid.Field == "comment":
		field, f.Wrong.Comment = "comment", invalid.Text
	}
	return s.showAlert(c, v, http.StatusUnprocessableEntity, f, []formProblem{{field, invalid.Text}})
}

var done = map[alerts.What]string{
	alerts.WhatAcknowledged: "You have acknowledged this alert.", alerts.WhatAssigned: "The alert is assigned, and they are told.",
	alerts.WhatActed: "What was done is noted.", alerts.WhatSnoozed: "The alert is snoozed.", alerts.WhatReviewed: "The review is noted.",
}

// lineWords is a line of an alert's history as a sentence.
func lineWords(l alerts.Line) string {
	by, to := l.By, l.To
	switch l.What {
	case alerts.WhatFired, alerts.WhatBegan, alerts.WhatChanged:
		return "Opened"
	case "told":
		return "Told to " + to
	case alerts.WhatAcknowledged:
		return "Acknowledged by " + by + ", to be done by " + l.Due.Format("2 January 2006")
	case alerts.WhatAssigned:
		return "Assigned to " + to + " by " + by
	case alerts.WhatActed:
		return "Done by " + by
	case alerts.WhatSnoozed:
		return "Snoozed by " + by + " until " + when(l.Until)
	case alerts.WhatEscalated:
		return "Nobody had acknowledged it in time: passed on to " + to
	case alerts.WhatReviewed:
		return "Reviewed by " + by
	case alerts.WhatReminded:
		return "The snooze ended"
	case alerts.WhatUnanswered:
		return "Nobody answers for this: the administrator must record who does"
	case alerts.WhatClosed:
		return "Closed, because the school or team itself has ended"
	case alerts.WhatRuleChanged:
		return "Closed, because the rule was edited"
	}
	return sentence(strings.ReplaceAll(string(l.What), "-", " "))
}

func commentOf(l alerts.Line) string {
	if l.What == "told" {
		return "" // what the letter was about
	}
	return l.Comment
}
