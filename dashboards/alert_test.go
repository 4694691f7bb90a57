package dashboards

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/alerts"
	"onevision/indicators"
)

// lived gives the house alerts of its own, with one that the manager was told of,
// and its page.
func lived(t *testing.T, h *fixture) (page string) {
	t.Helper()
	accounts := access.NewAccounts(h.pool, time.Now)
	if err := h.alerts.EnsureRule(t.Context(), alerts.UnauthorisedAbsence()); err != nil {
		t.Fatal(err)
	}
	manager, err := accounts.ByUsername(t.Context(), accesstest.Viewer(access.Administrator), string(access.Manager))
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO alert (rule_id, breakdown, member, member_name, episode, opened_at) SELECT id, 'school', '1', 'Oakfield', 1, now() FROM alert_rule`,
		`INSERT INTO responsibility (account_id, subject, member, part, from_date) VALUES ($1, 'school', 1, 'lead', '2020-01-01')`,
		`INSERT INTO alert_event (alert_id, at, what) SELECT id, now(), 'fired' FROM alert`,
		`INSERT INTO alert_notice (rule_id, alert_id, breakdown, member, account_id, what, at, due_at) SELECT rule_id, id, breakdown, member, $1, 'fired', now(), now() FROM alert`,
	} {
		args := []any{manager.ID}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if _, err := h.pool.Exec(context.WithoutCancel(t.Context()), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	return "/alerts/1"
}

// A manager opens the alert from the mail and acknowledges it: the form has a day
// in it already, so that is one click; the director's list says so.
func TestAnAlertIsAcknowledged(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	page := lived(t, h)
	manager, director := h.as(t, access.Manager), h.as(t, access.Director)
	r := manager.get(page)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %v", r.status, err)
	}
	form := url.Values{}
	doc.Find(`form[action="/alerts/1/acknowledge"] input`).Each(func(_ int, s *goquery.Selection) {
		form.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	form.Set("comment", "I will ring the head")
	if got := manager.post(page+"/acknowledge", form); got.status != http.StatusSeeOther || got.header.Get("Location") != page {
		t.Fatalf("acknowledge: %d\n%s", got.status, got.body)
	}
	due := time.Now().In(indicators.London()).AddDate(0, 0, 7).Format("2 January 2006")
	if r := manager.get(page); !strings.Contains(r.body, "You have acknowledged this alert") || !strings.Contains(r.body, "I will ring the head") {
		t.Errorf("the page afterwards:\n%s", r.body)
	}
	if r := director.get("/alerts"); !strings.Contains(r.body, "Acknowledged by Pat Invented, to be done by "+due) {
		t.Errorf("the director's list:\n%s", r.body)
	}
}

// What is wrong is said beside its field, and what was entered stays.
func TestAnAlertsFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	page := lived(t, h)
	manager := h.as(t, access.Manager)
	for name, c := range map[string]struct {
		deed  string
		form  url.Values
		field string
	}{
		"no such day":   {"acknowledge", url.Values{"due-day": {"31"}, "due-month": {"2"}, "due-year": {"2027"}, "comment": {"typed already"}}, "due-day"},
		"in the past":   {"acknowledge", url.Values{"due-day": {"1"}, "due-month": {"2"}, "due-year": {"2020"}}, "due-day"},
		"nobody":        {"assign", url.Values{"to": {""}}, "to"},
		"a stranger":    {"assign", url.Values{"to": {"99999"}}, "to"},
		"nothing done":  {"act", url.Values{"acted": {" "}}, "acted"},
		"snoozed today": {"snooze", url.Values{"until-day": {"1"}, "until-month": {"1"}, "until-year": {"2020"}}, "until-day"},
	} {
		r := manager.post(page+"/"+c.deed, c.form)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if r.status != http.StatusUnprocessableEntity || doc.Find(".govuk-error-summary a[href='#"+c.field+"']").Length() != 1 || doc.Find("#"+c.field).Length() != 1 ||
			doc.Find("form .govuk-error-message").Length() != 1 || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
			t.Errorf("%s: %d\n%s", name, r.status, r.body)
		}
		if typed := c.form.Get("comment"); typed != "" && doc.Find("#comment").Text() != typed {
			t.Errorf("%s: what was typed is gone", name)
		}
	}
}

// Nothing changes by a GET, from another site, or by somebody whom it does not
// concern; to them an alert that is there has no forms, and one that is not there
// looks like a deed that is not theirs.
func TestWhoMayDoSomethingAboutAnAlert(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	page := lived(t, h)
	form := url.Values{"acted": {"something"}}
	director, manager := h.as(t, access.Director), h.as(t, access.Manager)
	if r := director.get(page); r.status != http.StatusOK || strings.Contains(r.body, "<textarea") {
		t.Errorf("the director, who was not told: %d", r.status)
	}
	for name, r := range map[string]reply{
		"the director":     director.post(page+"/act", form),
		"no such alert":    manager.post("/alerts/77/act", form),
		"no such deed":     manager.post(page+"/burn", form),
		"a review of what": manager.post("/alerts/x/review", form),
	} {
		if r.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := manager.send(http.MethodPost, page+"/act", form, "Sec-Fetch-Site", "cross-site"); r.status != http.StatusForbidden {
		t.Errorf("from another site: %d", r.status)
	}
	if r := manager.get(page + "/act"); r.status == http.StatusOK {
		t.Error("a GET reaches the deed")
	}
	if r := h.nobody(t).get(page); r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/sign-in?next=%2Falerts%2F1") {
		t.Errorf("nobody: %d %s", r.status, r.header.Get("Location"))
	}
	var n int
	if err := h.pool.QueryRow(t.Context(), `SELECT count(*) FROM alert_event WHERE what = 'acted'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d deeds were noted (%v)", n, err)
	}
}
