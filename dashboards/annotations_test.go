package dashboards

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"onevision/access"
)

// annotated is a measure beside which people have written, before it is published.
type annotated struct {
	t        *testing.T
	h        *fixture
	path, to string
}

// annotates writes commentary, acts and an event beside a month that is not published
// yet: some for everybody, some not.
func annotates(t *testing.T, h *fixture, day time.Time) annotated {
	t.Helper()
	month := url.QueryEscape("month:" + day.Format("2006-01"))
	w := annotated{t, h, "/indicators/unauthorised-absence?at=" + month + "&period=month", "/indicators/unauthorised-absence/annotations?at=" + month + "&period=month"}
	// A manager who answers for the authority sees its figures exactly.
	if _, err := h.pool.Exec(t.Context(), `INSERT INTO responsibility (account_id, subject, part, from_date) SELECT id, 'authority', 'lead', '2020-01-01' FROM account WHERE username = 'manager'`); err != nil {
		t.Fatal(err)
	}
	director, manager, member := h.as(t, access.Director), h.as(t, access.Manager), h.as(t, access.LeadMember)
	for _, who := range []*somebody{member, h.as(t, access.Administrator)} {
		if r := who.post(w.to, url.Values{"kind": {"commentary"}, "commentary": {"Mine"}}); r.status != http.StatusNotFound {
			t.Errorf("without exact figures, written: %d", r.status)
		}
	}
	post := func(who *somebody, form url.Values) {
		t.Helper()
		if r := who.post(w.to, form); r.status != http.StatusSeeOther || r.header.Get("Location") != w.to {
			t.Fatalf("%v: %d %s %s", form, r.status, r.header.Get("Location"), r.body)
		}
	}
	page := parsed(t, director.get(w.to).body)
	act := form(page, w.to, "")
	owner := page.Find("#owner option[selected]").AttrOr("value", "")
	date := func(name string, d time.Time) url.Values {
		return url.Values{name + "-day": {fmt.Sprint(d.Day())}, name + "-month": {fmt.Sprint(int(d.Month()))}, name + "-year": {fmt.Sprint(d.Year())}}
	}
	with := func(values url.Values, pairs ...string) url.Values {
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	due := time.Now().AddDate(0, 0, 7)
	if owner == "" || len(act) == 0 {
		t.Fatalf("no owner is chosen: %v", act)
	}

	// What is wrong is said beside its field, and nothing of the form is lost.
	for _, wrong := range []struct {
		who   *somebody
		form  url.Values
		field string
	}{
		{director, url.Values{"kind": {"commentary"}, "commentary": {" "}}, "commentary"},
		{director, url.Values{"kind": {"commentary"}, "commentary": {"a\x00b"}}, "commentary"},
		{director, with(date("due", due), "kind", "act", "act", "Visit", "owner", "999"), "owner"},
		{director, with(date("due", time.Now().AddDate(0, 0, -3)), "kind", "act", "act", "Visit", "owner", owner), "due-day"},
		{director, with(date("day", time.Now().AddDate(0, 0, 3)), "kind", "event", "event", "Visit"), "day-day"},
		{director, url.Values{"kind": {"event"}, "event": {"Visit"}, "day-day": {"31"}, "day-month": {"2"}, "day-year": {"2026"}}, "day-day"},
		{manager, url.Values{"kind": {"commentary"}, "commentary": {"For all"}, "commentary-public": {"yes"}}, ""},
	} {
		r := wrong.who.post(w.to, wrong.form)
		doc := parsed(t, r.body)
		if r.status != http.StatusUnprocessableEntity || doc.Find(".govuk-error-summary").Length() != 1 || wrong.field != "" && doc.Find(`.govuk-error-summary a[href="#`+wrong.field+`"]`).Length() != 1 {
			t.Errorf("%v: %d %s", wrong.form, r.status, doc.Find(".govuk-error-summary").Text())
		}
		if wrong.form.Get("event") != "" && doc.Find("#event").Text() != "Visit" {
			t.Errorf("%v: what was written is gone", wrong.form)
		}
	}
	post(director, url.Values{"kind": {"commentary"}, "commentary": {"Said to all."}, "commentary-public": {"yes"}})
	post(manager, url.Values{"kind": {"commentary"}, "commentary": {"Said among ourselves."}})
	post(director, with(date("due", due), "kind", "act", "act", "Letters to <b>families</b>", "owner", owner, "act-public", "yes"))
	post(director, with(date("due", due), "kind", "act", "act", "A quiet word", "owner", owner))
	post(director, with(date("day", day), "kind", "event", "event", "A strike", "event-public", "yes"))

	r := director.get(w.path)
	checkPage(t, "a measure with annotations", r.body)
	beside := parsed(t, r.body).Find("#beside").Text()
	for _, want := range []string{"Said to all.", "Said among ourselves.", "Letters to <b>families</b>", "A quiet word", "Event 1", "A strike", "Pat Invented, due " + due.Format("2 January 2006"), "Not published", "For everybody"} {
		if !strings.Contains(beside, want) {
			t.Errorf("the director does not read %q: %s", want, beside)
		}
	}
	if !strings.Contains(r.body, `"markLine"`) {
		t.Error("the event is not on the trend")
	}
	if card := parsed(t, director.get("/").body).Find("#card-unauthorised-absence").Text(); !strings.Contains(card, "Letters to <b>families</b>") || !strings.Contains(card, "and 1 more act") {
		t.Errorf("the card says %s", card)
	}
	checkPage(t, "annotations", director.get(w.to).body)
	if r := manager.post(strings.Replace(w.to, "annotations?", "annotations/1/withdraw?", 1), nil); r.status != http.StatusNotFound {
		t.Errorf("a manager withdraws the director's: %d", r.status)
	}
	if r := manager.post(strings.Replace(w.to, "annotations?", "annotations/2/withdraw?", 1), nil); r.status != http.StatusSeeOther {
		t.Errorf("a manager withdraws their own: %d", r.status)
	}
	if r := member.get(w.path); strings.Contains(r.body, "Said to all.") || strings.Contains(r.body, "A strike") {
		t.Error("the lead member reads what is not published yet")
	}
	var lines int
	if err := h.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE kind = 'annotation'`).Scan(&lines); err != nil || lines != 6 {
		t.Errorf("%d lines of audit, %v", lines, err)
	}
	return w
}

// published says that the lead member reads what was public on the day of the
// publication, and nothing that was written, ended or withdrawn since.
func (w annotated) published(member *somebody) {
	w.t.Helper()
	director := w.h.as(w.t, access.Director)
	end := strings.Replace(w.to, "annotations?", "annotations/3/end?", 1)
	if r := director.post(end, url.Values{"outcome": {""}}); r.status != http.StatusUnprocessableEntity || parsed(w.t, r.body).Find(`.govuk-error-summary a[href="#outcome-annotation-3"]`).Length() != 1 {
		w.t.Errorf("an act without outcome: %d", r.status)
	}
	for _, r := range []reply{director.post(end, url.Values{"outcome": {"All were sent."}}), director.post(strings.Replace(w.to, "annotations?", "annotations/5/withdraw?", 1), nil),
		director.post(w.to, url.Values{"kind": {"commentary"}, "commentary": {"An afterthought."}, "commentary-public": {"yes"}})} {
		if r.status != http.StatusSeeOther {
			w.t.Errorf("%d %s", r.status, r.body)
		}
	}
	r := member.get(w.path)
	checkPage(w.t, "published annotations", r.body)
	beside := parsed(w.t, r.body).Find("#beside").Text()
	for _, want := range []string{"Said to all.", "Letters to <b>families</b>", "A strike"} {
		if !strings.Contains(beside, want) {
			w.t.Errorf("the lead member does not read %q: %s", want, beside)
		}
	}
	for _, not := range []string{"ourselves", "quiet word", "afterthought", "All were sent", "Comment, plan"} {
		if strings.Contains(r.body, not) {
			w.t.Errorf("the lead member reads %q", not)
		}
	}
	if card := parsed(w.t, member.get("/").body).Find("#card-unauthorised-absence").Text(); !strings.Contains(card, "Letters to <b>families</b>") {
		w.t.Errorf("the lead member's card says %s", card)
	}
	if own := parsed(w.t, director.get(w.path).body).Find("#beside").Text(); !strings.Contains(own, "All were sent.") || strings.Contains(own, "A strike") || !strings.Contains(own, "An afterthought.") {
		w.t.Errorf("the director reads %s", own)
	}
}
