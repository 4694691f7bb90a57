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
