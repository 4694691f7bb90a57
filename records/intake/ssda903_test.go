package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
	_ "onevision/records/intake/ssda903"
)

const (
	headerHeader   = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
	episodesHeader = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
	reviewsHeader  = "CHILD,DOB,REVIEW,REVIEW_CODE\n"
)

// year imports one year of the sample return, header first.
func (h *fixture) year(year int) (header, episodes, reviews intake.Report) {
	h.t.Helper()
	var reports []intake.Report
	for _, name := range []string{"header", "episodes", "reviews"} {
		var rejects bytes.Buffer
		r, err := h.ImportFile(context.Background(), access.System(access.Importing), "ssda903",
			filepath.Join("testdata", "ssda903", fmt.Sprint(year), name+".csv"), intake.Options{Rejects: &rejects})
		if err != nil {
			h.t.Fatal(err)
		}
		if rejects.Len() > 0 || r.Unmatched > 0 {
			h.t.Fatalf("%d, %s: %s %+v", year, name, rejects.String(), r.UnmatchedRows)
		}
		reports = append(reports, r)
	}
	return reports[0], reports[1], reports[2]
}

// wrote is what the report says of records: "kind made/corrected/deleted".
func wrote(r intake.Report) string {
	var b []string
	for _, w := range r.Records {
		b = append(b, fmt.Sprintf("%s %d/%d/%d", w.Kind, w.Created, w.Corrected, w.Deleted))
	}
	return strings.Join(b, ", ")
}

func wantWrote(t testing.TB, r intake.Report, want string) {
	t.Helper()
	if got := wrote(r); got != want {
		t.Errorf("%s: wrote %q; want %q", r.Name, got, want)
	}
}

// stands is every record that the return is about, without keys.
func (h *fixture) stands() string {
	h.t.Helper()
	var b strings.Builder
	for _, sql := range []string{
		`SELECT concat_ws(' ', 'child', i.value, c.date_of_birth, c.sex, c.ethnicity, coalesce(c.upn, '-')) FROM child c JOIN child_identifier i ON i.child_id = c.id ORDER BY i.value`,
		`SELECT concat_ws(' ', 'period', i.value, p.from_date, coalesce(p.to_date::text, '-'), p.need, coalesce(p.end_reason, '-'), coalesce(p.begins_with, '-')) FROM looked_after_period p JOIN child_identifier i USING (child_id) ORDER BY i.value, p.from_date`,
		`SELECT concat_ws(' ', 'legal status', i.value, s.from_date, coalesce(s.to_date::text, '-'), s.status) FROM legal_status s JOIN child_identifier i USING (child_id) ORDER BY i.value, s.from_date`,
		`SELECT concat_ws(' ', 'placement', i.value, s.from_date, coalesce(s.to_date::text, '-'), s.type, s.provider, coalesce(s.postcode, '-'), coalesce(s.district, '-'), coalesce(s.home_postcode, '-'), coalesce(s.urn, '-'), coalesce(s.change_reason, '-'), CASE WHEN s.same_carer THEN 'same carer' END) FROM placement s JOIN child_identifier i USING (child_id) ORDER BY i.value, s.from_date`,
		`SELECT concat_ws(' ', 'review', i.value, v.date, v.participation, 'of', p.from_date) FROM looked_after_review v JOIN looked_after_period p ON p.id = v.period_id JOIN child_identifier i ON i.child_id = v.child_id ORDER BY i.value, v.date`,
	} {
		rows, err := h.admin.Query(context.Background(), sql)
		if err != nil {
			h.t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				h.t.Fatal(err)
			}
			b.WriteString(line + "\n")
		}
		if rows.Err() != nil {
			h.t.Fatal(rows.Err())
		}
	}
	return b.String()
}

// versions counts all that was ever written of the return.
func (h *fixture) versions() int64 {
	return h.count(`SELECT coalesce((SELECT sum(version) FROM child), 0) + coalesce((SELECT sum(version) FROM child_identifier), 0) + coalesce((SELECT sum(version) FROM looked_after_period), 0)
		+ coalesce((SELECT sum(version) FROM legal_status), 0) + coalesce((SELECT sum(version) FROM placement), 0) + coalesce((SELECT sum(version) FROM looked_after_review), 0)
		+ (SELECT count(*) FROM placement_history) + (SELECT count(*) FROM legal_status_history) + (SELECT count(*) FROM looked_after_period_history)`)
}

// Three years of the sample return, one after the other: what stands after
// each is a file that a person can read.
func TestSeveralYearsOfTheReturn(t *testing.T) {
	h := newFixture(t, 0)
	if _, err := h.admin.Exec(t.Context(), `INSERT INTO postcode_sector VALUES ('CB1 2', 'E07000008'), ('PE13 1', 'E07000010')`); err != nil {
		t.Fatal(err)
	}
	h.child(upn(5)) // a pupil who is on record already
	golden := func(year int) {
		t.Helper()
		path := filepath.Join("testdata", "ssda903", fmt.Sprintf("%d.txt", year))
		got := h.stands()
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != got {
			t.Errorf("what stands after %d differs from %s (%v); got\n%s", year, path, err, got)
		}
	}
	header, episodes, reviews := h.year(2023)
	want(t, header, 4, 4, 0, 0, 0, 0)
	wantWrote(t, header, "child 4/0/0, child-identifier 4/0/0")
	want(t, episodes, 7, 7, 0, 0, 0, 0)
	wantWrote(t, episodes, "looked-after-period 4/0/0, legal-status 7/0/0, placement 5/0/0")
	want(t, reviews, 4, 4, 0, 0, 0, 0)
	wantWrote(t, reviews, "looked-after-review 4/0/0")
	golden(2023)

	before := h.versions()
	header, episodes, reviews = h.year(2023)
	want(t, header, 4, 0, 0, 4, 0, 0)
	want(t, episodes, 7, 0, 0, 7, 0, 0)
	want(t, reviews, 4, 0, 0, 4, 0, 0)
	if after := h.versions(); after != before {
		t.Errorf("the same year again wrote %d versions", after-before)
	}

	// The pupil of the school whom the next year's return brings has the same
	// UPN, and another date of birth: nobody is guessed.
	report, _ := h.imported("ssda903", headerHeader+"100005,F,02/03/2015,AIND,"+upn(5)+",,\n")
	want(t, report, 1, 0, 0, 0, 1, 0)
	if _, err := h.admin.Exec(t.Context(), `UPDATE child SET date_of_birth = '2015-03-02', ethnicity = 'AIND' WHERE upn = $1`, upn(5)); err != nil {
		t.Fatal(err)
	}
	header, episodes, _ = h.year(2024)
	want(t, header, 5, 1, 2, 2, 0, 0) // the pupil gets a number; a UPN and an ethnicity are learnt
	wantWrote(t, header, "child 0/2/0, child-identifier 1/0/0")
	if report.Resolved != 0 || header.Resolved != 1 {
		t.Errorf("%d rows that matched nobody match now", header.Resolved)
	}
	want(t, episodes, 10, 7, 3, 0, 0, 0)
	if len(episodes.ChangedRows) != 3 || episodes.ChangedRows[0].Line != 2 || episodes.ChangedRows[0].Column != "DEC, REC, REASON_PLACE_CHANGE" {
		t.Errorf("%+v", episodes.ChangedRows)
	}
	golden(2024)

	h.year(2025)
	golden(2025)

	// Any year again, in any order, changes nothing: what later years told stays.
	before, stood := h.versions(), h.stands()
	for _, year := range []int{2025, 2024, 2025} { // 2023 says otherwise of two children
		_, b, c := h.year(year)
		if b.Added+b.Changed+c.Added+c.Changed != 0 {
			t.Errorf("%d again: %v %v %+v", year, counts(b), counts(c), b.ChangedRows)
		}
	}
	if now := h.stands(); now != stood || h.versions() != before {
		t.Errorf("years again changed what stands:\n%s", now)
	}

	// The children have no name, and their records can be read and corrected.
	list, err := h.store.List(t.Context(), accesstest.Viewer(access.SocialWorker), kind("child"), records.ListQuery{})
	if err != nil || len(list.Records) != 5 {
		t.Fatalf("%d children, %v", len(list.Records), err)
	}
	for _, k := range []string{"child", "child-identifier", "looked-after-period", "legal-status", "placement", "looked-after-review"} {
		list, err := h.store.List(t.Context(), access.System(access.Generating), kind(k), records.ListQuery{})
		if err != nil || len(list.Records) == 0 {
			t.Fatalf("%s: %v", k, err)
		}
		for _, rec := range list.Records {
			if err := h.store.Put(t.Context(), access.System(access.Generating), rec, "put again as it stands"); err != nil {
				t.Errorf("%s %s cannot be put again: %v", k, rec.Head().ID, err)
			}
		}
	}
	if h.versions() != before {
		t.Error("records put again as they stand were changed")
	}
}

func kind(name string) *records.Kind {
	k, ok := records.KindOf(name)
	if !ok {
		panic(name)
	}
	return k
}

// Files of the set are taken in the order in which they need each other.
func TestTheFilesOfAReturnAreTakenInOrder(t *testing.T) {
	var given, want []string
	for _, year := range []string{"2023", "2024"} {
		for _, name := range []string{"reviews", "episodes", "header"} {
			given = append(given, filepath.Join("testdata", "ssda903", year, name+".csv"))
		}
	}
	for _, name := range []string{"header", "episodes", "reviews"} {
		for _, year := range []string{"2023", "2024"} {
			want = append(want, filepath.Join("testdata", "ssda903", year, name+".csv"))
		}
	}
	got, err := intake.InOrder(given)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := intake.InOrder([]string{"ssda903_test.go"}); err == nil || !strings.Contains(err.Error(), "ssda903_test.go") {
		t.Error(err)
	}
	if !intake.Known("ssda903") || !intake.Known("ssda903-episodes") || intake.Known("ssda") {
		t.Error("what can be asked for")
	}
}

func TestHeaderRowsThatConflictAreListed(t *testing.T) {
	h := newFixture(t, 2) // both born on 4 May 2010, with UPNs
	row := func(child, sex, dob, ethnic, upn string) string {
		return strings.Join([]string{child, sex, dob, ethnic, upn, "", ""}, ",") + "\n"
	}
	a, b := h.upns[0], h.upns[1]
	report, _ := h.imported("ssda903-header", headerHeader+row("1", "2", "04/05/2010", "WBRI", a))
	want(t, report, 1, 1, 0, 0, 0, 0)
	wantWrote(t, report, "child-identifier 1/0/0")
	report, rejects := h.imported("ssda903-header", headerHeader+
		row("2", "2", "04/05/2010", "WBRI", a)+ // 2: the UPN has another number
		row("1", "2", "05/05/2010", "WBRI", "UN1")+ // 3: another date of birth
		row("3", "1", "05/05/2010", "WBRI", b)+ // 4: another date of birth
		row("4", "1", "04/05/2010", "WBRI", "")+ // 5: nobody is guessed by date of birth and sex
		row("5", "3", "04/05/2010", "WBRI", "")+ // 6: sex
		row("6", "1", "2010-05-04", "WBRI", "")+ // 7: date
		row("7", "1", "04/05/2010", "XXXX", "")+ // 8: ethnicity
		row("8", "1", "04/05/2010", "WBRI", a[:5])+ // 9: no UPN at all
		row("abc-1", "1", "04/05/2010", "WBRI", "")+ // 10: number
		row("9", "1", "04/05/2027", "WBRI", "")+ // 11: in the future
		row("10", "1", "04/05/2011", "WBRI", upn(77))+ // 12, 13: one UPN for two
		row("11", "1", "04/05/2012", "WBRI", upn(77)))
	want(t, report, 12, 1, 0, 0, 3, 8)
	for i, column := range []string{"CHILD", "DOB", "DOB"} {
		if l := report.UnmatchedRows[i]; l.Column != column || l.Line != int64(i+2) {
			t.Errorf("unmatched: %+v", l)
		}
	}
	for i, column := range []string{"SEX", "DOB", "ETHNIC", "UPN", "CHILD", "DOB", "UPN", "UPN"} {
		if l := report.RejectedRows[i]; l.Column != column || l.Line != int64(i+6) {
			t.Errorf("rejected: %+v", l)
		}
	}
	if n := h.count(`SELECT count(*) FROM child`); n != 3 {
		t.Errorf("%d children", n)
	}
	// A UPN whose check letter fails is without effect on the child, and is kept as
	// the return states it; SEX may be not known.
	report, _ = h.imported("ssda903-header", headerHeader+row("77", "9", "04/05/2010", "WBRI", "Z"+a[1:]))
	if report.Added != 1 || len(report.KeptRows) != 1 || report.KeptRows[0].Column != "UPN" {
		t.Errorf("%+v", report)
	}
	if n := h.count(`SELECT count(*) FROM stated_value s JOIN child c ON c.id = s.record_id WHERE s.kind = 'child' AND s.field = 'upn' AND s.source = 'social-care' AND s.value = $1 AND c.upn IS NULL AND c.sex = 'U'`, "Z"+a[1:]); n != 1 {
		t.Errorf("the UPN as it was stated is kept %d times", n)
	}
	// The two numbers of one UPN, and the UPN of another child.
	h.imported("", headerHeader+row("20", "2", "04/05/2010", "WBRI", b))
	report, _ = h.imported("", headerHeader+row("20", "2", "04/05/2010", "WBRI", a)+row("1", "2", "04/05/2010", "WBRI", upn(78)))
	want(t, report, 2, 0, 0, 0, 2, 0)
	// Earlier years call the column GENDER, and so do the rejects.
	_, rejects = h.imported("ssda903", strings.Replace(headerHeader, "SEX", "GENDER", 1)+row("30", "x", "04/05/2010", "WBRI", ""))
	if !strings.HasPrefix(rejects, "CHILD,GENDER,DOB") || !strings.Contains(rejects, ",GENDER,x,") {
		t.Error(rejects)
	}
	report, rejects = h.imported("", strings.Replace(rejects, "30,x,", "30,2,", 1))
	want(t, report, 1, 1, 0, 0, 0, 0)
	if rejects != "" {
		t.Error(rejects)
	}
}

// returned is a fixture whose child 1 the return knows.
func returned(t testing.TB) *fixture {
	h := newFixture(t, 0)
	h.imported("", headerHeader+"1,1,14/02/2011,WBRI,,,\n2,2,15/02/2011,WBRI,,,\n")
	return h
}

func TestEpisodesThatCannotBeRightGoBackByChild(t *testing.T) {
	h := returned(t)
	good := "2,01/05/2025,S,V2,N1,U4,PR1,,,,,,\n"
	for _, c := range []struct{ name, column, says, rows string }{
		{"no DECOM", "DECOM", "must be given", "1,,S,V2,N1,U4,PR1,,,,,,"},
		{"another way of dates", "DECOM", "dd/mm/yyyy", "1,2025-05-01,S,V2,N1,U4,PR1,,,,,,"},
		{"in the future", "DECOM", "future", "1,01/05/2027,S,V2,N1,U4,PR1,,,,,,"},
		{"no such legal status", "LS", "not one of the codes", "1,01/05/2025,S,V9,N1,U4,PR1,,,,,,"},
		{"a code that had ended", "PLACE", "not in use", "1,01/05/2025,S,V2,N1,H5,PR4,,,,,,"},
		{"a code that had not begun", "PLACE", "not in use", "1,01/05/2022,S,V2,N1,K3,PR4,01/06/2022,E4A,,,,"},
		{"no need", "CIN", "must be given", "1,01/05/2025,S,V2,,U4,PR1,,,,,,"},
		{"a postcode", "PL_POST", "postcode", "1,01/05/2025,S,V2,N1,U4,PR1,,,,,CB1,"},
		{"an end without its reason", "REC", "needs the reason", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,,,,,"},
		{"a reason without its end", "DEC", "needs the day", "1,01/05/2025,S,V2,N1,U4,PR1,,E4A,,,,"},
		{"no day long", "DEC", "whole days", "1,01/05/2025,S,V2,N1,U4,PR1,01/05/2025,E4A,,,,"},
		{"another follows, and does not", "REC", "another episode follows", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,"},
		{"a gap", "DECOM", "not the day", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,02/06/2025,P,V2,N1,U4,PR1,,,,,,"},
		{"an overlap", "DECOM", "before the end", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,02/05/2025,P,V2,N1,U4,PR1,,,,,,"},
		{"started twice", "RNE", "cannot be S", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,01/06/2025,S,V2,N1,U4,PR1,,,,,,"},
		{"went on after the end", "RNE", "can only be S", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,E4A,,,,\n1,01/06/2025,P,V2,N1,U4,PR1,,,,,,"},
		{"no end before the next", "DECOM", "has no end", "1,01/05/2025,S,V2,N1,U4,PR1,,,,,,\n1,01/06/2025,P,V2,N1,U4,PR1,,,,,,"},
		{"another need", "CIN", "stays as it was", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,01/06/2025,P,V2,N2,U4,PR1,,,,,,"},
		{"L, and the placement changed", "RNE", "only the legal status", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,01/06/2025,L,C1,N1,U5,PR1,,,,,,"},
		{"L, and nothing changed", "LS", "it has changed", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,01/06/2025,L,V2,N1,U4,PR1,,,,,,"},
		{"P, and the legal status changed", "LS", "it has not changed", "1,01/05/2025,S,V2,N1,U4,PR1,01/06/2025,X1,,,,\n1,01/06/2025,P,C1,N1,U5,PR1,,,,,,"},
		{"two of one day", "", "says something else of the same", "1,01/05/2025,S,V2,N1,U4,PR1,,,,,,\n1,01/05/2025,S,C1,N1,U4,PR1,,,,,,"},
		{"too few values", "", "values where 13 belong", "1,01/05/2025,S,V2,N1,U4,PR1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := int64(strings.Count(c.rows, "\n") + 1)
			report, rejects := h.imported("ssda903-episodes", episodesHeader+c.rows+"\n"+good)
			if report.Rejected != n || report.Added+report.Unchanged != 1 || report.Unmatched+report.Changed != 0 {
				t.Fatalf("%v %+v", counts(report), report.RejectedRows)
			}
			found := false
			for _, l := range report.RejectedRows {
				found = found || l.Column == c.column && strings.Contains(l.Reason, c.says)
			}
			if !found {
				t.Errorf("%+v", report.RejectedRows)
			}
			rows, err := csv.NewReader(strings.NewReader(rejects)).ReadAll()
			if err != nil || int64(len(rows)) != n+1 {
				t.Fatalf("%v, %q", err, rejects)
			}
			again, _ := h.imported("", rejects)
			want(t, again, n, 0, 0, 0, 0, n)
			// Put right, and fed back, they go in.
			for i, r := range rows[1:] {
				to, rec := fmt.Sprintf("%02d/05/2024", i+2), "X1"
				if i == len(rows)-2 {
					to, rec = "01/06/2024", "E4A"
				}
				copy(r, []string{"1", fmt.Sprintf("%02d/05/2024", i+1), string("SPPP"[i]), "V2", "N1", "U4", "PR1", to, rec, "", "", "", ""})
			}
			var fixed bytes.Buffer
			w := csv.NewWriter(&fixed)
			if err := w.WriteAll(rows); err != nil {
				t.Fatal(err)
			}
			final, left := h.imported("", fixed.String())
			if final.Rejected+final.Unmatched != 0 || left != "" {
				t.Errorf("%v %q", counts(final), left)
			}
		})
	}
}

func TestEpisodesThatTheRecordContradictsAreListed(t *testing.T) {
	h := returned(t)
	h.imported("", episodesHeader+"1,01/05/2023,S,V2,N1,U4,PR1,01/06/2023,X1,,,,\n1,01/06/2023,L,C1,N1,U4,PR1,,,,,,\n2,03/03/2023,S,V2,N1,U4,PR1,,,,,,\n")
	h.imported("", reviewsHeader+"1,14/02/2011,10/05/2023,PN1\n")
	stood := h.stands()
	for _, c := range []struct{ name, column, rows string }{
		{"nobody's number", "CHILD", "9,01/05/2024,S,V2,N1,U4,PR1,,,,,,"},
		{"started again without an end", "DECOM", "1,01/05/2024,S,V2,N1,U4,PR1,,,,,,"},
		{"another legal status than last year's, and RNE P", "LS", "1,01/05/2024,P,V2,N1,U4,PR1,,,,,,"},
		{"a review before the start", "DECOM", "1,15/05/2023,S,V2,N1,U4,PR1,,,,,,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, rejects := h.imported("ssda903", episodesHeader+c.rows+"\n")
			want(t, report, 1, 0, 0, 0, 1, 0)
			if rejects != "" || report.UnmatchedRows[0].Column != c.column {
				t.Errorf("%q %+v", rejects, report.UnmatchedRows)
			}
			if now := h.stands(); now != stood {
				t.Errorf("what stands was changed:\n%s", now)
			}
		})
	}
	// An education officer sees nothing of the rows that wait, nor of the files.
	for role, n := range map[access.Role]int{access.WelfareOfficer: 0, access.SocialWorker: 4} {
		waiting, err := h.Waiting(t.Context(), accesstest.Viewer(role), 0, 10)
		if err != nil || len(waiting) != n {
			t.Errorf("%s sees %d rows that wait, %v; want %d", role, len(waiting), err, n)
		}
	}
	// The same year corrected: the start of child 2 in the year, and back.
	report, _ := h.imported("", episodesHeader+"2,05/03/2023,S,V2,N1,U4,PR1,,,,,,\n1,01/05/2023,S,V2,N1,U4,PR1,,,,,,\n")
	want(t, report, 2, 1, 1, 0, 0, 0)
	if n := h.count(`SELECT count(*) FROM looked_after_period`); n != 2 {
		t.Errorf("%d periods", n)
	}
	wantWrote(t, report, "looked-after-period 0/1/0, legal-status 0/2/1, placement 0/1/0")

	// Two periods that a corrected return makes one: what belongs to the second, of
	// whatever kind, moves to the one that is left.
	h.imported("", episodesHeader+"2,05/03/2023,S,V2,N1,U4,PR1,01/08/2023,E4A,,,,\n2,10/08/2023,S,V2,N1,U4,PR1,,,,,,\n")
	var child, period string
	if err := h.admin.QueryRow(t.Context(), `SELECT c.public_id::text, p.id::text FROM looked_after_period p JOIN child c ON c.id = p.child_id WHERE p.from_date = '2023-08-10'`).Scan(&child, &period); err != nil {
		t.Fatal(err)
	}
	on, score, year := records.NewDate(2023, 9, 1), int16(12), int16(2023)
	parts := []records.Record{
		&records.LookedAfterReview{Child: child, Period: period, Date: on, Participation: "PN1"}, &records.LookedAfterVisit{Child: child, Period: period, Date: on, Seen: true},
		&records.HealthAssessment{Child: child, Period: period, Type: "review", Date: on, Status: "completed"}, &records.DentalCheck{Child: child, Period: period, Date: on, Status: "completed"},
		&records.ImmunisationStatus{Child: child, Period: period, Date: on, UpToDate: true}, &records.Sdq{Child: child, Period: period, Date: on, Score: &score},
		&records.MissingEpisode{Child: child, Period: period, Type: "M", FromDate: on, ToDate: on.Add(1)}, &records.Pep{Child: child, Period: period, Date: on, AcademicYear: &year, Term: "autumn"},
		&records.PreviousPermanence{Child: child, Period: period, Previous: "Z1"},
	}
	for _, rec := range parts {
		h.put(rec)
	}
	report, _ = h.imported("", episodesHeader+"2,05/03/2023,S,V2,N1,U4,PR1,01/08/2023,X1,,,,\n2,01/08/2023,P,V2,N1,U6,PR1,,,,,,\n")
	want(t, report, 2, 1, 1, 0, 0, 0)
	for _, rec := range parts {
		k, _ := records.KindFor(rec)
		if n := h.count(`SELECT count(*) FROM ` + k.Table + ` r JOIN looked_after_period p ON p.id = r.period_id WHERE p.from_date = '2023-03-05'`); n != 1 {
			t.Errorf("%d %s belong to the period that is left, not 1", n, k.Plural)
		}
	}
}

func TestReviewsThatDoNotFitAreListed(t *testing.T) {
	h := returned(t)
	h.imported("", episodesHeader+"1,01/05/2023,S,V2,N1,U4,PR1,01/06/2024,E4A,,,,\n")
	report, _ := h.imported("ssda903-reviews", reviewsHeader+
		"1,14/02/2011,20/05/2023,PN1\n"+
		"1,14/02/2011,01/06/2024,PN6\n"+ // 3: on the day of leaving
		"1,14/02/2011,02/06/2024,PN6\n"+ // 4: after it
		"1,15/02/2011,21/05/2023,PN1\n"+ // 5: another date of birth
		"9,14/02/2011,20/05/2023,PN1\n"+ // 6: nobody
		"1,14/02/2011,22/05/2023,PN9\n"+ // 7: no such code
		"1,14/02/2011,,PN1\n"+ // 8: no date
		"1,14/02/2011,23/05/2023,PN1\n"+ // 9, 10: contradict
		"1,14/02/2011,23/05/2023,PN2\n"+
		"1,14/02/2011,20/05/2023,PN1\n") // 11: the same again
	want(t, report, 10, 2, 0, 1, 3, 4)
	report, _ = h.imported("ssda903", reviewsHeader+"1,14/02/2011,20/05/2023,PN4\n")
	want(t, report, 1, 0, 1, 0, 0, 0)
	wantWrote(t, report, "looked-after-review 0/1/0")
}

func TestOnlyThoseWhoMayImportTheReturn(t *testing.T) {
	h := newFixture(t, 0)
	text := headerHeader + "1,1,14/02/2011,WBRI,,,\n"
	for _, v := range []access.Viewer{{}, accesstest.Viewer(access.WelfareOfficer), accesstest.Viewer(access.Administrator)} {
		if _, err := h.Import(t.Context(), v, "ssda903", "header.csv", strings.NewReader(text), intake.Options{}); err != intake.ErrNotAllowed {
			t.Errorf("%s: %v", v.Role(), err)
		}
	}
	if n := h.count(`SELECT (SELECT count(*) FROM child) + (SELECT count(*) FROM batch)`); n != 0 {
		t.Errorf("%d rows went in", n)
	}
}

// A spreadsheet took the zeros at the beginning of the numbers away: the rows still
// find their children, unless two could be meant.
func TestANumberThatLostItsZeros(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	header, _ := h.imported("ssda903", headerHeader+"000417,1,02/03/2012,WBRI,UN3,,\n00418,2,02/04/2012,WBRI,UN3,,\n0418,2,02/04/2013,WBRI,UN3,,\n")
	want(t, header, 3, 3, 0, 0, 0, 0)
	again, _ := h.imported("ssda903", headerHeader+"417,1,02/03/2012,WBRI,UN3,,\n")
	want(t, again, 1, 0, 0, 1, 0, 0)
	episodes, _ := h.imported("ssda903", episodesHeader+"417,02/05/2025,S,C2,N1,U4,PR1,,,,CB1 1AA,CB1 1AB,\n418,02/05/2025,S,C2,N1,U4,PR1,,,,CB1 1AA,CB1 1AB,\n")
	if episodes.Added != 1 || episodes.Unmatched != 1 || h.count(`SELECT count(*) FROM child_identifier`) != 3 {
		t.Errorf("%v", counts(episodes))
	}
}
