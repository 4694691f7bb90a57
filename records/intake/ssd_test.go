package intake_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
	_ "onevision/records/intake/ssd"
)

// ssd makes an extract of testdata: ten children, written by hand, so often. What is
// in a line with {n} is there for each time. change, if given, sees each table's text.
func ssd(t testing.TB, week string, times int64, change func(table, text string) string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "ssd", week+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for block := range strings.SplitSeq("\n"+string(text), "\n== ") {
		name, table, _ := strings.Cut(block, "\n")
		if strings.TrimSpace(name) == "" {
			continue
		}
		if change != nil {
			if table = change(name, table); table == "" {
				continue
			}
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(table) {
			if !strings.Contains(line, "{n}") {
				fmt.Fprint(w, line)
				continue
			}
			for n := range times {
				fmt.Fprint(w, strings.NewReplacer("{n}", fmt.Sprint(n+1), "{upn}", upn(int(n+1))).Replace(line))
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h *fixture) extract(name string, content []byte, o intake.Options) (intake.Report, string) {
	h.t.Helper()
	var rejects bytes.Buffer
	o.Rejects = &rejects
	report, err := h.Import(context.Background(), access.System(access.Importing), "", name, bytes.NewReader(content), o)
	if err != nil {
		h.t.Fatal(err)
	}
	return report, rejects.String()
}

// unpacked is a folder of the extract's tables.
func unpacked(t testing.TB, archive []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// caseload is what an authority counts first, as at the week's end.
func (h *fixture) caseload() string {
	return fmt.Sprintf("open %d, re-referred %d, plans %d, in care %d",
		h.count(`SELECT count(*) FROM social_care_case WHERE to_date IS NULL AND NOT no_further_action`),
		h.count(`SELECT count(*) FROM social_care_case c WHERE EXISTS (SELECT FROM social_care_case b WHERE b.child_id = c.child_id AND b.from_date < c.from_date AND b.from_date >= c.from_date - interval '12 months')`),
		h.count(`SELECT count(*) FROM child_protection_plan WHERE to_date IS NULL`),
		h.count(`SELECT count(*) FROM looked_after_period WHERE to_date IS NULL`))
}

// everything counts all records and all versions there have been.
func (h *fixture) everything() (s string) {
	for _, k := range records.Kinds() {
		s += fmt.Sprintf("%s %d+%d ", k.Name, h.count(`SELECT count(*) FROM `+k.Table), h.count(`SELECT count(*) FROM `+k.Table+`_history`))
	}
	return s
}

// An extract tells of every category: a token that is limited to some imports none.
func TestAScopedTokenImportsNoExtract(t *testing.T) {
	t.Parallel()
	f, ok := intake.FormatOf("ssd")
	if !ok || !f.May(accesstest.Viewer(access.Administrator)) {
		t.Error("an administrator may not import an extract")
	}
	if f.May(accesstest.Scoped(access.Administrator, "sen")) {
		t.Error("an administrator's token limited to SEN may import an extract")
	}
}

// TestAnExtractOfTheSystem plays two weeks of an authority that fills its empty
// store from the social-care system: hand counts of ten children, ten times each, or
// fifty times with ONEVISION_FAULTS=full.
func TestAnExtractOfTheSystem(t *testing.T) {
	t.Parallel()
	times := int64(10)
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		times = 50
	}
	h := newFixture(t, 1) // one of the children is known to a school: Cedar1, by UPN
	h.admin.Exec(context.Background(), `UPDATE child SET date_of_birth = '2012-05-04'`)
	children := func() int64 { return h.count(`SELECT count(*) FROM child`) }
	first := ssd(t, "week1", times, nil)
	report, rejects := h.extract("ssd_full_2026-11-13.zip", first, intake.Options{})
	if report.Rejected != 0 || report.Unmatched != 0 {
		t.Fatalf("%d rejected, %d unmatched of %d: %s", report.Rejected, report.Unmatched, report.Rows, rejects[:min(len(rejects), 3000)])
	}
	if got, want := h.caseload(), fmt.Sprintf("open %d, re-referred %d, plans %d, in care %d", 6*times, times, times, times); got != want {
		t.Errorf("the first week: %s, not %s", got, want)
	}
	if n := children(); n != 10*times {
		t.Errorf("%d children, not %d: the one whom a school knows is one of them", n, 10*times)
	}
	if n := h.count(`SELECT count(*) FROM batch WHERE extent = 'full' AND covers_to = '2026-11-13'`); n != 1 {
		t.Error("the import does not say that it is full and up to 13 November")
	}
	if n := h.count(`SELECT count(*) FROM child_identifier WHERE scheme = 'social-care-system' AND value LIKE 'C%'`); n != times {
		t.Errorf("%d numbers of the system are kept of %d", n, times)
	}
	notes := strings.Join(report.Notes, "\n")
	for _, want := range []string{"up to 13 November 2026", "it is a full extract", "ssd_cla_substance_misuse", "tables that no record holds (ssd_family)", "roles that no record holds"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q: %s", want, notes)
		}
	}
	for table, want := range map[string]int64{"assessment_factor": 2, "cpp_review": 1, "visit": 2, "looked_after_review": 1, "looked_after_visit": 1, "health_assessment": 1, "dental_check": 1, "immunisation_status": 1, "sdq": 1,
		"missing_episode": 1, "previous_permanence": 1, "care_leaver": 1, "care_leaver_contact": 1, "legal_status": 3, "placement": 2, "contact": 1, "early_help_episode": 1, "involvement": 2, "address": 1, "disability": 1, "immigration_status": 1,
		"adoption_decision": 1, "adoption": 1, "care_plan": 1, "ehc_request": 1, "ehc_assessment": 1, "ehc_plan": 1, "sen_need": 1} {
		if n := h.count(`SELECT count(*) FROM ` + table); n != want*times {
			t.Errorf("%d records of %s, not %d", n, table, want*times)
		}
	}

	if n := h.count(`SELECT count(*) FROM care_plan c JOIN adoption a USING (child_id, period_id) WHERE c.aim = 'ADOPTION' AND c.parallel_aim = 'LTFOST18' AND a.matched_date = '2026-09-01' AND a.adopters = 2`); n != times {
		t.Errorf("%d children on their way to adopters, not %d", n, times)
	}
	if n := h.count(`SELECT count(*) FROM ehc_plan p JOIN ehc_assessment a ON a.id = p.assessment_id JOIN ehc_request r ON r.id = a.request_id JOIN sen_need s ON s.child_id = p.child_id
		WHERE a.exception_reason = 'unsaid' AND a.from_date = '2025-10-06' AND r.outcome = 'Y' AND s.from_date = p.from_date`); n != times {
		t.Errorf("%d plans with their way there, not %d", n, times)
	}

	before := h.everything()
	report, err := h.ImportFile(t.Context(), access.System(access.Importing), "ssd", unpacked(t, first), intake.Options{Full: true, CoversTo: records.NewDate(2026, 11, 13)})
	if err != nil {
		t.Fatal(err)
	}
	if report.Added+report.Changed+report.Rejected != 0 || h.everything() != before {
		t.Errorf("the same extract again: %d added, %d changed, %d rejected: %s", report.Added, report.Changed, report.Rejected, h.everything())
	}

	report, rejects = h.extract("ssd_full_2026-11-20.zip", ssd(t, "week2", times, nil), intake.Options{Withdraw: true})
	if report.Rejected != 0 || report.Unmatched != 0 {
		t.Fatalf("%d rejected, %d unmatched of %d: %s", report.Rejected, report.Unmatched, report.Rows, rejects[:min(len(rejects), 3000)])
	}
	if got, want := h.caseload(), fmt.Sprintf("open %d, re-referred 0, plans %d, in care 0", 5*times, times); got != want {
		t.Errorf("a week later: %s, not %s", got, want)
	}
	if n := children(); n != 10*times {
		t.Errorf("%d children a week later, not %d: one was born, and none comes or goes", n, 10*times)
	}
	if n := h.count(`SELECT count(*) FROM child WHERE date_of_birth = '2026-11-15'`); n != times {
		t.Errorf("%d unborn children were born, not %d", n, times)
	}
	notes = strings.Join(report.Notes, "\n")
	for _, want := range []string{fmt.Sprint(times) + " social care cases are no longer in the extract and were withdrawn", fmt.Sprint(times) + " children of earlier extracts are not in this one", "what is long past"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes a week later do not say %q: %s", want, notes)
		}
	}
	if n := h.count(`SELECT count(*) FROM looked_after_period WHERE from_date = '2025-02-01'`); n != times {
		t.Errorf("%d of %d periods of children who left the extract are there", n, times)
	}
	for what, sql := range map[string]string{
		"plans that ended, by reason":    `SELECT count(*) FROM child_protection_plan WHERE to_date = '2026-11-17' AND end_reason = 'other'`,
		"visits that came late":          `SELECT count(*) FROM visit WHERE date = '2026-11-02'`,
		"cases that were corrected":      `SELECT count(*) FROM social_care_case WHERE referral_source = '1B' AND to_date = '2026-08-01'`,
		"plans that began as one ended":  `SELECT count(*) FROM child_protection_plan p JOIN cin_plan n ON n.child_id = p.child_id AND n.to_date = p.from_date`,
		"placements that ended":          `SELECT count(*) FROM placement WHERE to_date = '2026-11-19'`,
		"factors that the review unsaid": `SELECT count(*) FROM assessment_factor_history WHERE operation = 'delete' AND factor = '4B'`,
	} {
		if n := h.count(sql); n != times {
			t.Errorf("%s: %d, not %d", what, n, times)
		}
	}
	h.whatStays(t, times)
	h.anExtractThatIsCutShort(t, times)
	h.anExtractAgainstAPerson(t)
	h.rowsThatCannotBeRight(t)
	h.aPersonWhoWaits(t)
}

// aPersonWhoWaits goes in when the child's record is put right, and then what the file
// has of the child: nobody sends it again.
func (h *fixture) aPersonWhoWaits(t *testing.T) {
	h.follow()
	child := &records.Child{DateOfBirth: records.NewDate(2013, 1, 1), Sex: "F", Ethnicity: "WBRI", NHSNumber: "9990000018"}
	h.put(child)
	h.put(&records.ChildName{Child: child.ID, Type: "legal", Forename: "Wren", Surname: "Waits", FromDate: records.NewDate(2020, 1, 1)})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"ssd_person.csv": "pers_person_id,pers_forename,pers_surname,pers_sex,pers_dob,pers_common_child_id\nW1,Wren,Waits,F,2013-01-31,999 000 0018\n",
		"ssd_contacts.csv": "cont_contact_id,cont_person_id,cont_contact_date,cont_contact_source_code\nKW1,W1,2026-11-02,6\n"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	report, _ := h.extract("ssd_2026-11-21.zip", b.Bytes(), intake.Options{})
	if report.Unmatched != 2 {
		t.Fatalf("%d rows wait of a person whose day of birth is another, not 2", report.Unmatched)
	}
	waiting, err := h.Waiting(t.Context(), importing, 0, 1000)
	i := slices.IndexFunc(waiting, func(w intake.Waiting) bool { return w.Row["table"] == "ssd_person" && w.Row["person"] == "W1" })
	if err != nil || i < 0 {
		t.Fatalf("the person is not among those who wait: %v", err)
	}
	// Beside the row stands the child whose number and name agree, and whose day of birth does not.
	candidates, err := h.Candidates(t.Context(), importing, waiting[i])
	if err != nil || len(candidates) == 0 || candidates[0].Child.ID != child.ID || candidates[0].Score != 77 {
		t.Errorf("whom the row may be about: %+v, %v", candidates, err)
	} else if b := candidates[0].Beside; b[1].What != "Date of birth" || b[1].Same || b[1].Record != "2013-01-01" || !b[0].Same || !b[2].Same || !b[3].Same {
		t.Errorf("beside the row: %+v", b)
	}
	child.DateOfBirth = records.NewDate(2013, 1, 31)
	h.put(child)
	if n := h.follow(); n != 2 {
		t.Errorf("%d rows of the person went in when the day was put right, not 2: %s", n, h.text(`SELECT string_agg(reason, '; ') FROM intake_unmatched WHERE resolved_at IS NULL`))
	}
}

// whatStays tries full extracts that lack something, and must not withdraw it.
func (h *fixture) whatStays(t *testing.T, times int64) {
	without := func(tables string, starts ...string) func(table, text string) string {
		return func(table, text string) string {
			if tables != "" && table != tables {
				return text
			}
			var kept []string
			for line := range strings.SplitSeq(text, "\n") {
				if !slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(line, s) || strings.Contains(line, ","+s) }) {
					kept = append(kept, line)
				}
			}
			return strings.Join(kept, "\n")
		}
	}
	both := func(changes ...func(table, text string) string) func(table, text string) string {
		return func(table, text string) string {
			for _, c := range changes {
				text = c(table, text)
			}
			return text
		}
	}
	replace := func(table, old, with string) func(table, text string) string {
		return func(name, text string) string {
			if name != table {
				return text
			}
			if !strings.Contains(text, old) {
				t.Fatalf("%s has no %q", table, old)
			}
			return strings.Replace(text, old, with, 1)
		}
	}
	wrote := func(r intake.Report, kind string) (w records.Wrote) {
		for _, one := range r.Records {
			if one.Kind == kind {
				w = one
			}
		}
		return w
	}
	for _, c := range []struct {
		what, name, week string
		change           func(table, text string) string
		full, little     bool // little: without --withdraw
		kind             string
		deleted, created int64
		rejected         int64
		note, not        string
	}{
		{what: "a visit that is gone", name: "ssd_full_2026-11-21.zip", change: without("ssd_cp_visits.csv", "CW{n}"), kind: "visit", deleted: times},
		{what: "the first week again", name: "ssd_full_2026-11-13.zip", week: "week1", kind: "social-care-case", note: "is taken for a part"},
		{what: "a row with a bad day", name: "ssd_full_2026-11-21.zip", change: both(without("ssd_cp_visits.csv", "CW{n}"), replace("ssd_cp_visits.csv", "2026-06-03", "2026-13-03")),
			kind: "visit", rejected: times, note: "of ssd_cp_visits are not among those that can be read"},
		{what: "a row with too many values", name: "ssd_full_2026-11-21.zip", change: both(without("ssd_cp_visits.csv", "CW{n}"), replace("ssd_cp_visits.csv", "2026-06-03", "2026-06-03,,,,,x")),
			kind: "visit", rejected: times, note: "of ssd_cp_visits are not among those that can be read"},
		{what: "a person without a day of birth that can be read", name: "ssd_full_2026-11-21.zip", change: both(without("ssd_cp_visits.csv", "CW{n}"), replace("ssd_person.csv", "2018-06-04", "2018-13-04")),
			kind: "visit", rejected: times, note: "since the row of the person cannot be read"},
		{what: "a child who left the extract's window", name: "ssd_full_2026-11-21.zip", change: without("", "A{n},", "AA{n},", "RA{n},", "AD{n},"), kind: "address", rejected: 1, note: "of whom it may have nothing lately: ssd_address"},
		{what: "its address, while the child is there", name: "ssd_full_2026-11-21.zip", change: without("ssd_address.csv", "AD{n},"), kind: "address", deleted: times},
		{what: "rows that stay anyway", name: "ssd_full_2026-11-21.zip", change: without("ssd_legal_status.csv", "LA{n},", "LB{n},"), kind: "legal-status", little: true, not: "of ssd_legal_status are gone", note: "what is long past"},
		{what: "a row that comes twice", name: "ssd_2026-11-21.zip", change: func(table, text string) string {
			if table == "ssd_contacts.csv" {
				text = strings.TrimSpace(text) + "\nKZ{n},H{n},2026-11-02,6\nKZ{n},H{n},2026-11-02,6\n"
			}
			return text
		}, kind: "contact", created: times},
		{what: "two teams of one number", name: "ssd_2026-11-21.zip", change: replace("Extract/SSD_Department.CSV", "Assessment North,T1,", "Assessment North,T1,\nAnother Name,T1,"), kind: "team", rejected: 2},
		{what: "a visit that says two things", name: "ssd_2026-11-21.zip", change: replace("ssd_cin_visits.csv", "NV{n},E{n},2026-09-01,Y,N,N", "NV{n},E{n},2026-09-01,Y,N,N\nNV{n},E{n},2026-09-02,Y,N,N"), kind: "visit", rejected: 2 * times},
	} {
		week := cmp.Or(c.week, "week2")
		report, err := h.Try(t.Context(), access.System(access.Importing), "ssd", c.name, bytes.NewReader(ssd(t, week, times, c.change)), intake.Options{Withdraw: !c.little})
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		notes := strings.Join(report.Notes, "\n")
		if w := wrote(report, c.kind); w.Deleted != c.deleted || w.Created != c.created || report.Rejected != c.rejected || !strings.Contains(notes, c.note) || c.not != "" && strings.Contains(notes, c.not) {
			t.Errorf("%s: %d deleted, %d created, not %d and %d; %d rejected, not %d: %+v\n%s", c.what, w.Deleted, w.Created, c.deleted, c.created, report.Rejected, c.rejected, report.RejectedRows[:min(3, len(report.RejectedRows))], notes)
		}
	}
	// A file of rejects is a part, whatever its name.
	report, err := h.Try(t.Context(), access.System(access.Importing), "ssd", "ssd_full_2026-11-21.zip.rejects.csv",
		strings.NewReader("person,table,values,file,line,column,value,reason\n,ssd_cp_visits,\"{\"\"columns\"\": \"\"cppv_cp_visit_id,cppv_person_id,cppv_cp_plan_id,cppv_cp_visit_date\"\"}\",,,,,\n"), intake.Options{Withdraw: true, Full: true})
	if err != nil || wrote(report, "visit").Deleted != 0 || !strings.Contains(strings.Join(report.Notes, "\n"), "it is taken for a part") {
		t.Errorf("a file of rejects: %v, %+v", err, report)
	}
	// A care leaver's contact outside the time around a birthday says nothing of one.
	report, err = h.Try(t.Context(), access.System(access.Importing), "ssd", "ssd_full_2026-11-21.zip", bytes.NewReader(ssd(t, "week1", times, replace("ssd_care_leavers.csv", "2026-03-10", "2026-05-10"))), intake.Options{Withdraw: true})
	if w := wrote(report, "care-leaver-contact"); err != nil || w.Created+w.Corrected+w.Deleted != 0 {
		t.Errorf("a care leaver's later contact: %v, %+v", err, w)
	}
	// A table that says it is too large is not unpacked.
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "ssd_person.csv", Method: zip.Deflate, UncompressedSize64: 600 << 20, CompressedSize64: 1})
	if err == nil {
		_, err = w.Write([]byte{0})
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Try(t.Context(), access.System(access.Importing), "ssd", "ssd.zip", bytes.NewReader(bomb.Bytes()), intake.Options{}); err == nil || !strings.Contains(err.Error(), "more than 512 megabytes") {
		t.Errorf("a table that is too large: %v", err)
	}
	// Nothing tells of days that are yet to come.
	var refused *intake.Refusal
	if _, err := h.Try(t.Context(), access.System(access.Importing), "ssd", "ssd_full_2062-11-29.zip", bytes.NewReader(ssd(t, "week2", 1, nil)), intake.Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the file's name") {
		t.Errorf("a name of a day to come: %v", err)
	}
	if _, err := h.Try(t.Context(), access.System(access.Importing), "ssd", "ssd.zip", bytes.NewReader(ssd(t, "week2", 1, nil)), intake.Options{CoversTo: records.NewDate(2026, 12, 1)}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "covers_to") {
		t.Errorf("a last day to come: %v", err)
	}
}

// anExtractThatIsCutShort has no more than the first table's rows: nothing that
// belongs to the other rows goes.
func (h *fixture) anExtractThatIsCutShort(t *testing.T, times int64) {
	before := h.caseload()
	report, _ := h.extract("ssd_full_2026-11-20.zip", ssd(t, "week2", times, func(table, text string) string {
		switch table {
		case "ssd_cin_episodes.csv", "ssd_cp_visits.csv", "ssd_involvements.csv":
			head, _, _ := strings.Cut(text, "\n")
			return head + "\n"
		}
		return text
	}), intake.Options{})
	if got := h.caseload(); got != before {
		t.Errorf("after an extract without cases: %s, not %s: %q", got, before, report.Notes)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "of ssd_cin_episodes are gone: that is more than a tenth") {
		t.Errorf("nobody is told that too much is gone: %s", notes)
	}
}

// anExtractAgainstAPerson: what somebody has corrected or deleted stands against
// the next extract, and a record that somebody corrected stays when its row goes.
func (h *fixture) anExtractAgainstAPerson(t *testing.T) {
	social := accesstest.Viewer(access.SocialWorker)
	one := func(sql string) (id string) {
		if err := h.admin.QueryRow(t.Context(), sql).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	// Somebody corrects the need of one case, deletes another's contact, and corrects
	// a visit that the next extract no longer has.
	caseID := one(`SELECT c.id::text FROM social_care_case c JOIN child_identifier i ON i.child_id = c.child_id WHERE i.value = 'D1'`)
	rec, err := h.store.Get(t.Context(), social, kind("social-care-case"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	rec.(*records.SocialCareCase).Need = "N3"
	if err := h.store.Put(t.Context(), social, rec, "misread"); err != nil {
		t.Fatal(err)
	}
	contact := one(`SELECT c.id::text FROM contact c JOIN child_identifier i ON i.child_id = c.child_id WHERE i.value = 'H1' AND c.date = '2026-10-01'`)
	if err := h.store.Delete(t.Context(), social, kind("contact"), contact, 1, "of another child"); err != nil {
		t.Fatal(err)
	}
	visit := one(`SELECT v.id::text FROM visit v JOIN child_identifier i ON i.child_id = v.child_id WHERE i.value = 'D1' AND v.date = '2026-11-02'`)
	if rec, err = h.store.Get(t.Context(), social, kind("visit"), visit); err != nil {
		t.Fatal(err)
	}
	rec.(*records.Visit).SeenAlone = true
	if err := h.store.Put(t.Context(), social, rec, "said by the child"); err != nil {
		t.Fatal(err)
	}
	report, _ := h.extract("ssd_full_2026-11-21.zip", ssd(t, "week2", 10, func(table, text string) string {
		return strings.Replace(text, "CW{n},D{n},PD{n},2026-11-02,Y,N,N\n", "", 1)
	}), intake.Options{Withdraw: true})
	if report.Rejected != 0 || report.Kept != 2 {
		t.Errorf("%d rejected and %d kept, not the case and the contact: %+v %+v", report.Rejected, report.Kept, report.RejectedRows, report.KeptRows)
	}
	for what, sql := range map[string]string{
		"the need that was corrected": `SELECT count(*) FROM social_care_case WHERE id = ` + caseID + ` AND need = 'N3'`,
		"the visit that was":          `SELECT count(*) FROM visit WHERE id = ` + visit + ` AND seen_alone`,
	} {
		if h.count(sql) != 1 {
			t.Errorf("%s does not stand", what)
		}
	}
	if n := h.count(`SELECT count(*) FROM contact WHERE id = ` + contact); n != 0 {
		t.Error("the contact that was deleted is there again")
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "since a person or another source has spoken of them: ssd_cp_visits CW1") {
		t.Errorf("nobody is told of the visit that stays: %s", notes)
	}
}

// rowsThatCannotBeRight: each reject says table, line, column and what to do, and
// takes no other row with it but those that belong to it.
func (h *fixture) rowsThatCannotBeRight(t *testing.T) {
	report, rejects := h.extract("ssd_2026-11-21.zip", ssd(t, "week2", 2, func(table, text string) string {
		switch table {
		case "ssd_person.csv":
			text = strings.Replace(text, "A{n},Alder{n},Ann,F,WBRI,2015-03-04", "A{n},Alder{n},Ann,F,WBRI,2015-13-04", 1)
		case "ssd_cp_plans.csv":
			text += "PX{n},RD{n},,D{n},2026-11-18,,NEG,NEG,N\n"
		case "ssd_cla_health.csv":
			text += "HX{n},F{n},Dental Check,2020-01-01,Completed\n"
		case "ssd_assessment_factors.csv":
			text = strings.Replace(text, `[""1A""]`, `[""maybe""]`, 1)
		case "ssd_contacts.csv":
			text = strings.Replace(text, "cont_contact_source_code", "source", 1)
		}
		return text
	}), intake.Options{})
	for _, want := range []string{
		"line 2 ssd_person.pers_dob: write the date", "line 6 ssd_cp_plans.cppl_icpc_id: must be given", "ssd_cla_health.clah_health_check_date: the child has no looked after period on that day",
		"ssd_assessment_factors.cinf_assessment_factors_json: give the factors' codes",
	} {
		var all string
		for _, r := range report.RejectedRows {
			all += fmt.Sprintf("line %d %s: %s\n", r.Line, r.Column, r.Reason)
		}
		if !strings.Contains(all, want) {
			t.Errorf("no reject says %q:\n%s", want, all)
		}
	}
	if report.Rejected != 8 {
		t.Errorf("%d rows are rejected, not 8", report.Rejected)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "it is taken for a part") || strings.Contains(notes, "withdrawn\n") {
		t.Errorf("a part withdraws: %s", notes)
	}
	// Whoever operates the system hands an extract in, and sees no child; nobody else does.
	if _, err := h.Import(t.Context(), accesstest.Viewer(access.SocialWorker), "ssd", "part.zip", bytes.NewReader(ssd(t, "week2", 1, nil)), intake.Options{}); !errors.Is(err, intake.ErrNotAllowed) {
		t.Errorf("a social worker imports an extract: %v", err)
	}
	if again, err := h.Import(t.Context(), accesstest.Viewer(access.Administrator), "ssd", "part.zip", bytes.NewReader(ssd(t, "week2", 1, nil)), intake.Options{}); err != nil || again.Unmatched+again.Rejected != 0 {
		t.Errorf("an administrator's extract: %v, %+v", err, again.RejectedRows)
	}
	if n := h.count(`SELECT count(*) FROM batch b JOIN audit a ON a.kind = 'ssd' AND a.record_id = b.id AND a.account_id = 1 WHERE b.account_id = 1 AND b.format = 'ssd'`); n != 1 {
		t.Errorf("%d imports name who handed the extract in", n)
	}
	// The file of rejects, corrected, goes in.
	report, rejects = h.imported("ssd", strings.ReplaceAll(rejects, "2015-13-04", "2015-03-04"))
	if report.Rejected != 6 || report.Added+report.Changed != 0 || rejects == "" {
		t.Errorf("of the corrected rejects %d are rejected, %d added, %d changed", report.Rejected, report.Added, report.Changed)
	}
}
