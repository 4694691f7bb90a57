package dashboards

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
)

// form is what a browser would send of it, with the button of that value.
func form(doc *goquery.Document, action, button string) url.Values {
	values := url.Values{}
	f := doc.Find(`form[action^="` + action + `"]`).Last()
	f.Find("input[name]").Each(func(_ int, s *goquery.Selection) {
		if _, checked := s.Attr("checked"); checked || s.AttrOr("type", "") != "checkbox" {
			values.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	f.Find("select").Each(func(_ int, s *goquery.Selection) {
		chosen := s.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = s.Find("option").First()
		}
		values.Set(s.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	values.Set("do", button)
	return values
}

// A rule is written on the page: nothing is saved before it was shown what the rule
// would have told, nor when it was changed after that.
func TestAnAlertRuleIsWritten(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	admin, manager := h.as(t, access.Administrator), h.as(t, access.Manager)
	const path = "/alerts/rules/new"
	if r := manager.get(path); r.status != http.StatusNotFound {
		t.Errorf("a manager opens the editor: %d", r.status)
	}
	page := parsed(t, admin.get(path+"?indicator=unauthorised-absence").body)
	values := form(page, path, "save")
	values.Set("name", "Absence at a school")
	values.Set("threshold", "three")
	values.Set("breakdown", "school")
	r := admin.post(path, values)
	wrong := parsed(t, r.body)
	if r.status != http.StatusUnprocessableEntity || wrong.Find("#threshold-error").Length() != 1 || wrong.Find(`.govuk-error-summary a[href="#threshold"]`).Length() != 1 || wrong.Find("#name").AttrOr("value", "") != "Absence at a school" {
		t.Fatalf("no number: %d\n%s", r.status, r.body)
	}
	values = form(wrong, path, "save")
	values.Set("threshold", "3")
	r = admin.post(path, values)
	tried := parsed(t, r.body)
	if r.status != http.StatusOK || tried.Find("#tried").Length() != 1 {
		t.Fatalf("not tried before it is saved: %d\n%s", r.status, r.body)
	}
	if list := parsed(t, admin.get("/alerts/rules").body); list.Find("tbody tr").Length() != 0 {
		t.Error("it was saved untried")
	}
	values = form(tried, path, "save")
	values.Set("threshold", "4") // another than the one that was tried
	r = admin.post(path, values)
	if tried = parsed(t, r.body); r.status != http.StatusOK || tried.Find("#threshold").AttrOr("value", "") != "4" {
		t.Fatalf("changed since: %d", r.status)
	}
	r = admin.post(path, form(tried, path, "save"))
	if r.status != http.StatusSeeOther {
		t.Fatalf("save: %d\n%s", r.status, r.body)
	}
	rule := r.header.Get("Location")
	if got := parsed(t, manager.get(rule).body).Find(".govuk-summary-list").Text(); !strings.Contains(got, "Above 4") || !strings.Contains(got, "Each school") {
		t.Errorf("the rule's page says %s", got)
	}
	edit := parsed(t, admin.get(rule+"/edit").body)
	values = form(edit, rule+"/edit", "try")
	values.Set("name", "Absence at any school")
	tried = parsed(t, admin.post(rule+"/edit", values).body)
	if r = admin.post(rule+"/edit", form(tried, rule+"/edit", "save")); r.status != http.StatusSeeOther || r.header.Get("Location") != rule {
		t.Errorf("edit: %d\n%s", r.status, r.body)
	}
	for _, to := range []string{"off", "on"} {
		if r = admin.post(rule+"/switch", url.Values{"to": {to}}); r.status != http.StatusSeeOther {
			t.Errorf("switch %s: %d", to, r.status)
		}
		if got := parsed(t, admin.get("/alerts/rules").body).Find("tbody tr").Text(); !strings.Contains(got, "Absence at any school") || !strings.Contains(strings.ToLower(got), "digest on mondays"+to) {
			t.Errorf("switched %s: %s", to, got)
		}
	}
	if r = manager.post(rule+"/switch", url.Values{"to": {"off"}}); r.status != http.StatusNotFound {
		t.Errorf("a manager switches a rule off: %d", r.status)
	}
}

// A silence says why, and ends when it is ended.
func TestASilenceAndALeave(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	admin, manager := h.as(t, access.Administrator), h.as(t, access.Manager)
	page := parsed(t, admin.get("/alerts/silences").body)
	values := form(page, "/alerts/silences", "")
	if r := admin.post("/alerts/silences", values); r.status != http.StatusUnprocessableEntity || parsed(t, r.body).Find("#comment-error").Length() != 1 {
		t.Errorf("without a reason: %d", r.status)
	}
	values.Set("comment", "a flood")
	if r := manager.post("/alerts/silences", values); r.status != http.StatusNotFound {
		t.Errorf("a manager adds a silence: %d", r.status)
	}
	if r := admin.post("/alerts/silences", values); r.status != http.StatusSeeOther {
		t.Fatalf("add: %d\n%s", r.status, r.body)
	}
	seen := parsed(t, manager.get("/alerts/silences").body)
	if got := seen.Find("tbody tr").Text(); !strings.Contains(got, "a flood") || seen.Find("main form").Length() != 0 {
		t.Errorf("the manager sees %s", got)
	}
	end := parsed(t, admin.get("/alerts/silences").body).Find("tbody form").AttrOr("action", "")
	if r := admin.post(end, nil); r.status != http.StatusSeeOther || parsed(t, admin.get("/alerts/silences").body).Find("tbody tr").Length() != 0 {
		t.Errorf("end: %d", r.status)
	}

	values = form(parsed(t, manager.get("/leave").body), "/leave", "")
	if r := manager.post("/leave", values); r.status != http.StatusUnprocessableEntity || parsed(t, r.body).Find("#back-error").Length() != 1 {
		t.Errorf("no day back: %d", r.status)
	}
	back := time.Now().AddDate(0, 0, 8)
	values.Set("back-day", back.Format("2"))
	values.Set("back-month", back.Format("1"))
	values.Set("back-year", back.Format("2006"))
	if r := manager.post("/leave", values); r.status != http.StatusSeeOther {
		t.Fatalf("leave: %d\n%s", r.status, r.body)
	}
	mine := parsed(t, manager.get("/leave").body)
	if got := mine.Find("tbody tr").Text(); !strings.Contains(got, back.Format("2 January 2006")) {
		t.Errorf("the manager's leave: %s", got)
	}
	end = mine.Find("tbody form").AttrOr("action", "")
	if r := h.as(t, access.Director).post(end, nil); r.status != http.StatusNotFound {
		t.Errorf("somebody else ends it: %d", r.status)
	}
	if r := admin.post(end, nil); r.status != http.StatusSeeOther || parsed(t, manager.get("/leave").body).Find("tbody tr").Length() != 0 {
		t.Errorf("the administrator ends it: %d", r.status)
	}
}
