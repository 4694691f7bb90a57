package dashboards

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"onevision/access"
)

// Guesses at somebody's account, from wherever, do not keep them out of a browser on
// which they have signed in before; that browser has its own few attempts.
func TestGuessesDoNotLockAPersonOut(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	signIn := func(s *somebody, password string) int {
		return s.post("/sign-in", url.Values{"username": {"director"}, "password": {password}}).status
	}
	known := h.as(t, access.Director)
	known.post("/sign-out", url.Values{})
	guesser := h.nobody(t)
	guesses := 0
	for status := http.StatusUnprocessableEntity; status == http.StatusUnprocessableEntity && guesses < 20; guesses++ {
		status = signIn(guesser, fmt.Sprint("a guess, number ", guesses))
	}
	if guesses > 10 {
		t.Fatalf("%d guesses were looked at", guesses)
	}
	if status := signIn(h.nobody(t), goodPassword); status != http.StatusTooManyRequests {
		t.Errorf("the right password on a new device, while somebody guesses: %d", status)
	}
	if status := signIn(known, goodPassword); status != http.StatusSeeOther {
		t.Errorf("the right password on a known device, while somebody guesses: %d", status)
	}
	known.post("/sign-out", url.Values{})
	for range guesses {
		signIn(known, "not the password of anybody")
	}
	if status := signIn(known, goodPassword); status != http.StatusTooManyRequests {
		t.Errorf("a known device guesses without end: %d", status)
	}

	// Nor does a colleague who shares the browser, by signing in between the guesses.
	shared := h.as(t, access.Administrator)
	shared.post("/sign-out", url.Values{})
	asAnalyst := func(password string) int {
		return shared.post("/sign-in", url.Values{"username": {"analyst"}, "password": {password}}).status
	}
	if asAnalyst(goodPassword) != http.StatusSeeOther {
		t.Fatal("the analyst cannot sign in on the administrator's browser")
	}
	status := 0
	for i := range 12 {
		shared.post("/sign-out", url.Values{})
		if i%3 == 0 {
			if r := shared.post("/sign-in", url.Values{"username": {"administrator"}, "password": {goodPassword}}); r.status != http.StatusSeeOther {
				t.Fatalf("one's own account, after guesses at a colleague's: %d", r.status)
			}
			shared.post("/sign-out", url.Values{})
		}
		status = asAnalyst("not the password of anybody")
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("guesses at a colleague, with successes between: %d", status)
	}
}

// Somebody changes their own password, and sees and ends where they are signed in and
// their tokens; an administrator does for others, and lets in again.
func TestCredentials(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	analyst, elsewhere, admin := h.as(t, access.Analyst), h.as(t, access.Analyst), h.as(t, access.Administrator)
	page := document(t, analyst.get("/account").body)
	if n := page.Find("form[action^='/account/sessions/'][action$='/end']").Length(); n != 1 {
		t.Fatalf("%d sessions can be ended: %s", n, page.Find("main").Text())
	}

	// Passwords that are refused, and one that is not.
	const better = "purple kettles sleeping"
	for _, c := range []struct{ old, new, field string }{{"", better, "old"}, {"not this one", better, "old"}, {goodPassword, "short", "new"}, {goodPassword, "YourAuthority-2026", "new"},
		{goodPassword, "kettle kettle kettle", "new"}, {goodPassword, goodPassword, "new"}} {
		r := analyst.post("/account/password", url.Values{"old": {c.old}, "new": {c.new}})
		if r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#"+c.field+"']").Length() != 1 {
			t.Errorf("%q to %q: %d", c.old, c.new, r.status)
		}
	}
	if r := analyst.post("/account/password", url.Values{"old": {goodPassword}, "new": {better}}); r.status != http.StatusSeeOther {
		t.Fatalf("changing: %d %s", r.status, document(t, r.body).Find("main").Text())
	}
	if analyst.get("/account").status != http.StatusOK || elsewhere.get("/account").status != http.StatusSeeOther {
		t.Error("changing the password signs out here, or nowhere else")
	}

	// A token with a scope.
	r := analyst.post("/account/tokens", url.Values{"name": {"Reports"}, "days": {"0"}})
	if r.status != http.StatusUnprocessableEntity || document(t, r.body).Find("#name").AttrOr("value", "") != "Reports" {
		t.Errorf("a token for no days: %d", r.status)
	}
	if r := analyst.post("/account/tokens", url.Values{"name": {"Re\x00ports"}, "days": {"30"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a token with a NUL in its name: %d", r.status)
	}
	made := document(t, analyst.post("/account/tokens", url.Values{"name": {"Reports"}, "days": {"30"}, "read-only": {"yes"}}).body)
	if secret := made.Find(".govuk-inset-text code").Text(); !strings.HasPrefix(secret, "ov_") || !strings.Contains(made.Find("main tbody").Text(), "All that the account may; reads only") {
		t.Errorf("the token: %s", made.Find("main").Text())
	}
	revoke := made.Find("form[action$='/revoke']").AttrOr("action", "")
	if r := admin.post(revoke, url.Values{}); r.status != http.StatusNotFound {
		t.Errorf("an administrator revokes as if it were their own: %d", r.status)
	}
	if r := analyst.post(revoke, url.Values{}); r.status != http.StatusSeeOther || !strings.Contains(analyst.get("/account").body, "Revoked") {
		t.Errorf("revoking: %d", r.status)
	}

	// The administrator's pages, from one place.
	link := document(t, admin.get("/access/accounts").body).Find("main tbody tr:contains('analyst') a").First().AttrOr("href", "")
	if document(t, admin.get("/").body).Find("nav a[href='/access']").Length() != 1 || document(t, admin.get("/access").body).Find("a[href='/access/accounts']").Length() != 1 {
		t.Error("no way from the menu to the accounts")
	}
	for _, other := range []access.Role{access.Director, access.InformationGovernance} {
		s := h.as(t, other)
		for _, path := range []string{"/password", "/disable", "/enable", "/sign-out"} {
			if r := s.post(link+path, url.Values{}); r.status != http.StatusNotFound {
				t.Errorf("%s: %s: %d", other, path, r.status)
			}
		}
	}
	reset := document(t, admin.post(link+"/password", url.Values{}).body).Find(".govuk-inset-text code").Text()
	if analyst.get("/account").status != http.StatusSeeOther {
		t.Error("a reset leaves somebody signed in")
	}
	signIn := func(password string) int {
		return h.nobody(t).post("/sign-in", url.Values{"username": {"analyst"}, "password": {password}}).status
	}
	if len(reset) < 20 || signIn(better) != http.StatusUnprocessableEntity || signIn(reset) != http.StatusSeeOther {
		t.Errorf("the reset password %q does not let in, or the old one does", reset)
	}
	for _, step := range []struct {
		path string
		want int
	}{{"/disable", http.StatusUnprocessableEntity}, {"/enable", http.StatusSeeOther}} {
		if r := admin.post(link+step.path, url.Values{}); r.status != http.StatusSeeOther {
			t.Errorf("%s: %d", step.path, r.status)
		}
		if status := signIn(reset); status != step.want {
			t.Errorf("after %s: signing in answers %d", step.path, status)
		}
	}
	// Signed out everywhere.
	again := h.nobody(t)
	again.post("/sign-in", url.Values{"username": {"analyst"}, "password": {reset}})
	again.post("/account/tokens", url.Values{"name": {"Reports"}, "days": {"30"}})
	r = admin.post(link+"/sign-out", url.Values{})
	if said := document(t, admin.get(link).body).Find("main").Text(); r.status != http.StatusSeeOther || !strings.Contains(said, "Nowhere.") || !strings.Contains(said, "1 token is still valid") {
		t.Errorf("everywhere: %d %s", r.status, said)
	}
	if r := admin.post("/sign-out/everywhere", url.Values{}); r.status != http.StatusSeeOther || admin.get("/account").status != http.StatusSeeOther {
		t.Errorf("oneself everywhere: %d", r.status)
	}
}
