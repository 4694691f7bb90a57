package dashboards

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
	"onevision/indicators"
)

// fields are the form's, with the button that is pressed.
func fields(form *goquery.Selection, button string) url.Values {
	values := url.Values{}
	form.Find("input[name]").Each(func(_ int, s *goquery.Selection) { values.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	values.Set("do", button)
	return values
}

func order(doc *goquery.Document) string {
	return strings.Join(doc.Find(".app-arrange__title").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), ", ")
}

// A dashboard is put in order by forms alone. The focus stays on the button that was
// pressed, and a window that shows an older order changes nothing and says what is
// different.
func TestADashboardIsArranged(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director, analyst := h.as(t, access.Director), h.as(t, access.Analyst)
	page := parsed(t, director.get("/dashboard").body)
	if got := order(page); got != "Unauthorised absence, Persistent absence, Open cases" {
		t.Fatalf("by default: %s", got)
	}
	press := func(page *goquery.Document, card, button string) reply {
		t.Helper()
		form := page.Find(`.app-arrange input[value="` + card + `"]`).Closest("form")
		if form.Find(`button[value="`+button+`"]`).Length() != 1 {
			t.Fatalf("no button %s for %s", button, card)
		}
		return director.post("/dashboard", fields(form, button))
	}
	r := press(page, "open-cases", "up")
	if r.status != http.StatusSeeOther {
		t.Fatalf("up: %d\n%s", r.status, r.body)
	}
	moved := parsed(t, director.get(r.header.Get("Location")).body)
	if got := order(moved); got != "Unauthorised absence, Open cases, Persistent absence" {
		t.Errorf("after up: %s", got)
	}
	if focus := moved.Find("[autofocus]"); focus.AttrOr("aria-label", "") != "Move up: Open cases" {
		t.Errorf("the focus is on %q", focus.AttrOr("aria-label", ""))
	}
	if said := moved.Find("[role=status]").First().Text(); said != "Open cases was moved to place 2 of 3." {
		t.Errorf("it says %q", said)
	}
	// The first window still shows the old order.
	r = press(page, "persistent-absence", "remove")
	conflict := parsed(t, r.body)
	if r.status != http.StatusConflict || !strings.Contains(conflict.Find(".govuk-error-summary").Text(), "the order was changed") || order(conflict) != "Unauthorised absence, Open cases, Persistent absence" {
		t.Errorf("in the other window: %d %s\n%s", r.status, order(conflict), conflict.Find(".govuk-error-summary").Text())
	}
	if r = press(conflict, "persistent-absence", "remove"); r.status != http.StatusSeeOther {
		t.Errorf("again: %d", r.status)
	}
	if got := order(parsed(t, director.get("/dashboard").body)); got != "Unauthorised absence, Open cases" {
		t.Errorf("after remove: %s", got)
	}
	if got := order(parsed(t, analyst.get("/dashboard").body)); got != "Unauthorised absence, Persistent absence, Open cases" {
		t.Errorf("somebody else's: %s", got)
	}
	// A member is added from its own page, whatever the version.
	if r = director.post("/dashboard", url.Values{"do": {"add"}, "card": {"unauthorised-absence/school/12"}}); r.status != http.StatusSeeOther {
		t.Errorf("pin: %d", r.status)
	}
	for card, want := range map[string]int{"unauthorised-absence/school/999": 404, "no-such-measure": 404, "": 422, "a/b": 422} {
		if r = director.post("/dashboard", url.Values{"do": {"add"}, "card": {card}}); r.status != want {
			t.Errorf("add %q: %d, want %d", card, r.status, want)
		}
	}
	reset := parsed(t, director.get("/dashboard").body)
	if r = director.post("/dashboard", fields(reset.Find(`button[value="reset"]`).Closest("form"), "reset")); r.status != http.StatusSeeOther {
		t.Errorf("reset: %d", r.status)
	}
	if got := order(parsed(t, director.get("/dashboard").body)); got != "Unauthorised absence, Persistent absence, Open cases" {
		t.Errorf("after reset: %s", got)
	}
}

// Whoever has chosen nothing sees a dozen of sixty: those of their role first, and
// something of each theme.
func TestDefaultsHoldWithSixty(t *testing.T) {
	t.Parallel()
	var sixty []indicators.Definition
	for _, theme := range []string{"attainment", "attendance", "sen", "social-care", "workforce"} {
		for i := range 12 {
			sixty = append(sixty, indicators.Definition{ID: fmt.Sprintf("%s-%d", theme, i), Theme: theme})
		}
	}
	sixty = append(sixty, indicators.Definition{ID: "unauthorised-absence", Theme: "attendance"})
	for _, role := range access.Roles() {
		cards := presetOf(role, nil).cards(sixty)
		themes := map[string]bool{}
		for _, c := range cards {
			theme, _, _ := strings.Cut(c.Indicator, "-")
			themes[theme] = true
		}
		if len(cards) != shownByDefault || len(themes) < 5 {
			t.Errorf("%s: %v", role, cards)
		}
	}
	school := []access.Responsibility{{Subject: access.OneSchool, Member: 1}}
	team := []access.Responsibility{{Subject: access.OneTeam, Member: 1}}
	if got := presetOf(access.Manager, school).cards(sixty)[0]; got.Indicator != "unauthorised-absence" {
		t.Errorf("a manager of schools begins with %v", got)
	}
	if got := presetOf(access.Manager, team).cards(sixty)[0]; !strings.HasPrefix(got.Indicator, "social-care") {
		t.Errorf("a manager of teams begins with %v", got)
	}
	if got := presetOf(access.Manager, append(school, team...)).cards(sixty); got[0].Indicator != "unauthorised-absence" || len(got) != shownByDefault {
		t.Errorf("a manager of both: %v", got)
	}
	if got := presetOf(access.Director, nil).cards(nil); len(got) != 0 {
		t.Errorf("of no measure: %v", got)
	}
}
