package intake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
)

// A file of 2021, sent again after those of 2022 and 2023, changes nothing that
// they have said, whatever it says of the same days.
func TestAnOlderYearSentAgainChangesNothing(t *testing.T) {
	h := newFixture(t, 0)
	h.imported("", headerHeader+"1,1,14/02/2011,WBRI,,,\n2,2,15/03/2012,WBRI,,,\n")
	old := "1,01/05/2020,S,V2,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n" + "2,01/06/2020,S,C1,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n"
	h.imported("", episodesHeader+old)
	later := "1,01/05/2020,S,V2,N1,U6,PR1,10/06/2021,X1,CARPL,CB1 2AB,PE13 1AA,\n" + "1,10/06/2021,P,V2,N1,U4,PR1,,,,CB1 2AB,PE13 1AB,\n" +
		"2,01/06/2020,S,C1,N1,U6,PR1,01/12/2021,E8,,CB1 2AB,PE13 1AA,\n"
	h.imported("", episodesHeader+later)
	stands := h.stands()
	report, _ := h.imported("", episodesHeader+old)
	if report.Unchanged != 2 || h.stands() != stands {
		t.Errorf("the older file again: %+v; there stands\n%s", report, h.stands())
	}
	// It says something else of days of which the later one told as well.
	report, _ = h.imported("", episodesHeader+strings.Replace(strings.Replace(old, "01/05/2020,S,V2", "01/05/2020,S,C2", 1), "2,01/06/2020,S", "2,02/06/2020,S", 1))
	if report.Kept != 2 || report.Changed+report.Added+report.Unmatched+report.Rejected != 0 || h.stands() != stands {
		t.Errorf("an older file that says otherwise: %+v; there stands\n%s\nwant\n%s", report, h.stands(), stands)
	}
	// The newest year may be corrected by a file of the same year.
	report, _ = h.imported("", episodesHeader+strings.Replace(later, "01/12/2021,E8", "02/12/2021,E8", 1))
	if report.Changed != 1 {
		t.Errorf("the newest file, corrected: %+v", report)
	}
}

// One row mistyped a year late is rejected, and decides nothing for others.
func TestAStrayYearDecidesNothing(t *testing.T) {
	h := newFixture(t, 0)
	header, rows, next := headerHeader, episodesHeader, episodesHeader
	for n := range 30 {
		header += fmt.Sprintf("%d,1,14/02/2011,WBRI,,,\n", n+1)
		rows += fmt.Sprintf("%d,%02d/05/2020,S,V2,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n", n+1, n+1)
		next += fmt.Sprintf("%d,%02d/05/2020,S,V2,N1,U6,PR1,10/06/2022,E8,,CB1 2AB,PE13 1AA,\n", n+1, n+1)
	}
	h.imported("", header)
	h.imported("", next)
	stands := h.stands()
	stray := strings.Replace(rows, "7,07/05/2020,S,V2,N1,U6,PR1,,,,", "7,07/05/2020,S,V2,N1,U6,PR1,10/06/2023,E8,,", 1)
	var told []string
	report, err := h.Import(context.Background(), access.System(access.Importing), "", "episodes.csv", strings.NewReader(stray), intake.Options{Notes: func(n []string) { told = n }})
	if err != nil {
		t.Fatal(err)
	}
	if report.Rejected != 1 || report.Unchanged != 29 || h.stands() != stands {
		t.Errorf("%+v; there stands\n%s", report, h.stands())
	}
	if !strings.Contains(strings.Join(told, " "), "year to 31 March 2021") || !strings.Contains(report.RejectedRows[0].Reason, "31 March 2021") {
		t.Errorf("told %q; rejected %+v", told, report.RejectedRows)
	}
	// With the year given, the row is the one that is right.
	report, err = h.Import(context.Background(), access.System(access.Importing), "", "episodes.csv", strings.NewReader(stray), intake.Options{Year: 2024})
	if err != nil || report.Rejected != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// What a person has decided about a child's time in care stands.
func TestWhatAPersonDecidedOfCareStands(t *testing.T) {
	h := newFixture(t, 0)
	social := accesstest.Viewer(access.SocialWorker)
	h.imported("", headerHeader+"1,1,14/02/2011,WBRI,,,\n2,2,15/03/2012,WBRI,,,\n3,2,15/03/2012,WBRI,,,\n")
	rows := "1,01/05/2024,S,V2,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n" + "2,01/06/2024,S,C1,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n" + "3,01/06/2024,S,C1,N1,U6,PR1,,,,CB1 2AB,PE13 1AA,\n"
	h.imported("", episodesHeader+rows)
	correct := func(child, kind string, change func(rec records.Record)) {
		t.Helper()
		k, _ := records.KindOf(kind)
		list, err := h.store.List(context.Background(), social, k, records.ListQuery{Child: h.publicID(child)})
		if err != nil || len(list.Records) != 1 {
			t.Fatalf("%d records, %v", len(list.Records), err)
		}
		change(list.Records[0])
		if err := h.store.Put(context.Background(), social, list.Records[0], "seen in the file"); err != nil {
			t.Fatal(err)
		}
	}
	// A value: the rest of the child's next year goes in beside it.
	correct("1", "placement", func(rec records.Record) { rec.(*records.Placement).Postcode = "PE13 1AB" })
	// A day: what would have to undo it waits for a person.
	correct("2", "legal-status", func(rec records.Record) { rec.(*records.LegalStatus).FromDate = records.NewDate(2024, 6, 2) })
	next := "1,01/05/2024,S,V2,N1,U6,PR1,10/06/2025,X1,CARPL,CB1 2AB,PE13 1AA,\n" + "1,10/06/2025,P,V2,N1,U4,PR1,,,,CB1 2AB,CB1 2AA,\n" +
		"2,01/06/2024,S,C1,N1,U6,PR1,10/06/2025,E8,,CB1 2AB,PE13 1AA,\n" + "3,01/06/2024,S,C1,N1,U6,PR1,10/06/2025,E8,,CB1 2AB,PE13 1AA,\n"
	report, _ := h.imported("", episodesHeader+next)
	if report.Changed != 2 || report.Added != 1 || report.Kept != 1 || len(report.KeptRows) != 2 {
		t.Errorf("%+v", report)
	}
	for _, l := range report.KeptRows {
		if !strings.Contains(l.Reason, "by a person") {
			t.Errorf("kept: %+v", l)
		}
	}
	for _, want := range []string{
		"placement 1 2024-05-01 2025-06-10 U6 PR1 PE13 1AB", "placement 1 2025-06-10 - U4", "legal status 2 2024-06-02 - C1", "period 2 2024-06-01 -", "period 3 2024-06-01 2025-06-10",
	} {
		if got := h.stands(); !strings.Contains(got, want) {
			t.Errorf("%q is not among what stands:\n%s", want, got)
		}
	}
}

// publicID is the public id of the child with that number in the return.
func (h *fixture) publicID(number string) (id string) {
	h.t.Helper()
	if err := h.admin.QueryRow(context.Background(), `SELECT c.public_id::text FROM child c JOIN child_identifier i ON i.child_id = c.id WHERE i.value = $1`, number).Scan(&id); err != nil {
		h.t.Fatal(err)
	}
	return id
}
