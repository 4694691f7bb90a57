package dashboards

// The page of deliveries, for who operates the system: what was told to whom, what
// the mail server answered, and a button that sends it again. It shows no figure.

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/deliveries", page: s.deliveries, may: access.OperateSystem, menu: "Deliveries", place: 60},
			{method: http.MethodPost, path: "/deliveries/:message", page: s.resend, may: access.OperateSystem},
		}
	}, deliveriesPage{})
}

type deliveriesPage struct {
	frame
	Notice string
	Rows   []deliveryRow
}

func (deliveriesPage) file() string { return "deliveries.html" }

type deliveryRow struct {
	Path, Written, Reader, About, State string
	Answers                             []string // the newest last
	Resend                              bool
}

func (s *site) deliveries(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	messages, err := s.Alerts.Messages(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("read the deliveries: %w", err)
	}
	p := deliveriesPage{frame: s.frame(c, v, "Deliveries"), Notice: s.Sessions.PopFlash(c.Request().Context())}
	for _, m := range messages {
		r := deliveryRow{Path: fmt.Sprintf("/deliveries/%d", m.ID), Written: when(m.CreatedAt), Reader: m.Reader, About: join(", ", m.Rule, m.Reason), State: "Waiting"}
		switch {
		case !m.SupersededAt.IsZero():
			r.State = "Replaced by a later letter, before it was sent"
		case !m.SentAt.IsZero():
			r.State, r.Resend = "Sent on "+when(m.SentAt), true
		case !m.FailedAt.IsZero():
			r.State, r.Resend = "Refused on "+when(m.FailedAt), true
		}
		for _, d := range m.Deliveries {
			r.Answers = append(r.Answers, when(d.At)+": "+join(", ", d.Outcome, d.Answer))
		}
		p.Rows = append(p.Rows, r)
	}
	return s.render(c, http.StatusOK, p)
}

func (s *site) resend(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "message")
	if err != nil {
		return err
	}
	err = s.Alerts.Resend(c.Request().Context(), v, id)
	if errors.Is(err, alerts.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("send message %d again: %w", id, err)
	}
	s.Sessions.PutFlash(c.Request().Context(), "The letter goes again.")
	return c.Redirect(http.StatusSeeOther, "/deliveries")
}
