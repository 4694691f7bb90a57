package dashboards

// The page of open alerts.

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/alerts", page: s.alertList, may: access.WatchAlerts, menu: "Alerts", place: 20}}
	}, alertsPage{})
}

// alertsPage is what is open now: what was told and has not recovered.
type alertsPage struct {
	frame
	Lead    string
	Rows    []alertRow
	Ended   []alertRow
	Version string
	Tag     string
}

func (alertsPage) file() string { return "alerts.html" }

type alertRow struct {
	Href     string // the alert's own page
	Figures  string // the page of its figures
	Life     string // "Acknowledged by Dana, to be done by 27 November 2026"
	What     string // the measure
	Whom     string // the school or team, "The whole authority"
	Figure   string // "4.1%"
	Basis    string // numerator and denominator, and the period
	Limit    string // "above 3.0%"
	Stands   string // how it stands to its limit, in words: "Above 3.0%, since the week of 9 November 2026"
	Since    string
	Began    string // the same within a sentence: "the week of 9 November 2026"
	State    status
	HasState bool // it says more than that the alert is open
}

func (s *site) alertList(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	open, err := s.Alerts.Open(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("read the open alerts: %w", err)
	}
	p := alertsPage{frame: s.frame(c, v, "Alerts"), Lead: sentence(count(len(open), "alert is open", "alerts are open")) + "."}
	for _, o := range open {
		p.Rows = append(p.Rows, alertRowOf(o))
	}
	ended, err := s.Alerts.Ended(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("read the alerts that have ended: %w", err)
	}
	for _, o := range ended {
		p.Ended = append(p.Ended, alertRowOf(o))
	}
	p.Printed = when(s.Now())
	p.Version = version([][]alertRow{p.Rows, p.Ended})
	p.Tag = tagOf(v, p.Version)
	return s.refreshable(c, p, p.Tag)
}

func alertRowOf(o alerts.Alert) alertRow {
	r := alertRow{Href: fmt.Sprintf("/alerts/%d", o.ID), Figures: o.Page, Life: lifeOf(o), What: o.Title, Whom: o.MemberName, Figure: o.Figure.Text, Limit: sentence(o.Threshold), Since: sentence(o.SincePeriod)}
	if o.Member == "" {
		r.Whom = "The whole authority"
	}
	if r.Figure == "" {
		r.Figure = "no data"
	}
	r.Basis = join(", ", o.Figure.Of(), o.Figure.Period.Name)
	r.Began = "the " + o.SincePeriod
	if r.Since == "" {
		r.Since = when(o.Since)
		r.Began = r.Since
	} else if !strings.HasPrefix(o.SincePeriod, "week ") {
		r.Began = o.SincePeriod
	}
	r.Stands = r.Limit + ", since " + r.Began
	switch o.Condition {
	case alerts.Recovering:
		r.Stands = "Recovering: no longer " + o.Threshold + ", as it was since " + r.Began
		r.State, r.HasState = status{"Recovering", "at-risk", "yellow", "triangle"}, true
	case alerts.NoData:
		r.State, r.HasState = status{"No data since", "not-judged", "grey", "dash"}, true
	case alerts.Failed:
		r.State, r.HasState = status{"Cannot be computed", "not-judged", "grey", "dash"}, true
	}
	return r
}

// lifeOf is how an alert stands in the hands of people.
func lifeOf(o alerts.Alert) string {
	due := ""
	if !o.Due.IsZero() {
		due = ", to be done by " + o.Due.Format("2 January 2006")
	}
	switch {
	case !o.Ended.IsZero() && !o.Reviewed.IsZero():
		return endedAs[o.EndedAs] + " on " + when(o.Ended) + ", and reviewed"
	case !o.Ended.IsZero():
		return endedAs[o.EndedAs] + " on " + when(o.Ended)
	case !o.SnoozedUntil.IsZero():
		return "Snoozed until " + when(o.SnoozedUntil)
	case !o.Acknowledged.IsZero():
		return "Acknowledged by " + o.AcknowledgedBy + due
	case o.Assigned != "":
		return "Assigned to " + o.Assigned
	case o.Unanswered:
		return "Nobody answers for it"
	case !o.Escalated.IsZero():
		return "Not acknowledged in time, and passed on"
	}
	return "Not acknowledged yet"
}

var endedAs = map[alerts.What]string{alerts.WhatRecovered: "Recovered", alerts.WhatClosed: "Closed with its school or team", alerts.WhatRuleChanged: "Closed when its rule was edited"}
