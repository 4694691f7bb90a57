package records_test

import (
	"testing"

	"onevision/records"
)

// Nothing is recorded of a child before birth, but of one who is expected, nor
// after death, by a form or by a file.
func TestRecordsAreOfTheChildsLife(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	lived := h.child("")
	lived.DateOfDeath = day("2025-06-10")
	h.put(lived)
	unborn := &records.Child{ExpectedDate: day("2027-01-20"), Sex: "U", Ethnicity: "NOBT"}
	h.put(unborn)
	enrolment := func(from string) *records.Enrolment {
		return &records.Enrolment{Child: lived.ID, School: school.ID, Status: "C", FromDate: day(from)}
	}
	social := func(c *records.Child, from string) *records.SocialCareCase {
		return &records.SocialCareCase{Child: c.ID, FromDate: day(from), ReferralSource: "2A", Need: "N1"}
	}
	put := func(rec records.Record) error { return h.store.Put(t.Context(), everything, rec, "test") }
	h.refused(put(enrolment("2012-03-03")), "from_date", records.Outside, "is before the child's birth")
	h.refused(put(enrolment("2025-06-11")), "from_date", records.Outside, "is after the child's death")
	h.refused(put(social(lived, "2011-05-01")), "from_date", records.Outside, "more than 43 weeks before")
	h.refused(put(social(unborn, "2026-03-24")), "from_date", records.Outside, "more than 43 weeks before")
	h.put(social(unborn, "2026-03-26"))
	wantSaid(t, h.merged(h.batch(records.SourceSchool, ""), kind("enrolment"), records.MergeRow{Record: enrolment("2012-03-03")}, records.MergeRow{Record: enrolment("2025-06-11")}),
		"rejected from_date outside-period", "rejected from_date outside-period")
	opened := social(lived, "2011-12-01")
	h.put(opened)
	e := enrolment("2024-09-01")
	h.put(e)
	for _, d := range []string{"2025-06-10", "2025-06-11"} {
		err := put(&records.Attendance{Child: lived.ID, School: school.ID, Date: day(d), AM: "/"})
		if d == "2025-06-10" && err != nil {
			t.Error(err)
		} else if d != "2025-06-10" {
			h.refused(err, "date", records.Outside, "is after the child's death")
		}
	}
	h.put(&records.ChildIdentifier{Child: lived.ID, Scheme: "ssda903", Value: "100001", FromDate: day("2026-11-20")}) // learnt now
	e.ToDate = day("2025-07-01")                                                                                      // when the school heard of it
	h.put(e)
	lived.DateOfBirth = day("2012-02-01")
	h.put(lived)
}
