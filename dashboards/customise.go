package dashboards

// The page on which somebody arranges their own dashboard, by plain posts.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/dashboard", page: s.customise, may: access.ViewDashboards, within: "/"},
			{method: http.MethodPost, path: "/dashboard", page: s.arrange, may: access.ViewDashboards},
		}
	}, customisePage{})
}

// customisePage is a dashboard as a list: each card can be moved and removed, and
// every measure that is not on it added.
type customisePage struct {
	frame
	Notice  string
	Problem string   // why what was asked for was not done
	Differs []string // how the list differs from the one that was changed
	Default bool
	Version int
	Was     string // the cards as this page shows them, in order
	Rows    []customiseRow
	Full    int // as many as there may be, where there are; 0 before
	Themes  []customiseTheme
}

func (customisePage) file() string { return "customise.html" }

type customiseRow struct {
	Key, Title  string
	Place       int
	First, Last bool
	Focus       string // the button that was pressed: up, down; "" for none
}

// customiseTheme is a theme's measures that are not on the dashboard.
type customiseTheme struct {
	Name    string
	Options []option
}

// chosen is the viewer's own layout, or their role's default.
func (s *site) chosen(c echo.Context, v access.Viewer) (layout.Layout, error) {
	return s.chosenBy(c.Request().Context(), v)
}

func (s *site) chosenBy(ctx context.Context, v access.Viewer) (layout.Layout, error) {
	l, err := s.Layouts.Layout(ctx, v)
	if err != nil || l.Own {
		return l, err
	}
	answersFor, err := s.answersFor(ctx, v)
	if err != nil {
		return l, err
	}
	l.Cards = presetOf(v.Role(), answersFor).cards(s.Engine.List(v))
	return l, nil
}

// answersFor is what the viewer answers for today.
func (s *site) answersFor(ctx context.Context, v access.Viewer) ([]access.Responsibility, error) {
	if s.Responsibilities == nil {
		return nil, nil
	}
	return s.Responsibilities.Of(ctx, v.Account(), s.today())
}

func (s *site) customise(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"moved": nil, "by": {"up", "down"}})
	if err != nil {
		return err
	}
	return s.showCustomise(c, v, http.StatusOK, customisePage{Notice: s.Sessions.PopFlash(c.Request().Context())}, q)
}

func (s *site) showCustomise(c echo.Context, v access.Viewer, code int, p customisePage, q query) error {
	l, err := s.chosen(c, v)
	if err != nil {
		return err
	}
	p.frame = s.frame(c, v, titled("Customise your dashboard", p.Problem != ""))
	p.Default, p.Version, p.Was = !l.Own, l.Version, keysOf(l.Cards)
	names, err := s.cardNames(c, v, l.Cards)
	if err != nil {
		return err
	}
	on := map[string]bool{}
	for i, card := range l.Cards {
		row := customiseRow{Key: card.Key(), Title: names[card], Place: i + 1, First: i == 0, Last: i == len(l.Cards)-1}
		if row.Key == q["moved"] {
			row.Focus = q["by"]
			if row.Focus == "up" && row.First { // its button has gone
				row.Focus = "down"
			} else if row.Focus == "down" && row.Last {
				row.Focus = "up"
			}
		}
		p.Rows = append(p.Rows, row)
		on[row.Key] = true
	}
	if len(l.Cards) >= layout.Most {
		p.Full = layout.Most
	}
	for _, d := range s.Engine.List(v) {
		if on[d.ID] {
			continue
		}
		if n := len(p.Themes); n == 0 || p.Themes[n-1].Name != themeName(d.Theme) {
			p.Themes = append(p.Themes, customiseTheme{Name: themeName(d.Theme)})
		}
		t := &p.Themes[len(p.Themes)-1]
		t.Options = append(t.Options, option{Value: d.ID, Text: d.Title})
	}
	return s.render(c, code, p)
}

// cardNames are what cards are called. One whose measure is no more keeps its id.
func (s *site) cardNames(c echo.Context, v access.Viewer, cards []layout.Card) (map[layout.Card]string, error) {
	names := map[layout.Card]string{}
	for _, card := range cards {
		names[card] = card.Indicator + ", which there is no more"
		d, ok := s.definition(v, card.Indicator)
		if !ok {
			continue
		}
		names[card] = d.Title
		if card.Member != "" {
			a, there, err := s.cardAnswer(c, v, card, nil)
			if err != nil {
				return nil, err
			}
			names[card] = d.Title + ": " + a.MemberName()
			if !there {
				names[card] = d.Title + ": a " + strings.ToLower(breakdownName(card.Breakdown)) + " without figures"
			}
		}
	}
	return names, nil
}

func keysOf(cards []layout.Card) string {
	var keys []string
	for _, card := range cards {
		keys = append(keys, card.Key())
	}
	return strings.Join(keys, " ")
}

// arrange changes the viewer's dashboard. The form says which version it was made
// of: where another window has changed it since, nothing is done and the page says
// what is different. To add a measure from its own page needs no version.
func (s *site) arrange(c echo.Context, v access.Viewer) error {
	l, err := s.chosen(c, v)
	if err != nil {
		return err
	}
	do, key := c.FormValue("do"), c.FormValue("card")
	card, ok := layout.ParseKey(key)
	if !ok && do != "reset" {
		return s.refuse(c, v, http.StatusUnprocessableEntity, "Choose a measure")
	}
	if version := c.FormValue("version"); version != "" && version != strconv.Itoa(l.Version) || version == "" && do != "add" {
		return s.refuseChanged(c, v, l)
	}
	names, err := s.cardNames(c, v, []layout.Card{card})
	if err != nil {
		return err
	}
	name := names[card]
	cards, at := slices.Clone(l.Cards), slices.Index(l.Cards, card)
	said, to := "", "/dashboard"
	switch {
	case do == "reset":
		cards, said = nil, "Your dashboard is the default of your role again."
	case do == "add" && at >= 0:
		said = name + " is on your dashboard already."
	case do == "add":
		if _, there, err := s.cardAnswer(c, v, card, nil); card.Member != "" && (err != nil || !there) {
			return cmpErr(err)
		} else if _, ok := s.definition(v, card.Indicator); !ok {
			return indicators.ErrNotFound
		}
		cards, said = append(cards, card), name+" was added to your dashboard."
	case at < 0:
		return s.refuseChanged(c, v, l)
	case do == "remove":
		cards, said = slices.Delete(cards, at, at+1), name+" was removed from your dashboard."
		if len(cards) == 0 {
			said = name + " was the last, so your dashboard is the default of your role again."
		}
	case do == "up" && at > 0:
		cards[at-1], cards[at] = cards[at], cards[at-1]
		said = fmt.Sprintf("%s was moved to place %d of %d.", name, at, len(cards))
		to = query{"moved": key, "by": "up"}.with(to)
	case do == "down" && at < len(cards)-1:
		cards[at+1], cards[at] = cards[at], cards[at+1]
		said = fmt.Sprintf("%s was moved to place %d of %d.", name, at+2, len(cards))
		to = query{"moved": key, "by": "down"}.with(to)
	default:
		return echo.ErrBadRequest
	}
	_, err = s.Layouts.Save(c.Request().Context(), v, l.Version, cards)
	switch {
	case errors.Is(err, layout.ErrChanged):
		return s.refuseChanged(c, v, l)
	case errors.Is(err, layout.ErrFull):
		return s.refuse(c, v, http.StatusUnprocessableEntity, fmt.Sprintf("A dashboard has at most %d measures: remove one first", layout.Most))
	case err != nil:
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), said)
	return c.Redirect(http.StatusSeeOther, to)
}

// cmpErr is what kept a member from being asked for.
func cmpErr(err error) error {
	if err != nil {
		return err
	}
	return indicators.ErrNotFound
}

func (s *site) refuse(c echo.Context, v access.Viewer, code int, why string) error {
	return s.showCustomise(c, v, code, customisePage{Problem: why}, nil)
}

// refuseChanged says that another window has changed the dashboard, and how it is
// now different from what this one showed.
func (s *site) refuseChanged(c echo.Context, v access.Viewer, now layout.Layout) error {
	p := customisePage{Problem: "Your dashboard was changed in another window, so nothing was done. It is below as it is now: do it again if you still want to"}
	was := map[string]bool{}
	var old []layout.Card
	for key := range strings.FieldsSeq(c.FormValue("was")) {
		if card, ok := layout.ParseKey(key); ok && len(old) < 2*layout.Most {
			old = append(old, card)
			was[key] = true
		}
	}
	if len(old) > 0 {
		names, err := s.cardNames(c, v, append(slices.Clone(old), now.Cards...))
		if err != nil {
			return err
		}
		kept := func(all []layout.Card, in []layout.Card) (same []layout.Card) {
			for _, card := range all {
				if slices.Contains(in, card) {
					same = append(same, card)
				}
			}
			return same
		}
		for _, card := range now.Cards {
			if !was[card.Key()] {
				p.Differs = append(p.Differs, names[card]+" was added")
			}
		}
		for _, card := range old {
			if !slices.Contains(now.Cards, card) {
				p.Differs = append(p.Differs, names[card]+" was removed")
			}
		}
		if !slices.Equal(kept(old, now.Cards), kept(now.Cards, old)) {
			p.Differs = append(p.Differs, "the order was changed")
		}
	}
	return s.showCustomise(c, v, http.StatusConflict, p, nil)
}
