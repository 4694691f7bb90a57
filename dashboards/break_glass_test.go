package dashboards

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
)

// restrictedChild is a child with a case, on the caseload of nobody who signs in, and
// restricted to the account named.
func restrictedChild(t *testing.T, h *fixture) *records.Child {
	t.Helper()
	store := records.NewStore(h.pool, time.Now)
	child := &records.Child{DateOfBirth: records.NewDate(2012, 3, 9), Sex: "M", Ethnicity: "WBRI", NHSNumber: "9434765919"}
	for _, rec := range []records.Record{child} {
		if err := store.Put(t.Context(), accesstest.Viewer(access.SocialWorker), rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, rec := range []records.Record{
		&records.ChildName{Child: child.ID, Type: "legal", Forename: "Hidden", Surname: "Madeupson", FromDate: records.NewDate(2012, 3, 9)},
		&records.SocialCareCase{Child: child.ID, FromDate: records.NewDate(2026, 1, 17), ReferralSource: "1A", Need: "N1"},
	} {
		if err := store.Put(t.Context(), accesstest.Viewer(access.SocialWorker), rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	return child
}

// The information governance officer restricts a record: it exists for the few who
// are named and for nobody else. A social worker breaks the glass, sees it under a
// banner for four hours, the officer is told at once and reviews it.
func TestRestrictedAndBreakGlass(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	child := restrictedChild(t, h)
	address := "/children/" + child.ID
	if _, err := h.pool.Exec(t.Context(), `UPDATE account SET email = username || '@example.gov.uk' WHERE role = 'information-governance-officer'`); err != nil {
		t.Fatal(err)
	}
	officer, worker, reviewing := h.as(t, access.InformationGovernance), h.as(t, access.SocialWorker), h.as(t, access.ReviewingOfficer)
	found := func(s *somebody) bool {
		t.Helper()
		r := s.post("/children", url.Values{"text": {"Hidden Madeupson"}})
		open := s.get(address)
		if (r.status == http.StatusSeeOther) != (open.status == http.StatusOK) {
			t.Fatalf("found %d, opened %d", r.status, open.status)
		}
		return open.status == http.StatusOK
	}
	if !found(worker) {
		t.Fatal("the child is not there before it is restricted")
	}

	// Find, look whom it is about, restrict.
	if link := document(t, officer.get("/access").body).Find("main a[href='/access/restrictions']"); link.Length() != 1 {
		t.Fatal("no way to the restricted records")
	}
	if r := officer.post("/access/restrictions/find", url.Values{"child": {"Hidden Madeup"}, "born-day": {"9"}, "born-month": {"3"}, "born-year": {"2012"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("half a name finds: %d", r.status)
	}
	page := document(t, officer.post("/access/restrictions/find", url.Values{"child": {"hidden MADEUPSON"}, "born-day": {"9"}, "born-month": {"3"}, "born-year": {"2012"}}).body)
	if !strings.Contains(page.Find("main dl").Text(), "Hidden Madeupson") || page.Find("input[name=id]").AttrOr("value", "") != child.ID {
		t.Fatalf("%s", page.Find("main").Text())
	}
	form := url.Values{"id": {child.ID}, "class": {"confidential"}, "reason": {"Asked for by the police"}, "named": {"reviewing-officer"}}
	for field, value := range map[string]string{"class": "", "reason": " ", "named": "nobody.here"} {
		bad := url.Values{}
		for k, v := range form {
			bad[k] = v
		}
		bad.Set(field, value)
		r := officer.post("/access/restrictions", bad)
		if r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#"+field+"']").Length() != 1 {
			t.Errorf("%s: %d", field, r.status)
		}
	}
	if r := officer.post("/access/restrictions", form); r.status != http.StatusSeeOther {
		t.Fatalf("restricting: %d %s", r.status, r.body)
	}
	list := officer.get("/access/restrictions")
	if !strings.Contains(list.body, child.ID) || !strings.Contains(list.body, "reviewing-officer") || strings.Contains(list.body, "Madeupson") {
		t.Errorf("the list: %s", document(t, list.body).Find("main").Text())
	}
	if found(worker) || !found(reviewing) {
		t.Error("a restricted child exists for others, or not for who is named")
	}

	// Break the glass: each thing that lacks is said, and nothing opens.
	glass := url.Values{"child": {"943 476 5919"}, "reason": {"Police at the door, asking where the father lives"}, "password": {goodPassword}}
	for field, value := range map[string]string{"reason": "too short a reason", "password": "not this password", "child": "9434765919x"} {
		bad := url.Values{}
		for k, v := range glass {
			bad[k] = v
		}
		bad.Set(field, value)
		r := worker.post("/break-glass", bad)
		if r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#"+field+"']").Length() != 1 {
			t.Errorf("%s: %d %s", field, r.status, document(t, r.body).Find("main").Text())
		}
	}
	if found(worker) {
		t.Fatal("a refused break-glass opened the record")
	}
	for _, role := range []access.Role{access.WelfareOfficer, access.Administrator, access.InformationGovernance} {
		if r := h.as(t, role).post("/break-glass", glass); r.status != http.StatusNotFound {
			t.Errorf("%s breaks the glass: %d", role, r.status)
		}
	}
	if r := worker.post("/break-glass", glass); r.status != http.StatusSeeOther || r.header.Get("Location") != address {
		t.Fatalf("breaking the glass: %d %s", r.status, document(t, r.body).Find("main").Text())
	}
	if !found(worker) {
		t.Fatal("the record did not open")
	}
	if opened := worker.get(address); !strings.Contains(opened.body, "17 January 2026") {
		t.Error("the case does not show: the child is not the viewer's for the four hours")
	}
	// What they change has a reason, which may tell of the record.
	var account int64
	if err := h.pool.QueryRow(t.Context(), `SELECT id FROM account WHERE username = 'social-worker'`).Scan(&account); err != nil {
		t.Fatal(err)
	}
	name := &records.ChildName{Child: child.ID, Type: "former", Forename: "Before", Surname: "Otherson", FromDate: records.NewDate(2012, 3, 10)}
	if err := records.NewStore(h.pool, time.Now).Put(t.Context(), accesstest.ViewerOf(account, access.SocialWorker), name, "the mother fled from the father"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/children", address, "/alerts", "/children/1"} {
		if n := document(t, worker.get(path).body).Find(".govuk-notification-banner a[href='" + address + "']").Length(); n != 1 {
			t.Errorf("%s: %d banners", path, n)
		}
	}
	if n := document(t, reviewing.get("/children").body).Find(".govuk-notification-banner").Length(); n != 0 {
		t.Error("somebody else has the banner")
	}

	// The officer was told, of what found nobody too, with no word of whom.
	rows, err := h.pool.Query(t.Context(), `SELECT m.subject || m.body_text || m.body_html FROM alert_message m JOIN account a ON a.id = m.account_id
		WHERE m.reason = 'break-glass' AND a.role = 'information-governance-officer' AND m.sent_at IS NULL ORDER BY m.id`)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(letters) != 2 || !strings.Contains(letters[1], "http://onevision.example/access/break-glass/2") {
		t.Fatalf("%d letters (%v): %s", len(letters), err, letters)
	}
	for _, letter := range letters {
		for _, never := range []string{"Hidden", "Madeupson", child.ID, "9434765919", "Police", "Pat Invented"} {
			if strings.Contains(letter, never) {
				t.Errorf("a letter says %q", never)
			}
		}
	}
	queue := document(t, officer.get("/access/break-glass").body)
	if n := queue.Find("main tbody tr").Length(); n != 2 {
		t.Fatalf("%d wait for review", n)
	}
	review := officer.get("/access/break-glass/2")
	if said := document(t, review.body).Find("main").Text(); !strings.Contains(said, "Police at the door") || !strings.Contains(said, child.ID) || !strings.Contains(said, "A restricted child") {
		t.Errorf("the review: %s", said)
	}
	if looks := document(t, review.body).Find("main tbody").Text(); !strings.Contains(looks, "Read: child record") || !strings.Contains(looks, "Break glass") {
		t.Errorf("the review does not say what was looked at: %s", looks)
	} else if strings.Contains(looks, "fled") || !strings.Contains(looks, "Told with the record only") || !strings.Contains(looks, "Police at the door") {
		t.Errorf("the reason of a change is told to who does not see the record, or that of the look is not: %s", looks)
	}
	// The lines before one of them, where there are more than a page has.
	if r := officer.get("/access/break-glass/2?before=1"); r.status != http.StatusOK || document(t, r.body).Find("main tbody tr").Length() != 0 {
		t.Errorf("the lines before the first: %d", r.status)
	}
	if r := officer.get("/access/break-glass/2?before=x"); r.status != http.StatusBadRequest {
		t.Errorf("the lines before no line: %d", r.status)
	}
	// Who has looked: the same lines among all others of the child; everybody sees their own.
	if r := officer.post("/access/looks", url.Values{"child": {child.ID}}); r.status != http.StatusOK || !strings.Contains(document(t, r.body).Find("main tbody").Text(), "Pat Invented, social worker") ||
		!strings.Contains(document(t, r.body).Find("main tbody").Text(), "Search: child") {
		t.Errorf("who has looked: %d %s", r.status, document(t, r.body).Find("main").Text())
	}
	if r := officer.post("/access/looks", url.Values{"child": {"9434765918"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("who has looked at nobody: %d", r.status)
	}
	if own := worker.get("/account/looks"); !strings.Contains(own.body, "the mother fled from the father") || !strings.Contains(own.body, "Read: child record") || strings.Contains(own.body, "Restrict") || strings.Contains(own.body, "Madeupson") {
		t.Errorf("what the worker has looked at: %s", document(t, own.body).Find("main").Text())
	}
	if r := officer.post("/access/break-glass/2", url.Values{"outcome": {"not-justified"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a reproach without a note: %d", r.status)
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusNotFound} {
		if r := officer.post("/access/break-glass/2", url.Values{"outcome": {"justified"}, "note": {"Rang the officer on duty"}}); r.status != want {
			t.Errorf("review %d: %d", i+1, r.status)
		}
	}
	if r := worker.get("/access/break-glass/2"); r.status != http.StatusNotFound {
		t.Errorf("a social worker opens a review: %d", r.status)
	}

	// It ends by itself after four hours: as if it had begun that much earlier.
	admin, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	if _, err := admin.Exec(t.Context(), `UPDATE break_glass SET from_at = from_at - interval '4 hours', to_at = to_at - interval '4 hours' WHERE child_id IS NOT NULL`); err != nil {
		t.Fatal(err)
	}
	if found(worker) || document(t, worker.get("/children").body).Find(".govuk-notification-banner").Length() != 0 {
		t.Error("the record is open after four hours")
	}
	// And it is closed before its time.
	worker.post("/break-glass", glass)
	closing := document(t, worker.get("/children").body).Find(".govuk-notification-banner form").AttrOr("action", "")
	if r := worker.post(closing, url.Values{}); r.status != http.StatusSeeOther || found(worker) {
		t.Errorf("closing at %q: %d", closing, r.status)
	}
	// The restriction ends, and the child is there again.
	if r := officer.post(document(t, list.body).Find("main tbody form").AttrOr("action", ""), url.Values{}); r.status != http.StatusSeeOther || !found(worker) {
		t.Errorf("the end of the restriction: %d", r.status)
	}
	var acts int
	err = admin.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action IN ('restrict', 'break-glass', 'review-break-glass', 'end-break-glass', 'end-restriction', 'confirm-password')`).Scan(&acts)
	if err != nil || acts != 10 {
		t.Errorf("%d acts are in the audit (%v)", acts, err)
	}
}
