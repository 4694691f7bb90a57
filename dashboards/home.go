package dashboards

// The dashboard of whoever is signed in.

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
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
	Tag      string
	Notice   string
	// NoDashboard says to a viewer whose work has none what there is instead.
	NoDashboard []string
}

func (homePage) file() string { return "home.html" }

// lead is the first line of a dashboard, in words: how fresh, how complete, how
// much is off target, what wants attention.
type lead struct {
	AsAt      string
	Sentences []string
	OffTarget string
	Alerts    string
	Version   string
}

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
	p.Printed = when(s.Now())
	answers, err := s.answers(c, v)
	if err != nil {
		return err
	}
	open, err := s.Alerts.CountOpen(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("count open alerts: %w", err)
	}
	var ids []string
	for _, a := range answers {
		p.Cards = append(p.Cards, cardOf(a))
		ids = append(ids, a.Definition().ID)
	}
	if err := s.auditView(c, v, "dashboard", ids...); err != nil {
		return err
	}
	p.List = strings.Join(ids, " ")
	p.List = version(p.List)
	var followed time.Time
	if s.AsAt != nil {
		followed = s.AsAt()
	}
	p.Lead = leadOf(answers, open, followed)
	p.Tag = tagOf(v, p.Lead, p.Cards)
	return s.refreshable(c, p, p.Tag)
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

func leadOf(answers []indicators.Answer, alerts int, asAt time.Time) lead {
	l := lead{Alerts: sentence(count(alerts, "alert is open", "alerts are open"))}
	judged, off := 0, 0
	for _, a := range answers {
		if a.AsAt().After(asAt) {
			asAt = a.AsAt()
		}
		switch a.Status() {
		case indicators.StatusOffTarget:
			off++
			judged++
		case indicators.StatusOnTarget, indicators.StatusAtRisk:
			judged++
		}
	}
	l.AsAt = when(asAt)
	if said := reporting(answers); said != "" {
		l.Sentences = append(l.Sentences, said)
	}
	switch {
	case judged == 0:
		l.OffTarget = "No measure can be held against a target yet."
	case off == 0:
		l.OffTarget = "None of the " + count(judged, "measure", "measures") + " with a target is off target."
	default:
		l.OffTarget = fmt.Sprintf("%d of %s with a target %s off target.", off, count(judged, "measure", "measures"), areOrIs(off))
	}
	l.Version = version(l)
	return l
}

// reporting says how many schools have sent their marks, for the shortest period
// that any answer is about: who sent anything this year says little.
func reporting(answers []indicators.Answer) string {
	said, shortest := "", time.Duration(math.MaxInt64)
	for _, a := range answers {
		sent, of := a.Reporting()
		p := a.Newest().Period
		if length := p.Last.Sub(p.First); of > 0 && length < shortest {
			shortest = length
			said = fmt.Sprintf("%s of %s sent their marks for %s.", grouped(sent), count(of, "school has", "schools have"), named(p))
		}
	}
	return said
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// without says what a viewer whose role has no dashboard can do here.
func without(v access.Viewer) []string {
	said := []string{"You are signed in as " + roleName(v.Role()) + ". That role has no dashboard of figures."}
	switch {
	case v.May(access.ManageAccounts):
		said = append(said, "Accounts are looked after with the command “onevision user” on the server.")
	case v.May(access.MaintainRecords):
		said = append(said, "The records that you work with are kept through the record-maintenance API.")
	}
	return said
}

// tagOf names all that the viewer is shown on a page, for If-None-Match.
func tagOf(v access.Viewer, shown ...any) string {
	return tagBegins(v) + version(shown) + `"`
}

// tagBegins is how each tag given to the viewer begins.
func tagBegins(v access.Viewer) string { return fmt.Sprintf(`"%d-`, v.Account()) }
