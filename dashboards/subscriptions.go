package dashboards

// Subscriptions: one's dashboard, the workbook or a kept question, sent by schedule.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
	"onevision/dashboards/layout"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/subscriptions", page: s.subscriptions, may: access.ViewDashboards},
			{method: http.MethodPost, path: "/subscriptions", page: s.subscribe, may: access.ViewDashboards},
			{method: http.MethodPost, path: "/subscriptions/:id/end", page: s.endSubscription, may: access.ViewDashboards},
		}
	}, subscriptionsPage{})
}

type subscriptionsPage struct {
	frame
	Problems []formProblem
	Notice   string
	Rows     []subscriptionRow
	Fields   []formField
	Exact    bool // figures are not in the mail
}

func (subscriptionsPage) file() string { return "subscriptions.html" }

type subscriptionRow struct{ Name, What, When, Next, Last, Failed, End string }

var subscriptionKinds = map[string]string{"dashboard": "Dashboard", "workbook": "Workbook", "question": "Question"}

func (s *site) subscriptions(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showSubscriptions(c, v, http.StatusOK, subscriptionsPage{Notice: s.Sessions.PopFlash(c.Request().Context())}, "", "")
}

func (s *site) showSubscriptions(c echo.Context, v access.Viewer, code int, p subscriptionsPage, what, when_ string) error {
	ctx := c.Request().Context()
	all, err := s.Alerts.Subscriptions(ctx, v)
	if err != nil {
		return err
	}
	for _, of := range all {
		row := subscriptionRow{Name: of.Name, What: subscriptionKinds[of.What], When: of.Schedule, Next: when(of.NextAt), Last: "not yet", Failed: of.LastError, End: fmt.Sprintf("/subscriptions/%d/end", of.ID)}
		if !of.LastAt.IsZero() {
			row.Last = when(of.LastAt)
		}
		for _, schedule := range alerts.Schedules {
			if schedule.Cron == of.Schedule {
				row.When = schedule.Text
			}
		}
		p.Rows = append(p.Rows, row)
	}
	kept, err := s.Layouts.Questions(ctx, v)
	if err != nil {
		return err
	}
	options := []option{{Text: "Choose"}, {Value: "dashboard", Text: "Your dashboard"}}
	if s.Workbook != nil && v.May(access.Export) {
		options = append(options, option{Value: "workbook", Text: "The workbook of every measure"})
	}
	for _, k := range kept {
		options = append(options, option{Value: fmt.Sprintf("question:%d", k.ID), Text: "Your question: " + k.Name})
	}
	var times []option
	for _, schedule := range alerts.Schedules {
		times = append(times, option{Value: schedule.Cron, Text: schedule.Text})
	}
	p.Fields = []formField{choose("what", "What is sent", "To have a question sent, keep it first: on the page Ask.", what, options...), choose("when", "When", "", when_, times...)}
	for _, problem := range p.Problems {
		wrong(p.Fields, problem.Field, problem.Text)
	}
	p.Exact = v.May(access.ExactFigures) || v.May(access.OwnFigures)
	p.frame = s.frame(c, v, titled("Subscriptions", len(p.Problems) > 0))
	return s.render(c, code, p)
}

func (s *site) subscribe(c echo.Context, v access.Viewer) error {
	ctx := c.Request().Context()
	what, schedule := c.FormValue("what"), c.FormValue("when")
	of := alerts.Subscription{What: what, Schedule: schedule}
	switch kind, id, _ := strings.Cut(what, ":"); kind {
	case "dashboard":
		of.Name = "Your dashboard"
	case "workbook":
		of.Name = "The workbook"
	case "question":
		kept, err := s.Layouts.Questions(ctx, v)
		if err != nil {
			return err
		}
		n, _ := strconv.ParseInt(id, 10, 64)
		if i := slices.IndexFunc(kept, func(q layout.Question) bool { return q.ID == n }); i >= 0 {
			of.What, of.Name, of.Query = kind, kept[i].Name, kept[i].Query
		}
	}
	problem := formProblem{}
	switch {
	case of.Name == "":
		problem = formProblem{"what", "Choose what is sent"}
	case !slices.ContainsFunc(alerts.Schedules, func(s alerts.Schedule) bool { return s.Cron == schedule }):
		problem = formProblem{"when", "Choose when it is sent"}
	default:
		switch err := s.Alerts.Subscribe(ctx, v, of); {
		case errors.Is(err, alerts.ErrTooMany):
			problem = formProblem{"what", fmt.Sprintf("You have %d subscriptions already: end one first", alerts.MostSubscriptions)}
		case errors.Is(err, alerts.ErrNotFound):
			return echo.ErrNotFound
		case err != nil:
			return err
		}
	}
	if problem.Text != "" {
		return s.showSubscriptions(c, v, http.StatusUnprocessableEntity, subscriptionsPage{Problems: []formProblem{problem}}, what, schedule)
	}
	s.Sessions.PutFlash(ctx, "“"+of.Name+"” will be sent to you.")
	return c.Redirect(http.StatusSeeOther, "/subscriptions")
}

func (s *site) endSubscription(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	switch err := s.Alerts.EndSubscription(c.Request().Context(), v, id); {
	case errors.Is(err, alerts.ErrNotFound):
		return echo.ErrNotFound
	case err != nil:
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The subscription has ended.")
	return c.Redirect(http.StatusSeeOther, "/subscriptions")
}

// Subscribed gives what a subscription tells its owner: the pages' own view of it.
func Subscribed(o Options) alerts.Subscribed {
	s := &site{Options: o, log: o.Log}
	return func(ctx context.Context, v access.Viewer, of alerts.Subscription) (alerts.Contents, error) {
		switch of.What {
		case "workbook":
			if !v.May(access.Export) {
				return alerts.Contents{}, indicators.ErrNotFound
			}
			return alerts.Contents{Page: "/dashboard.xlsx", Filters: []string{"every measure and breakdown that you may see"}}, nil
		case "question":
			given, err := url.ParseQuery(of.Query)
			if err != nil {
				return alerts.Contents{}, err
			}
			q := query{}
			for key := range given {
				q[key] = given.Get(key)
			}
			p, a, err := s.answered(ctx, v, q)
			if err != nil {
				return alerts.Contents{}, err
			}
			if a == nil {
				return alerts.Contents{}, fmt.Errorf("the question %q is not answered: %v", of.Query, p.Problems)
			}
			return alerts.Contents{Page: q.with("/ask"), Filters: []string{p.Question}}, nil
		}
		chosen, err := s.chosenBy(ctx, v)
		if err != nil {
			return alerts.Contents{}, err
		}
		out := alerts.Contents{Page: "/"}
		for _, card := range chosen.Cards {
			a, err := s.Engine.Ask(ctx, v, indicators.Question{Indicator: card.Indicator, Breakdown: card.Breakdown, Member: card.Member})
			if errors.Is(err, indicators.ErrNotFound) {
				continue // a measure or member that is no more
			}
			if err != nil {
				return out, fmt.Errorf("ask %s: %w", card.Indicator, err)
			}
			name := join(": ", a.Definition().Title, a.MemberName())
			out.Filters = append(out.Filters, name)
			out.Figures = append(out.Figures, [3]string{name, a.Current().Text, a.Current().Period.Name})
		}
		return out, nil
	}
}
