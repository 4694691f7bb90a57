package records_test

import (
	"testing"

	"onevision/access"
	"onevision/records"
)

// Marks of days on which no school is open are refused, by every way in; without a
// calendar none is.
func TestMarksAreOfSchoolDays(t *testing.T) {
	t.Parallel()
	h := open(t)
	school, other := h.school("8734001"), h.school("8734002")
	child := h.child(upn("873400121001"))
	h.enrolment(child, school, "2024-09-01", "")
	mark := func(date, code string) *records.Attendance {
		return &records.Attendance{Child: child.ID, School: school.ID, Date: day(date), AM: code}
	}
	put := func(date, code string) error { return h.store.Put(t.Context(), everything, mark(date, code), "") }
	early := mark("2025-11-08", "/") // a Saturday, of a year without a calendar
	h.put(early)
	for n, days := range [][2]string{{"2025-09-03", "2025-10-24"}, {"2025-11-03", "2025-12-19"}, {"2026-01-05", "2026-02-13"}, {"2026-02-23", "2026-03-27"}, {"2026-04-13", "2026-05-22"}, {"2026-06-01", "2026-07-21"}} {
		h.put(&records.HalfTerm{AcademicYear: 2025, Number: int16(n + 1), FirstDay: day(days[0]), LastDay: day(days[1])})
	}
	for _, e := range []records.SchoolDayException{
		{School: school.ID, Date: day("2025-11-10"), Reason: "inset"}, {School: other.ID, Date: day("2025-11-11"), Reason: "inset"}, {Date: day("2025-11-12"), Reason: "polling"},
		{School: school.ID, Date: day("2025-11-12"), Open: true, Reason: "extra"}, {School: school.ID, Date: day("2025-11-15"), Open: true, Reason: "extra"}} {
		h.put(&e)
	}
	for date, why := range map[string]string{
		"2025-11-09": "is a Sunday: correct the date, or record that the school was open", "2025-11-08": "is a Saturday", "2026-05-04": "is a bank holiday",
		"2025-10-28": "is in the school holidays", "2025-09-02": "is in the school holidays", "2026-07-22": "is in the school holidays", "2025-11-10": "the school was closed",
		"2025-11-11": "", "2025-11-12": "", "2025-11-15": "", "2025-11-13": "",
	} {
		err := put(date, "/")
		if why == "" && err != nil {
			t.Errorf("%s: %v", date, details(err))
		} else if why != "" {
			h.refused(err, "date", records.Outside, why)
		}
	}
	early.AM = "I"
	h.put(early) // what stood before there was a calendar can be corrected
	for date, code := range map[string]string{"2025-10-29": "#", "2025-11-10": "Y4"} {
		if err := put(date, code); err != nil {
			t.Errorf("a closed school's own mark, %s: %v", code, details(err))
		}
	}
	outcomes, err := h.store.PutMarks(t.Context(), everything, []records.MarkRow{
		{LAESTAB: "8734001", UPN: child.UPN, Date: day("2025-11-16"), Session: "AM", Code: "/"},
		{LAESTAB: "8734001", UPN: child.UPN, Date: day("2025-11-16"), Session: "PM", Code: "#"},
		{LAESTAB: "8734001", UPN: child.UPN, Date: day("2025-11-17"), Session: "AM", Code: "/"},
	}, h.batch("school", ""))
	if err != nil || outcomes[0].Result != records.Rejected || outcomes[0].Problem.Field != "date" || outcomes[1].Result != records.Added || outcomes[2].Result != records.Added {
		t.Errorf("rows of a file: %+v %v", outcomes, err)
	}
	merged, err := h.store.Merge(t.Context(), everything, records.Batch{}, kind("attendance"), nil, []records.MergeRow{{Record: mark("2025-11-23", "/")}, {Record: mark("2025-11-24", "/")}})
	if err != nil || merged[0].Result != records.Rejected || merged[1].Result != records.Added {
		t.Errorf("merged: %+v %v", merged, err)
	}
	if _, err := h.store.PutMark(t.Context(), everything, records.Mark{Child: child.ID, School: school.ID, Date: day("2025-11-29"), Session: "AM", Code: "/"}); err == nil {
		t.Error("one mark of a Saturday is taken")
	}
}

// A child with one name is taken and found, whichever of the two it is.
func TestAChildWithOneName(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, name := range []records.ChildName{{Forename: "Sukarno"}, {Surname: "Teller"}} {
		child := h.child("")
		name.Child, name.Type, name.FromDate = child.ID, "legal", child.DateOfBirth
		h.put(&name)
		found, err := h.store.Search(t.Context(), social, name.Forename+name.Surname)
		if err != nil || len(found) != 1 || found[0].Child.ID != child.ID {
			t.Errorf("%+v %v", found, err)
		}
	}
	child := h.child("")
	err := h.store.Put(t.Context(), everything, &records.ChildName{Child: child.ID, Type: "legal", MiddleNames: "Only", FromDate: child.DateOfBirth}, "")
	wants(t, err, "forename required")
}

// Only an import speaks as a source of files; what stands may be sent back.
func TestSourcesOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := h.child("")
	person := social
	name := &records.ChildName{Child: child.ID, Type: "legal", Forename: "Ada", Surname: "King", FromDate: child.DateOfBirth}
	name.Source = "NHS"
	wants(t, h.store.Put(t.Context(), person, name, ""), "source not-possible")
	name.Source = "our system"
	if err := h.store.Put(t.Context(), person, name, ""); err != nil {
		t.Error(details(err))
	}
	if access.System(access.Importing).Account() == person.Account() {
		t.Error("the test's person is the program itself")
	}
}
