package records_test

import (
	"fmt"
	"strings"
	"testing"

	"onevision/records"
)

// batch enters a batch as an import does, and gives it.
func (h *fixture) batch(source, coversTo string) records.Batch {
	h.t.Helper()
	b := records.Batch{Source: source}
	if coversTo != "" {
		b.CoversTo = day(coversTo)
	}
	b.ID = value[int64](h, `INSERT INTO batch (format, category, name, sha256, account_id, source, covers_to) VALUES ('test', 'identity', 'test.csv', '', 0, $1, nullif($2, '')::date) RETURNING id`, source, coversTo)
	return b
}

// merged merges records, and says of each what became of it.
func (h *fixture) merged(b records.Batch, k *records.Kind, rows ...records.MergeRow) []string {
	h.t.Helper()
	merged, err := h.store.Merge(h.t.Context(), everything, b, k, nil, rows)
	if err != nil {
		h.t.Fatal(details(err))
	}
	said := make([]string, len(merged))
	for i, m := range merged {
		said[i] = m.Result.String()
		if m.Problem != nil {
			said[i] += " " + m.Problem.Field + " " + m.Problem.Code
		}
		if m.Result == records.Changed {
			said[i] += " " + strings.Join(m.Fields, ",")
		}
		for _, kept := range m.Kept {
			said[i] += "; " + kept.Field + " " + kept.Why
		}
	}
	return said
}

func wantSaid(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("merged: %q; want %q", got, want)
	}
}

func TestMergeSaysOfEachRowWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	a, b := h.child(""), h.child("")
	enrolment := func(child *records.Child, school, from, to string) records.MergeRow {
		r := &records.Enrolment{Child: child.ID, School: school, Status: "C", FromDate: day(from)}
		if to != "" {
			r.ToDate = day(to)
		}
		r.Source = "test"
		return records.MergeRow{Record: r}
	}
	rows := []records.MergeRow{
		enrolment(a, school.ID, "2024-09-01", ""),
		enrolment(b, school.ID, "2024-09-01", "2025-09-01"),
		enrolment(b, school.ID, "2025-01-01", ""),           // on days of the one before
		enrolment(a, "999", "2024-09-01", ""),               // no such school
		enrolment(a, school.ID, "2023-09-01", "2023-01-01"), // ends before it begins
		enrolment(b, school.ID, "2023-09-01", "2024-01-01"),
		enrolment(b, school.ID, "2023-09-01", "2024-02-01"), // another end
		enrolment(a, school.ID, "2024-09-01", ""),           // the same again
		enrolment(&records.Child{Meta: records.Meta{ID: "00000000-0000-4000-8000-000000000000"}}, school.ID, "2024-09-01", ""),
	}
	batch := h.batch(records.SourceSchool, "")
	wantSaid(t, h.merged(batch, kind("enrolment"), rows...), "added", "rejected from_date overlaps", "rejected from_date overlaps", "rejected school not-found", "rejected to_date date-order",
		"rejected  contradicts", "rejected  contradicts", "unchanged", "rejected child not-found")
	rows = []records.MergeRow{rows[0], rows[1], enrolment(a, school.ID, "2024-09-01", "2026-09-01")}
	wantSaid(t, h.merged(batch, kind("enrolment"), rows[:2]...), "unchanged", "added")
	wantSaid(t, h.merged(batch, kind("enrolment"), rows[1:]...), "unchanged", "changed to_date")
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', from_date, to_date, version, batch_id = $1, source), '; ' ORDER BY child_id) FROM enrolment`, batch.ID); got != "2024-09-01 2026-09-01 2 t test; 2024-09-01 2025-09-01 1 t test" {
		t.Errorf("the enrolments are %s", got)
	}
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', operation, version, batch_id = $1, superseded_batch = $1), '; ') FROM enrolment_history`, batch.ID); got != "update 1 t t" {
		t.Errorf("their history is %s", got)
	}
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', action, kind, cardinality(ids)), '; ' ORDER BY id) FROM batch_change`); got != "create enrolment 1; create enrolment 1; correct enrolment 1" {
		t.Errorf("the batch did %s", got)
	}
	// What is corrected through the API came by no batch.
	rec, err := h.store.Get(t.Context(), everything, kind("enrolment"), rows[0].Record.Head().ID)
	if err != nil {
		t.Fatal(err)
	}
	rec.(*records.Enrolment).ToDate = records.Date{}
	h.put(rec)
	if n := value[int](h, `SELECT count(*) FROM enrolment WHERE batch_id IS NULL`); n != 1 {
		t.Errorf("%d enrolments came by no batch; want 1", n)
	}
}

func TestWhatAPersonDecidedStands(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	child := h.child(upn("873400120001"))
	h.enrolment(child, school, "2024-09-01", "")
	mark := func(date, session, code string) records.MarkRow {
		return records.MarkRow{LAESTAB: "8734001", UPN: child.UPN, Date: day(date), Session: session, Code: code}
	}
	put := func(b records.Batch, rows []records.MarkRow, want ...string) {
		t.Helper()
		outcomes, err := h.store.PutMarks(t.Context(), importing, rows, b)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range outcomes {
			s := o.Result.String()
			if o.Problem != nil {
				s += ": " + o.Problem.Message
			}
			got = append(got, s)
		}
		wantSaid(t, got, want...)
	}
	file := []records.MarkRow{mark("2026-11-16", "AM", "N"), mark("2026-11-16", "PM", "N"), mark("2026-11-17", "AM", "N")}
	put(h.batch(records.SourceSchool, "2026-11-18"), file, "added", "added", "added")
	person := func(date, session, code string) {
		t.Helper()
		if _, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: child.ID, School: school.ID, Date: day(date), Session: session, Code: code}); err != nil {
			t.Fatal(err)
		}
	}
	person("2026-11-16", "AM", "I")
	tuesday := value[string](h, `SELECT id::text FROM attendance WHERE date = '2026-11-17'`)
	if err := h.store.Delete(t.Context(), welfare, kind("attendance"), tuesday, 1, "not this child's"); err != nil {
		t.Fatal(err)
	}
	today := value[string](h, `SELECT to_char(now() AT TIME ZONE 'UTC', 'FMDD FMMonth YYYY')`)
	corrected, deleted := "kept: what stands was corrected on "+today+" by a person and stays", "kept: what stands was deleted on "+today+" by a person and stays"
	put(h.batch(records.SourceSchool, "2026-11-18"), file, corrected, "unchanged", deleted)
	file[1].Code = "O" // what the school said itself it may change
	put(h.batch(records.SourceSchool, "2026-11-19"), file, corrected, "changed", deleted)
	// A file that goes up to an earlier day changes nothing that a later one said.
	file[1].Code = `\`
	put(h.batch(records.SourceSchool, "2026-11-16"), file[1:2], "kept: what stands was corrected on "+today+" by a file up to 19 November 2026, and this one goes up to 16 November 2026 and stays")
	// Nor is it made again when nobody says up to which day it goes.
	put(h.batch(records.SourceSchool, ""), file[2:], deleted)
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', date, am, pm), '; ' ORDER BY date) FROM attendance`); got != "2026-11-16 I O" {
		t.Errorf("there stand %s", got)
	}
}

func TestABetterSourceStands(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := func(born, sex, nhs string) records.MergeRow {
		return records.MergeRow{Record: &records.Child{UPN: upn("873400120001"), DateOfBirth: day(born), Sex: sex, Ethnicity: "WBRI", NHSNumber: nhs}, States: []string{"date_of_birth", "sex", "nhs_number"}}
	}
	k := kind("child")
	wantSaid(t, h.merged(h.batch(records.SourceSchool, ""), k, child("2011-02-14", "F", "")), "added")
	wantSaid(t, h.merged(h.batch(records.SourceSocialCare, ""), k, child("2011-02-15", "F", "")), "kept; date_of_birth what stands was corrected on "+value[string](h, `SELECT to_char(now() AT TIME ZONE 'UTC', 'FMDD FMMonth YYYY')`)+" by the source school and stays")
	wantSaid(t, h.merged(h.batch(records.SourceNHS, ""), k, child("2011-02-16", "F", "9990000026")), "changed date_of_birth,nhs_number")
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', source, value), '; ' ORDER BY stated_at) FROM stated_value WHERE field = 'date_of_birth'`); got != "school 2011-02-14; social-care 2011-02-15; nhs 2011-02-16" {
		t.Errorf("the sources said %s", got)
	}
	// Each source's last word is kept once, however often it says it.
	h.merged(h.batch(records.SourceSocialCare, ""), k, child("2011-02-15", "F", ""))
	if n := value[int](h, `SELECT count(*) FROM stated_value WHERE field = 'date_of_birth'`); n != 3 {
		t.Errorf("%d words on the date of birth; want 3", n)
	}
}
