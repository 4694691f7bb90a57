package records_test

import (
	"errors"
	"fmt"
	"testing"

	"onevision/records"
)

func (h *fixture) undo(b records.Batch) string {
	h.t.Helper()
	undone, err := h.store.Undo(h.t.Context(), everything, b.ID, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprint(undone)
}

// state is what stands of a kind, without what a correction always changes.
func (h *fixture) state(k *records.Kind) string {
	h.t.Helper()
	return value[string](h, `SELECT coalesce(string_agg((to_jsonb(t) - 'version' - 'recorded_at')::text, '; ' ORDER BY id), '') FROM `+k.Table+` t`)
}

func TestAnImportIsUndoneAsOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	a, b, c := h.child(upn("873400120001")), h.child(upn("873400120002")), h.child(upn("873400120003"))
	for _, child := range []*records.Child{a, b, c} {
		h.enrolment(child, school, "2024-09-01", "")
	}
	put := func(from records.Batch, rows ...records.MarkRow) {
		t.Helper()
		outcomes, err := h.store.PutMarks(t.Context(), importing, rows, from)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if o.Problem != nil {
				t.Fatal(*o.Problem)
			}
		}
	}
	mark := func(child *records.Child, date, session, code string) records.MarkRow {
		return records.MarkRow{LAESTAB: "8734001", UPN: child.UPN, Date: day(date), Session: session, Code: code}
	}
	first := h.batch(records.SourceSchool, "")
	put(first, mark(a, "2026-11-16", "AM", "/"), mark(b, "2026-11-16", "AM", "N"))
	before := h.state(kind("attendance"))
	second := h.batch(records.SourceSchool, "")
	put(second, mark(a, "2026-11-16", "AM", "I"), mark(b, "2026-11-16", "PM", "N"), mark(c, "2026-11-16", "AM", "/"))
	put(second, mark(c, "2026-11-16", "PM", `\`)) // a second transaction of the same file
	if got := h.undo(second); got != "[{attendance 1 2 0}]" {
		t.Errorf("undone: %s", got)
	}
	if after := h.state(kind("attendance")); after != before {
		t.Errorf("there stand %s; before the import there stood %s", after, before)
	}
	if _, err := h.store.Undo(t.Context(), everything, second.ID, ""); !errors.Is(err, records.ErrUndone) {
		t.Errorf("a second time: %v", err)
	}
	// The same file, corrected, goes in again: nobody decided against it.
	third := h.batch(records.SourceSchool, "")
	put(third, mark(a, "2026-11-16", "AM", "I"), mark(c, "2026-11-16", "AM", "L"))
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', am, pm), '; ' ORDER BY child_id) FROM attendance`); got != "I; N; L" {
		t.Errorf("there stand %s", got)
	}
	// What a person has changed since stays.
	if _, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: a.ID, School: school.ID, Date: day("2026-11-16"), Session: "AM", Code: "M"}); err != nil {
		t.Fatal(err)
	}
	if got := h.undo(third); got != "[{attendance 1 0 1}]" {
		t.Errorf("undone: %s", got)
	}
	if got := value[string](h, `SELECT string_agg(concat_ws(' ', am, pm), '; ' ORDER BY child_id) FROM attendance`); got != "M; N" {
		t.Errorf("there stand %s", got)
	}
	if _, err := h.store.Undo(t.Context(), social, first.ID, ""); !errors.Is(err, records.ErrForbidden) && !errors.Is(err, records.ErrNotFound) {
		t.Errorf("by somebody who may not write marks: %v", err)
	}
}

// A person who puts back what stood before an import decides it, and goes on to have
// decided it when that import is undone; what only the undoing put back is of who had
// said it.
func TestADecisionOutlastsTheUndoingOfWhatItCorrected(t *testing.T) {
	t.Parallel()
	h := open(t)
	child, school := h.child(upn("873400120001")), h.school("8734001")
	h.enrolment(child, school, "2024-09-01", "")
	file := func(code string) (records.Batch, string) {
		t.Helper()
		b := h.batch(records.SourceSchool, "")
		outcomes, err := h.store.PutMarks(t.Context(), importing, []records.MarkRow{{LAESTAB: "8734001", UPN: child.UPN, Date: day("2026-11-18"), Session: "AM", Code: code}}, b)
		if err != nil {
			t.Fatal(err)
		}
		return b, outcomes[0].Result.String()
	}
	file("N")
	wrong, _ := file("I")
	if _, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: child.ID, School: school.ID, Date: day("2026-11-18"), Session: "AM", Code: "N"}); err != nil {
		t.Fatal(err)
	}
	h.undo(wrong)
	if _, result := file("L"); result != records.KeptBack.String() {
		t.Errorf("over what a person put back: %s", result)
	}

	child = h.child(upn("873400120002"))
	h.enrolment(child, school, "2024-09-01", "")
	file("N")
	wrong, _ = file("I")
	h.undo(wrong)
	if _, result := file("L"); result != records.Changed.String() {
		t.Errorf("over what the undoing put back: %s", result)
	}
}
