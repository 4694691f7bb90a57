package dashboards

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
)

// -update writes the golden files again. Look at every line that changes: each
// is somebody who can now open something, or no longer can.
var update = flag.Bool("update", false, "write the golden files again")

// What is open to anybody is this list and no other.
func TestPublicRoutes(t *testing.T) {
	t.Parallel()
	open := []string{"GET /sign-in", "POST /sign-in", "GET /accessibility-statement"}
	s := &site{Options: Options{Workbook: (&fixture{}).never, Inbox: post{}}}
	for _, r := range s.allRoutes() {
		name := r.method + " " + r.path
		if (r.open != nil) != slices.Contains(open, name) {
			t.Errorf("%s: open is %v", name, r.open != nil)
		}
		if (r.open == nil) == (r.page == nil) {
			t.Errorf("%s: a route is either open or a page", name)
		}
	}
}

// TestRoutesByRole asks every route as every role. The golden file is the whole
// policy of the pages.
func TestRoutesByRole(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	parameter := regexp.MustCompile(`:[a-z]+`)
	var routes []string
	for _, r := range h.echo.Routes() {
		if r.Method != http.MethodHead {
			routes = append(routes, r.Method+" "+r.Path)
		}
	}
	slices.Sort(routes) // signing out comes last: POST stands after GET, and /sign-out after /sign-in
	var lines []string
	roles := append([]access.Role{""}, access.Roles()...)
	for _, role := range roles {
		who := "nobody"
		if role != "" {
			who = string(role)
		}
		s := h.nobody(t)
		if role != "" {
			s = h.as(t, role)
		}
		for _, route := range routes {
			method, path, _ := strings.Cut(route, " ")
			if strings.HasPrefix(path, "/static/") {
				continue
			}
			path = parameter.ReplaceAllStringFunc(path, func(name string) string {
				if name == ":indicator" || name == ":measure" {
					return "unauthorised-absence"
				}
				return "1" // a record, a mail
			})
			r := s.send(method, path, url.Values{}, "Sec-Fetch-Site", "same-origin")
			lines = append(lines, fmt.Sprintf("%-28s %-6s %-28s %d %s", who, method, strings.TrimPrefix(route, method+" "), r.status, r.header.Get("Location")))
		}
	}
	got := strings.Join(lines, "\n") + "\n"
	got = trimLines(got)
	const file = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the routes by role are not those of %s:\n%s", file, got)
	}
}

func trimLines(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		out = append(out, strings.TrimRight(line, " "))
	}
	return strings.Join(out, "\n")
}

// Every response carries the headers, whatever serves it and whatever it is.
func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Content-Security-Policy": policy,
	}
	for _, path := range []string{"/", "/sign-in", "/indicators/unauthorised-absence", "/indicators/none", "/cards/unauthorised-absence", "/alerts", "/inbox",
		"/dashboard.xlsx", "/nowhere", "/api/v1/nowhere", "/?colour=red", "/accessibility-statement"} {
		r := director.get(path)
		for name, value := range want {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
		for _, name := range []string{"Permissions-Policy", "X-Request-Id"} {
			if r.header.Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
		if r.header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over plain http", path)
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "http:", "*"} {
		if strings.Contains(policy, bad) || strings.Contains(framing, bad) {
			t.Errorf("the policy holds %q", bad)
		}
	}
	mail := director.get("/inbox/1/html").header
	if mail.Get("Content-Security-Policy") != mailPolicy || !strings.Contains(mailPolicy, "sandbox") || strings.Contains(mailPolicy, "allow-scripts") || strings.Contains(mailPolicy, "allow-same-origin") {
		t.Errorf("a mail's own policy: %q", mail.Get("Content-Security-Policy"))
	}
}

// A change is taken from our own pages only.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{[]string{"Origin", "https://elsewhere.example"}, http.StatusForbidden},
		{[]string{"Origin", "null"}, http.StatusForbidden},
		{nil, http.StatusForbidden}, // a cookie, and nothing that says whence
		{[]string{"Origin", h.url}, http.StatusSeeOther},
	} {
		r := director.send(http.MethodPost, "/sign-out", url.Values{}, c.headers...)
		if r.status != c.want {
			t.Errorf("%v: %d, want %d", c.headers, r.status, c.want)
		}
		if in := director.get("/").status == http.StatusOK; in != (c.want == http.StatusForbidden) {
			t.Errorf("%v: still signed in is %v", c.headers, in)
		}
	}
	// A proxy may show us another host than people use.
	if r := h.nobody(t).send(http.MethodPost, "/sign-in", url.Values{}, "Origin", "http://onevision.example"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the public origin: %d", r.status)
	}
}

func TestErrorsSayNothingOfThemselves(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	const secret = "relation child_name of Jamie"
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New(secret) },
		"panic": func() error { panic(secret) },
	} {
		h.engine.fail = fail
		for _, path := range []string{"/", "/indicators/unauthorised-absence", "/cards/unauthorised-absence"} {
			r := director.get(path)
			if r.status != http.StatusInternalServerError || strings.Contains(r.body, "Jamie") || strings.Contains(r.body, "goroutine") {
				t.Errorf("%s of %s: %d\n%s", name, path, r.status, r.body)
			}
			if !strings.Contains(r.body, r.header.Get("X-Request-Id")) {
				t.Errorf("%s of %s: no reference to report", name, path)
			}
		}
	}
	if logged := h.log.String(); !strings.Contains(logged, "level=ERROR") || strings.Contains(logged, "panic\" value") {
		t.Error("errors of ours are logged")
	}
}

func TestQueriesAreChecked(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	page := "/indicators/unauthorised-absence"
	for query, want := range map[string]int{
		"":                                  200,
		"?period=month":                     200,
		"?period=":                          200,
		"?period=month&last=26":             200,
		"?period=fortnight":                 400,
		"?colour=red":                       400,
		"?period=week&period=month":         400,
		"?last=1000000":                     400,
		"?sort=name&order=ascending":        200,
		"?sort=name&order=sideways":         400,
		"?breakdown=school&member=12":       200,
		"?member=12":                        400,
		"?breakdown=team":                   400,
		"?breakdown=school&member=999":      404,
		"?at=week:2026-11-09":               200,
		"?at=fortnight:2026-11-09":          400,
		"?period=month&at=week:2026-11-09":  400,
		"?%zz":                              400,
		"?<script>alert(1)</script>=1":      400,
		"?breakdown=school&member=1&at=&x=": 400,
	} {
		r := director.get(page + query)
		if r.status != want {
			t.Errorf("%s: %d, want %d", query, r.status, want)
		}
		if want == 400 {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			if doc.Find("main ul.govuk-list li").Length() == 0 || doc.Find("main script").Length() > 0 {
				t.Errorf("%s: the page does not say what it takes", query)
			}
		}
	}
	if r := director.get("/?x=1"); r.status != 400 {
		t.Errorf("the dashboard with a key it does not have: %d", r.status)
	}
	if r := director.get("/cards/unauthorised-absence?sort=name"); r.status != 400 || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a card with a key it does not have: %d %s", r.status, r.header.Get("Content-Type"))
	}
}

// A page that is asked for again says that nothing changed, to its own viewer.
func TestRefresh(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director, analyst := h.as(t, access.Director), h.as(t, access.Analyst)
	for _, path := range []string{"/", "/indicators/unauthorised-absence", "/alerts"} {
		first := director.get(path)
		tag := first.header.Get("ETag")
		if first.status != 200 || tag == "" || !strings.Contains(first.body, "data-tag=") {
			t.Fatalf("%s: %d, tag %q", path, first.status, tag)
		}
		if r := director.get(path, "If-None-Match", tag); r.status != http.StatusNotModified || r.body != "" {
			t.Errorf("%s again: %d, %d bytes", path, r.status, len(r.body))
		}
		if r := analyst.get(path, "If-None-Match", tag); r.status != 200 {
			t.Errorf("%s by somebody else with that tag: %d", path, r.status)
		}
		if r := h.nobody(t).get(path, "If-None-Match", tag, "OneVision-Refresh", "yes"); r.status != http.StatusUnauthorized {
			t.Errorf("%s by nobody: %d", path, r.status)
		}
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	r := director.get("/dashboard.xlsx")
	if r.status != 200 || r.header.Get("Content-Type") != excel || !strings.HasPrefix(r.header.Get("Content-Disposition"), `attachment; filename="OneVision dashboard `) {
		t.Errorf("workbook: %d %v", r.status, r.header)
	}
	h.sheet = func(w writer) error { return errors.New("no figures") }
	if r := director.get("/dashboard.xlsx"); r.status != 500 || r.header.Get("Content-Disposition") != "" || !strings.Contains(r.body, "<h1") {
		t.Errorf("a workbook that cannot be begun: %d", r.status)
	}
	h.sheet = func(w writer) error {
		_, _ = w.Write([]byte("PK"))
		return errors.New("broke off")
	}
	if r := director.get("/dashboard.xlsx"); r.status != -1 {
		t.Errorf("a workbook that broke off looks whole: %d %q", r.status, r.body)
	}
}

func TestTheLogHoldsNoValues(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	director.get("/indicators/unauthorised-absence?breakdown=school&member=4711")
	director.get("/nowhere/4711")
	logged := h.log.String()
	if strings.Contains(logged, "4711") || strings.Contains(logged, goodPassword) || strings.Contains(logged, "Pat Invented") {
		t.Errorf("the log holds a value:\n%s", logged)
	}
	if !strings.Contains(logged, "route=/indicators/:indicator") {
		t.Errorf("the log does not name the route:\n%s", logged)
	}
}
