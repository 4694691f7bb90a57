package dashboards

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"onevision/access"
)

// An administrator says who answers for what, is told what is wrong with a form,
// and ends a responsibility; nobody else has the page.
func TestResponsibilitiesPage(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	admin := h.as(t, access.Administrator)
	form := func(answersFor, from string) url.Values {
		return url.Values{"username": {"manager"}, "answers_for": {answersFor}, "part": {"deputy"}, "from": {from}, "to": {""}}
	}
	if r := admin.post("/responsibilities", form("authority", "2026-01-01")); r.status != http.StatusSeeOther {
		t.Fatalf("adding: %d %s", r.status, r.body)
	}
	page := document(t, admin.get("/responsibilities").body)
	row := strings.Join(strings.Fields(page.Find("main tbody tr").Text()), " ")
	if !strings.Contains(row, "The whole authorityPat Invented") || !strings.Contains(row, "no email address") || !strings.Contains(page.Find("main").Text(), "was added") {
		t.Errorf("%s", page.Find("main").Text())
	}
	// What was typed stays, and the message belongs to its field.
	for field, given := range map[string]url.Values{"answers_for": form("school 1", "2026-01-01"), "from": form("authority", "1 May")} {
		r := admin.post("/responsibilities", given)
		page := document(t, r.body)
		if r.status != http.StatusUnprocessableEntity || page.Find(".govuk-error-summary a[href='#"+field+"']").Length() != 1 || page.Find("#"+field+"-error").Length() != 1 ||
			page.Find("#"+field).AttrOr("value", "") != given.Get(field) || page.Find("select option[selected]").AttrOr("value", "") != "deputy" {
			t.Errorf("%s: %d %s", field, r.status, page.Find("main").Text())
		}
	}
	end := page.Find("main tbody form").AttrOr("action", "")
	for _, role := range []access.Role{access.Director, access.Manager} {
		s := h.as(t, role)
		if r := s.post(end, url.Values{}); r.status != http.StatusNotFound {
			t.Errorf("%s ends one: %d", role, r.status)
		}
	}
	if r := admin.post(end, url.Values{}); r.status != http.StatusSeeOther {
		t.Errorf("ending: %d", r.status)
	}
	if n := document(t, admin.get("/responsibilities").body).Find("main tbody tr").Length(); n != 0 {
		t.Errorf("%d rows after it ended", n)
	}
}
