package records_test

import (
	"errors"
	"strings"
	"testing"

	"onevision/records"
)

// refused puts a record and wants it refused for one reason.
func (h *fixture) refused(err error, field, code, message string) {
	h.t.Helper()
	var invalid *records.Invalid
	if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
		h.t.Errorf("%v; want %s %s", err, field, code)
		return
	}
	if p := invalid.Problems[0]; p.Field != field || p.Code != code || !strings.Contains(p.Message, message) {
		h.t.Errorf("%s %s: %s; want %s %s: %s", p.Field, p.Code, p.Message, field, code, message)
	}
}

func TestAChildHasOneMainRegistrationADay(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b, c := h.school("8734001"), h.school("8734002"), h.school("8734003")
	child := h.child("")
	first := h.enrolment(child, a, "2024-09-01", "2025-09-01")
	at := func(s *records.School, status, from, to string) *records.Enrolment {
		e := &records.Enrolment{Child: child.ID, School: s.ID, Status: status, FromDate: day(from)}
		if to != "" {
			e.ToDate = day(to)
		}
		return e
	}
	put := func(e *records.Enrolment) error { return h.store.Put(t.Context(), everything, e, "test") }
	h.refused(put(at(b, "C", "2025-08-31", "")), "from_date", records.Overlaps,
		"the child's main registration is at School 8734001 from 1 September 2024 to 31 August 2025: end that one by the day on which this one begins")
	h.refused(put(at(b, "M", "2024-01-01", "2024-09-02")), "from_date", records.Overlaps, "School 8734001")
	h.put(at(b, "C", "2025-09-01", ""))
	h.put(at(b, "C", "2024-01-01", "2024-09-01"))
	for _, status := range []string{"S", "G"} {
		h.put(at(c, status, map[string]string{"S": "2024-10-01", "G": "2025-01-01"}[status], map[string]string{"S": "2025-01-01", "G": ""}[status]))
	}
	other := h.child("") // another child's registrations are none of this one's
	h.enrolment(other, b, "2024-09-01", "")
	first.ToDate = day("2025-09-02")
	h.refused(put(first), "from_date", records.Overlaps, "School 8734002 from 1 September 2025:")
}

// A pupil moves: one file says that the old enrolment ended and the new one
// began, in any order of its rows.
func TestAFileMovesAPupil(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.school("8734001"), h.school("8734002")
	row := func(child *records.Child, s *records.School, from, to string) records.MergeRow {
		e := &records.Enrolment{Child: child.ID, School: s.ID, Status: "C", FromDate: day(from)}
		if to != "" {
			e.ToDate = day(to)
		}
		return records.MergeRow{Record: e}
	}
	moves, stays := h.child(""), h.child("")
	batch := h.batch(records.SourceSchool, "")
	wantSaid(t, h.merged(batch, kind("enrolment"), row(moves, a, "2024-09-01", ""), row(stays, a, "2024-09-01", "")), "added", "added")
	wantSaid(t, h.merged(batch, kind("enrolment"), row(stays, b, "2025-10-01", ""), row(moves, b, "2025-10-01", ""), row(moves, a, "2024-09-01", "2025-10-01")),
		"rejected from_date overlaps", "added", "changed to_date")
	wantSaid(t, h.merged(batch, kind("enrolment"), row(stays, b, "2020-09-01", "2022-09-01"), row(stays, a, "2021-09-01", "2023-09-01")),
		"rejected from_date overlaps", "rejected from_date overlaps") // which of the two is right, nobody can tell
}

// An enrolment does not leave marks behind that are on no roll.
func TestAnEnrolmentKeepsItsMarks(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.school("8734001"), h.school("8734002")
	child := h.child("")
	e := h.enrolment(child, a, "2024-09-01", "")
	for _, d := range []string{"2024-09-03", "2026-11-09", "2026-11-10"} {
		h.put(&records.Attendance{Child: child.ID, School: a.ID, Date: day(d), AM: "/", PM: `\`})
	}
	end := func(to string) error {
		rec, err := h.store.End(t.Context(), everything, kind("enrolment"), e.ID, e.Version, day(to), "left")
		if err == nil {
			e = rec.(*records.Enrolment)
		}
		return err
	}
	change := func(school *records.School, from, to string) error {
		then := *e
		then.School, then.FromDate, then.ToDate = school.ID, day(from), records.Date{}
		if to != "" {
			then.ToDate = day(to)
		}
		err := h.store.Put(t.Context(), everything, &then, "test")
		if err == nil {
			*e = then
		}
		return err
	}
	h.refused(end("2026-11-09"), "to_date", records.Outside, "4 marks of the days from 9 November 2026 to 10 November 2026 would then be of no enrolment: move or delete those marks first")
	h.refused(end("2026-11-10"), "to_date", records.Outside, "2 marks of 10 November 2026 would")
	if err := end("2026-11-11"); err != nil {
		t.Error(err)
	}
	h.refused(change(a, "2024-09-04", ""), "from_date", records.Outside, "2 marks of 3 September 2024")
	h.refused(change(b, "2024-09-01", ""), "to_date", records.Outside, "6 marks")
	if err := change(a, "2024-09-03", ""); err != nil {
		t.Error(err)
	}
	remove := func() error {
		return h.store.Delete(t.Context(), everything, kind("enrolment"), e.ID, e.Version, "wrong child")
	}
	h.refused(remove(), "id", records.InUse, "6 marks of the days from 3 September 2024 to 10 November 2026 would then be of no enrolment: move or delete those marks first")
	file := &records.Enrolment{Child: child.ID, School: a.ID, Status: "C", FromDate: day("2024-09-03"), ToDate: day("2026-11-10")}
	wantSaid(t, h.merged(h.batch(records.SourceSchool, ""), kind("enrolment"), records.MergeRow{Record: file}), "rejected to_date outside-period")
	// Without the marks it may go; those of another school are no matter of it.
	list, err := h.store.List(t.Context(), everything, kind("attendance"), records.ListQuery{Child: child.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range list.Records {
		if err := h.store.Delete(t.Context(), everything, kind("attendance"), rec.Head().ID, rec.Head().Version, "wrong child"); err != nil {
			t.Fatal(err)
		}
	}
	h.put(&records.Enrolment{Child: child.ID, School: b.ID, Status: "S", FromDate: day("2024-09-01")})
	h.put(&records.Attendance{Child: child.ID, School: b.ID, Date: day("2026-11-10"), AM: "/"})
	if err := remove(); err != nil {
		t.Error(err)
	}
}
