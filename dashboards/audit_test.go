package dashboards

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"onevision/access"
)

// Each page with figures that somebody opens leaves a line in the audit, and its
// refreshes none; without the line there is no page.
func TestAViewOfFiguresIsAudited(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director, analyst := h.as(t, access.Director), h.as(t, access.Analyst)
	var want []string
	expect := func(what string, lines ...string) {
		t.Helper()
		if want = append(want, lines...); !slices.Equal(h.views.lines, want) {
			t.Errorf("%s: the audit holds %q, want %q", what, h.views.lines, want)
		}
	}
	for path, line := range map[string]string{
		"/": " dashboard", // an answer that is not there yet names no indicator
		"/indicators/unauthorised-absence?period=month": " indicator unauthorised-absence",
	} {
		tag := director.get(path).header.Get("ETag")
		expect(path, "director"+line)
		director.get(path, "If-None-Match", tag, "OneVision-Refresh", "yes")
		director.get(path, "If-None-Match", strings.Replace(tag, "-", "-0", 1), "OneVision-Refresh", "yes")
		expect(path + " refreshed")
		if r := director.get(path, "If-None-Match", tag); r.status != http.StatusNotModified {
			t.Errorf("%s loaded again: %d", path, r.status)
		}
		expect(path+" loaded again", "director"+line)
		analyst.get(path, "If-None-Match", tag, "OneVision-Refresh", "yes")
		director.get(path, "OneVision-Refresh", "yes")
		expect(path+" by somebody else with that tag, and without a tag", "analyst"+line, "director"+line)
	}
	director.get("/alerts")
	director.get("/indicators/nothing")
	director.get("/indicators/unauthorised-absence?member=999")
	h.as(t, access.TransportOfficer).get("/")
	expect("pages without figures")

	h.views.fail = errors.New("the record store is away")
	for _, path := range []string{"/", "/indicators/unauthorised-absence"} {
		if r := director.get(path); r.status != http.StatusInternalServerError || strings.Contains(r.body, "data-tag") || strings.Contains(r.body, fmt.Sprint(h.views.fail)) {
			t.Errorf("%s without its line: %d", path, r.status)
		}
	}
}
