package intake_test

import (
	"errors"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
)

var (
	importing = access.System(access.Importing)
	officer   = accesstest.Viewer(access.WelfareOfficer)
)

// follow writes the changes feed and follows it to its end; it says how many rows
// wait no longer.
func (h *fixture) follow() (resolved int) {
	h.t.Helper()
	for {
		lines, err := (&records.Sequencer{Pool: h.pool}).Step(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		more, n, err := h.FollowStep(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		resolved += n
		if lines == 0 && !more {
			return resolved
		}
	}
}

// A row waits until its school, its child and the enrolment are there, whatever of
// them comes last; nobody sends the file again.
func TestWaitingRowsGoInWhenSomebodyAppears(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	h.follow()
	strange := upn(7)
	report, _ := h.imported("attendance", marksHeader+
		"8734002,"+h.upns[0]+",2026-11-09,AM,/,\n"+ // no such school
		"8734001,"+strange+",2026-11-09,AM,/,\n"+ // no such child
		"8734001,"+upn(8)+",2026-11-09,AM,/,\n")
	want(t, report, 3, 0, 0, 0, 3, 0)
	if n := h.follow(); n != 0 {
		t.Errorf("%d rows went in when nobody had appeared", n)
	}
	school := &records.School{LAESTAB: "8734002", Name: "Another Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	h.put(school)
	if n := h.follow(); n != 0 {
		t.Errorf("the school is there, the child is not on its roll, and %d rows went in", n)
	}
	list, err := h.Waiting(t.Context(), officer, 0, 10)
	if err != nil || len(list) != 3 || !strings.Contains(list[0].Reason, "not on that school's roll") {
		t.Fatalf("%+v, %v", list, err)
	}
	child := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "F", Ethnicity: "WBRI"}
	h.put(child)
	h.put(&records.Enrolment{Child: child.ID, School: "1", Status: "C", FromDate: records.NewDate(2021, 9, 1)})
	h.follow()
	child.UPN = strange // is learnt later
	h.put(child)
	if n := h.follow(); n != 1 {
		t.Errorf("%d rows went in when the child's UPN was recorded", n)
	}
	first := &records.Enrolment{Child: h.public(h.upns[0]), School: school.ID, Status: "S", FromDate: records.NewDate(2026, 9, 1)}
	h.put(first)
	if n := h.follow(); n != 1 {
		t.Errorf("%d rows went in with the enrolment", n)
	}
	if n := h.count(`SELECT count(*) FROM attendance WHERE batch_id = $1`, report.File); n != 2 {
		t.Errorf("%d marks came by the import", n)
	}
	if n := h.count(`SELECT rows_added * 10 + rows_unmatched FROM batch WHERE id = $1`, report.File); n != 21 {
		t.Errorf("the import counts %d", n)
	}
	if _, err := h.store.Undo(t.Context(), importing, report.File, "the wrong file"); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT count(*) FROM attendance`); n != 0 {
		t.Errorf("%d marks are left of an import that was undone", n)
	}
}

func (h *fixture) public(upn string) (id string) {
	h.t.Helper()
	if err := h.admin.QueryRow(h.t.Context(), `SELECT public_id::text FROM child WHERE upn = $1`, upn).Scan(&id); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// A person corrects a row and applies it, or discards it, with a reason; the file
// sent again changes nothing of that.
func TestAPersonDecidesAboutWaitingRows(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	text := marksHeader + "8734001," + upn(7) + ",2026-11-09,AM,/,\n8734001," + upn(8) + ",2026-11-09,AM,/,\n"
	h.imported("attendance", text)
	list, err := h.Waiting(t.Context(), officer, 0, 10)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if other, err := h.Waiting(t.Context(), accesstest.Viewer(access.SENOfficer), 0, 10); err != nil || len(other) != 0 {
		t.Errorf("who may not write marks sees %d rows, %v", len(other), err)
	}
	correct := map[string]string{"upn": h.upns[0]}
	if _, _, err := h.Apply(t.Context(), officer, list[0].ID, correct, " "); !errors.Is(err, intake.ErrNoReason) {
		t.Errorf("without a reason: %v", err)
	}
	if _, _, err := h.Apply(t.Context(), accesstest.Viewer(access.SENOfficer), list[0].ID, correct, "mine"); !errors.Is(err, intake.ErrNotWaiting) {
		t.Errorf("by who may not: %v", err)
	}
	if result, problem, err := h.Apply(t.Context(), officer, list[0].ID, nil, "it is right"); result != records.Unmatched || problem == nil || err != nil {
		t.Errorf("as it is: %v %v %v", result, problem, err)
	}
	if result, problem, err := h.Apply(t.Context(), officer, list[0].ID, map[string]string{"upn": h.upns[0], "code": "@"}, "the school says"); result != records.Rejected || problem == nil || err != nil {
		t.Errorf("with a code that is none: %v %v %v", result, problem, err)
	}
	if result, problem, err := h.Apply(t.Context(), officer, list[0].ID, correct, "the school had typed another pupil's number"); result != records.Added || problem != nil || err != nil {
		t.Errorf("applied: %v %v %v", result, problem, err)
	}
	if err := h.Discard(t.Context(), officer, []int64{list[1].ID}, "a pupil of another authority"); err != nil {
		t.Error(err)
	}
	if err := h.Discard(t.Context(), officer, []int64{list[1].ID}, "again"); !errors.Is(err, intake.ErrNotWaiting) {
		t.Errorf("discarded twice: %v", err)
	}
	again, _ := h.imported("attendance", text)
	want(t, again, 2, 0, 0, 0, 0, 0)
	if again.Kept != 2 || len(again.KeptRows) != 2 || !strings.Contains(again.KeptRows[1].Reason, "discarded on 22 November 2026") {
		t.Errorf("sent again: %+v", again.KeptRows)
	}
	if list, err := h.Waiting(t.Context(), officer, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("%d rows wait again, %v", len(list), err)
	}
	for action, reason := range map[string]string{"apply": "the school had typed another pupil's number", "discard": "a pupil of another authority"} {
		if n := h.count(`SELECT count(*) FROM audit WHERE action = $1 AND reason = $2 AND role = 'welfare-officer'`, action, reason); n != 1 {
			t.Errorf("%d lines of audit say %s", n, action)
		}
	}
}
