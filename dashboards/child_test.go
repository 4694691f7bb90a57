package dashboards

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/records"
)

// An education welfare officer has a truant's social worker and telephone three
// actions after signing in (open the search, send a name, choose the child), and no
// byte of the answers tells the case. A transport officer of another school gets
// what they would get if there were no such child.
func TestTruantsSocialWorker(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	store := records.NewStore(h.pool, time.Now)
	put := func(rec records.Record) {
		t.Helper()
		if err := store.Put(t.Context(), access.System(access.Generating), rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	upn, _ := records.UPN("873400121001")
	today := records.DateOf(time.Now())
	school := &records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	child := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	twin := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "M", Ethnicity: "WBRI"} // on no roll: not the officer's
	team := &records.Team{Name: "Children in Care", Service: "looked-after", Telephone: "01632 960100", FromDate: records.NewDate(2015, 4, 1)}
	for _, rec := range []records.Record{school, child, twin, team} {
		put(rec)
	}
	worker := &records.Worker{Team: team.ID, Name: "Sally Madeupname", Telephone: "01632 960123", FromDate: records.NewDate(2015, 4, 1)}
	put(worker)
	for _, c := range []*records.Child{child, twin} {
		put(&records.ChildName{Child: c.ID, Type: "legal", Forename: map[bool]string{true: "Tabitha", false: "Tobias"}[c == child], Surname: "Truantly", FromDate: records.NewDate(2010, 5, 4)})
	}
	put(&records.Address{Child: child.ID, Type: "placement", Lines: "1 Invented Road", Postcode: "CB1 2AB", FromDate: records.NewDate(2024, 1, 1)})
	put(&records.Enrolment{Child: child.ID, School: school.ID, Status: "C", FromDate: records.NewDate(2021, 9, 1)})
	secret := &records.SocialCareCase{Child: child.ID, FromDate: records.NewDate(2026, 1, 17), ReferralSource: "1A", Need: "N1"}
	put(secret)
	put(&records.LookedAfterPeriod{Child: child.ID, Need: "N1", FromDate: records.NewDate(2026, 1, 19)})
	put(&records.Involvement{Child: child.ID, Case: secret.ID, Worker: worker.ID, Team: team.ID, Role: "social-worker", Allocated: true, FromDate: today.Add(-30)})

	officer := h.as(t, access.WelfareOfficer)
	if link := document(t, officer.get("/").body).Find("nav a[href='/children']"); link.Length() != 1 {
		t.Fatal("the menu has no way to the children")
	}
	if form := document(t, officer.get("/children").body).Find("form[action='/children']"); form.AttrOr("method", "") != "post" {
		t.Fatal("a search puts what is looked for into an address")
	}
	found := officer.post("/children", url.Values{"text": {"truantly"}})
	address := "/children/" + child.ID
	if found.status != http.StatusSeeOther || found.header.Get("Location") != address {
		t.Fatalf("the search answers %d %s: %s", found.status, found.header.Get("Location"), found.body)
	}
	page := officer.get(address)
	said := document(t, page.body).Find("main").Text()
	for _, want := range []string{"Tabitha Truantly", "4 May 2010", "Sally Madeupname", "01632 960123", "Children in Care", "01632 960100", "Looked after", "Madeup Academy", "1 Invented Road"} {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q:\n%s", want, said)
		}
	}
	for _, never := range []string{"17 January", "19 January", "abuse", "Abuse", "placement", "Placement", "Referral", "case", "N1", "1A", "Tobias"} {
		if strings.Contains(page.body, never) {
			t.Errorf("the page says %q", never)
		}
	}
	if strings.Contains(document(t, page.body).Find("title").Text(), "Tabitha") {
		t.Error("the child's name stands in the title, which the browser keeps")
	}
	if page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page may be kept: %q", page.header.Get("Cache-Control"))
	}

	// Whoever the child is not theirs: as if there were none, byte for byte but for
	// what every answer differs in.
	other := h.as(t, access.TransportOfficer)
	if r := other.get(address); r.status != http.StatusNotFound {
		t.Errorf("a transport officer opens the page: %d", r.status)
	}
	if r := officer.get("/children/" + twin.ID); r.status != http.StatusNotFound {
		t.Errorf("a child who is on no roll is opened: %d", r.status)
	}
	if r := other.post("/children", url.Values{"text": {"truantly"}}); r.status != http.StatusOK || !strings.Contains(r.body, "No child found") {
		t.Errorf("a transport officer finds: %d %s", r.status, r.body)
	}
	for _, role := range []access.Role{access.Director, access.Manager, access.Administrator, access.InformationGovernance} {
		for _, r := range []reply{h.as(t, role).get("/children"), h.as(t, role).get(address)} {
			if r.status != http.StatusNotFound {
				t.Errorf("%s: %d", role, r.status)
			}
		}
	}
	var looked int
	err := h.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = 'read' AND kind = 'child-record' AND role = 'welfare-officer' AND child_id IS NOT NULL`).Scan(&looked)
	if err != nil || looked != 1 {
		t.Errorf("%d looks are in the audit (%v)", looked, err)
	}
}

// A search for nothing says what to enter.
func TestEmptySearch(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	if r := h.as(t, access.SocialWorker).post("/children", url.Values{"text": {" "}}); r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#text']").Length() != 1 {
		t.Errorf("an empty search: %d", r.status)
	}
}
