package dashboards

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// A welfare officer opens a row that waits, is told what is wrong, corrects and
// applies it, and discards another; who may not write marks sees none.
func TestWaitingPages(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	store := records.NewStore(h.pool, time.Now)
	files := &intake.Importer{Store: store, Pool: h.pool, Now: time.Now}
	generator := access.System(access.Generating)
	upn, _ := records.UPN("873400121001")
	other, _ := records.UPN("873400121002")
	school := &records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	child := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	for _, rec := range []records.Record{school, child} {
		if err := store.Put(t.Context(), generator, rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Put(t.Context(), generator, &records.Enrolment{Child: child.ID, School: school.ID, Status: "C", FromDate: records.NewDate(2021, 9, 1)}, ""); err != nil {
		t.Fatal(err)
	}
	text := "laestab,upn,date,session,code,minutes_late\n8734001," + other + ",2025-11-10,AM,/,\n8734001," + other + ",2025-11-11,AM,/,\n"
	if _, err := files.Import(t.Context(), access.System(access.Importing), "attendance", "marks.csv", strings.NewReader(text), intake.Options{}); err != nil {
		t.Fatal(err)
	}

	officer := h.as(t, access.WelfareOfficer)
	page := document(t, officer.get("/imports/waiting").body)
	links := page.Find("main tbody a")
	if links.Length() != 2 || !strings.Contains(links.First().Text(), "Line 2 of marks.csv") || strings.Contains(page.Find("main").Text(), other) {
		t.Fatalf("%s", page.Find("main").Text())
	}
	first, second := links.First().AttrOr("href", ""), links.Last().AttrOr("href", "")
	row := document(t, officer.get(first).body)
	if row.Find("#column-upn").AttrOr("value", "") != other {
		t.Errorf("%s", row.Find("main").Text())
	}
	if r := officer.get(first + "?as=" + child.ID); r.status != http.StatusNotFound {
		t.Errorf("a child with whom the row agrees in nothing: %d", r.status)
	}
	form := url.Values{"column-laestab": {"8734001"}, "column-upn": {other}, "column-date": {"2025-11-10"}, "column-session": {"AM"}, "column-code": {"/"}, "column-minutes_late": {""}, "why": {""}}
	r := officer.post(first+"/apply", form)
	if page := document(t, r.body); r.status != http.StatusUnprocessableEntity || page.Find("#why-error").Length() != 1 {
		t.Errorf("without a reason: %d %s", r.status, r.body)
	}
	form.Set("why", "the school says")
	r = officer.post(first+"/apply", form)
	if page := document(t, r.body); r.status != http.StatusUnprocessableEntity || page.Find(".govuk-error-summary a[href='#column-upn']").Length() != 1 {
		t.Errorf("as it is: %d %s", r.status, r.body)
	}
	for _, role := range []access.Role{access.SENOfficer, access.SocialWorker} {
		if r := h.as(t, role).post(first+"/discard", url.Values{"why-discard": {"mine"}}); r.status != http.StatusNotFound {
			t.Errorf("%s discards a row: %d", role, r.status)
		}
	}
	form.Set("column-upn", upn)
	if r := officer.post(first+"/apply", form); r.status != http.StatusSeeOther {
		t.Errorf("applied: %d %s", r.status, r.body)
	}
	if r := officer.post(second+"/discard", url.Values{"why-discard": {"a pupil of another authority"}}); r.status != http.StatusSeeOther {
		t.Errorf("discarded: %d %s", r.status, r.body)
	}
	page = document(t, officer.get("/imports/waiting").body)
	if said := page.Find("main").Text(); !strings.Contains(said, "was discarded") || !strings.Contains(said, "No row waits") {
		t.Errorf("afterwards: %s", said)
	}
}
