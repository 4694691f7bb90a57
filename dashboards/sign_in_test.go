package dashboards

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
)

func document(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	s := h.nobody(t)
	if r := s.get("/indicators/unauthorised-absence?period=month"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/sign-in?next=%2Findicators%2Funauthorised-absence%3Fperiod%3Dmonth" {
		t.Fatalf("a page without signing in: %d %s", r.status, r.header.Get("Location"))
	}
	form := document(t, s.get("/sign-in?next=%2Findicators%2Funauthorised-absence%3Fperiod%3Dmonth").body)
	next := form.Find("input[name=next]").AttrOr("value", "")
	r := s.post("/sign-in", url.Values{"username": {"director"}, "password": {goodPassword}, "next": {next}})
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/indicators/unauthorised-absence?period=month" {
		t.Fatalf("sign in: %d %s", r.status, r.header.Get("Location"))
	}
	home := document(t, s.get("/").body)
	if got := home.Find(".app-signed-in a").Text(); got != "Pat Invented, director" {
		t.Errorf("signed in as %q", got)
	}
	if r := s.get("/sign-in"); r.status != http.StatusSeeOther {
		t.Errorf("the form for somebody who is signed in: %d", r.status)
	}
	if r := s.get("/sign-out"); r.status != http.StatusMethodNotAllowed {
		t.Errorf("signing out by a link: %d", r.status)
	}
	if r := s.post("/sign-out", url.Values{}); r.header.Get("Location") != "/sign-in" {
		t.Errorf("sign out: %d %s", r.status, r.header.Get("Location"))
	}
	if said := document(t, s.get("/sign-in").body).Find(".govuk-inset-text").Text(); said != "You have signed out." {
		t.Errorf("after signing out: %q", said)
	}
	if r := s.get("/"); r.status != http.StatusSeeOther {
		t.Errorf("the dashboard after signing out: %d", r.status)
	}
}

// Whether an account exists cannot be told from what a wrong sign-in shows.
func TestSignInTellsNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	try := func(username string) string {
		r := h.nobody(t).post("/sign-in", url.Values{"username": {username}, "password": {"not the password of anybody"}})
		if r.status != http.StatusUnprocessableEntity {
			t.Fatalf("%s: %d", username, r.status)
		}
		return strings.ReplaceAll(r.body, username, "WHO")
	}
	known, unknown := try("analyst"), try("nobody.here")
	if known != unknown {
		t.Error("a wrong password and an unknown name look different")
	}
	doc := document(t, known)
	if got := doc.Find(".govuk-error-summary__list a[href='#username']").Text(); got != "The username or the password is not right" {
		t.Errorf("summary: %q", got)
	}
	if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Errorf("title: %q", doc.Find("title").Text())
	}
	if doc.Find("input[type=password]").AttrOr("value", "") != "" {
		t.Error("a password comes back")
	}
}

func TestSignInMissing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	doc := document(t, h.nobody(t).post("/sign-in", url.Values{"username": {" "}}).body)
	for _, field := range []string{"username", "password"} {
		if doc.Find(".govuk-error-summary a[href='#"+field+"']").Length() != 1 || doc.Find("#"+field+"[aria-describedby='"+field+"-error']").Length() != 1 || doc.Find("#"+field+"-error").Length() != 1 {
			t.Errorf("%s: summary, field and message do not belong together", field)
		}
	}
}

func TestSignInThrottled(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	s := h.nobody(t)
	for range 12 {
		r := s.post("/sign-in", url.Values{"username": {"manager"}, "password": {"not the password of anybody"}})
		if r.status != http.StatusTooManyRequests {
			continue
		}
		doc := document(t, r.body)
		if said := doc.Find(".govuk-error-summary").Text(); !regexp.MustCompile(`Wait \d+ (second|minute)s?, then try again`).MatchString(said) {
			t.Errorf("throttled: %q", said)
		}
		if r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return
	}
	t.Error("never throttled")
}

func TestNextStaysHere(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"":                         "/",
		"/alerts":                  "/alerts",
		"/indicators/a?period=b":   "/indicators/a?period=b",
		"https://elsewhere.org/":   "/",
		"//elsewhere.org/":         "/",
		"/\\elsewhere.org":         "/",
		"\\\\elsewhere.org":        "/",
		"javascript:alert(1)":      "/",
		"alerts":                   "/",
		"/a\r\nSet-Cookie: x=y":    "/",
		"/%2felsewhere.org/":       "/%2felsewhere.org/",
		"///elsewhere.org":         "/",
		"/\t/elsewhere.org":        "/",
		"http:elsewhere.org":       "/",
		"/alerts#fragment":         "/alerts#fragment",
		"/?x=https://elsewhere/":   "/?x=https://elsewhere/",
		" /alerts":                 "/",
		"%2F%2Felsewhere.org":      "/",
		"/..//elsewhere.org":       "/..//elsewhere.org",
		"/indicators/a%zz":         "/",
		"https:///elsewhere.org/a": "/",
	} {
		if got := within(next); got != want {
			t.Errorf("within(%q) is %q, want %q", next, got, want)
		}
	}
}

func TestNoDashboardForTheirWork(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	for _, role := range []access.Role{access.Administrator, access.SENOfficer, access.TransportOfficer} {
		doc := document(t, h.as(t, role).get("/").body)
		if doc.Find(".app-card").Length() > 0 || doc.Find("a[href='/alerts']").Length() > 0 || !strings.Contains(doc.Find("main").Text(), "has no dashboard") {
			t.Errorf("%s: %s", role, doc.Find("main").Text())
		}
	}
}
