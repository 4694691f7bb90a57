package dashboards

// The dashboard of whoever is signed in.

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/", page: s.home, menu: "Dashboard"}}
	}, homePage{})
}

type homePage struct {
	frame
	Lead     lead
	Cards    []card
	List     string // changes when other cards are shown, or in another order
	Workbook bool
	Figures  bool // in long form
	Default  bool // it is the role's, not the viewer's own
	All      int  // how many measures there are
	Tag      string
	Notice   string
	// NoDashboard says to a viewer whose work has none what there is instead.
	NoDashboard []string
}

func (homePage) file() string { return "home.html" }

// home is the viewer's own dashboard.
func (s *site) home(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	p := homePage{frame: s.frame(c, v, "Dashboard"), Notice: s.Sessions.PopFlash(c.Request().Context())}
	if !v.May(access.ViewDashboards) {
		p.NoDashboard = without(v)
		return s.render(c, http.StatusOK, p)
	}
	p.Workbook = s.Workbook != nil && v.May(access.Export)
	p.Figures = s.Figures != nil && v.May(access.Export)
	p.Printed = when(s.Now())
	answers, err := s.answers(c, v)
	if err != nil {
		return err
	}
	open, err := s.Alerts.CountOpen(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("count open alerts: %w", err)
	}
	chosen, err := s.chosen(c, v)
	if err != nil {
		return err
	}
	acts, err := s.acts(c, v)
	if err != nil {
		return err
	}
	p.Default, p.All = !chosen.Own, len(s.Engine.List(v))
	var ids []string
	for _, one := range chosen.Cards {
		a, ok, err := s.cardAnswer(c, v, one, answers)
		if err != nil {
			return err
		}
		if ok {
			p.Cards = append(p.Cards, s.withActs(pinnedCard(a, one), a, acts))
			ids = append(ids, one.Key())
		}
	}
	if err := s.auditView(c, v, "dashboard", ids...); err != nil {
		return err
	}
	p.List = version(strings.Join(ids, " "))
	var followed time.Time
	if s.AsAt != nil {
		followed = s.AsAt()
	}
	look, err := s.Layouts.Looked(c.Request().Context(), v, seenIn(answers))
	if err != nil {
		return err
	}
	if !v.May(access.WatchAlerts) {
		open = noAlerts
	}
	if !v.May(access.ExactFigures) { // of published figures nothing moves between two publications
		followed = time.Time{}
	}
	p.Lead = leadOf(answers, v.May(access.OwnFigures), p.All, open, followed, indicators.DayOf(s.Now()), look)
	p.Tag = tagOf(v, p.Lead, p.Cards)
	return s.refreshable(c, p, p.Tag)
}

// cardAnswer is the answer that a card shows; false where its measure or member is
// no more, or not the viewer's to see.
func (s *site) cardAnswer(c echo.Context, v access.Viewer, card layout.Card, answers []indicators.Answer) (indicators.Answer, bool, error) {
	if card.Member == "" {
		i := slices.IndexFunc(answers, func(a indicators.Answer) bool { return a.Definition().ID == card.Indicator })
		if i < 0 {
			return indicators.Answer{}, false, nil
		}
		return answers[i], true, nil
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, indicators.Question{Indicator: card.Indicator, Breakdown: card.Breakdown, Member: card.Member})
	if errors.Is(err, indicators.ErrNotFound) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("ask %s: %w", card.Indicator, err)
	}
	return a, true, nil
}

// answers are those to the headline question of every indicator that the viewer
// may ask about, in the library's order.
func (s *site) answers(c echo.Context, v access.Viewer) ([]indicators.Answer, error) {
	var all []indicators.Answer
	for _, d := range s.Engine.List(v) {
		a, err := s.Engine.Ask(c.Request().Context(), v, indicators.Question{Indicator: d.ID})
		if errors.Is(err, indicators.ErrNotFound) {
			continue // listed and gone: the library was read again in between
		}
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", d.ID, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// without says what a viewer whose role has no dashboard can do here.
func without(v access.Viewer) []string {
	said := []string{"You are signed in as " + roleName(v.Role()) + ". That role has no dashboard of figures."}
	switch {
	case v.May(access.ManageAccounts):
		said = append(said, "Accounts are looked after with the command “onevision user” on the server.")
	case v.May(access.MaintainRecords):
		said = append(said, "Find a child whom you work with under “Children”. Records are kept through the record-maintenance API.")
	}
	return said
}

// tagOf names all that the viewer is shown on a page, for If-None-Match.
func tagOf(v access.Viewer, shown ...any) string {
	return tagBegins(v) + version(shown) + `"`
}

// tagBegins is how each tag given to the viewer begins.
func tagBegins(v access.Viewer) string { return fmt.Sprintf(`"%d-`, v.Account()) }
