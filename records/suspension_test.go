package records_test

import (
	"testing"

	"onevision/records"
)

func TestSuspensionsFollowTheirRules(t *testing.T) {
	t.Parallel()
	h := open(t)
	school, other := h.school("8734001"), h.school("8734002")
	child := h.child("")
	h.enrolment(child, school, "2019-09-02", "")
	h.put(&records.Enrolment{Child: child.ID, School: other.ID, Status: "S", FromDate: day("2025-09-01")})
	good := func(change func(s *records.Suspension)) *records.Suspension {
		s := &records.Suspension{Child: child.ID, School: school.ID, Category: "SUSP", Reason1: "DB", FromDate: day("2026-01-12"), ToDate: day("2026-01-14"), Sessions: minutes(4)}
		change(s)
		return s
	}
	h.put(good(func(s *records.Suspension) {
		s.Reason2, s.Reason3, s.Day6Provision, s.Day6Provider = "VA", "OW", day("2026-01-19"), other.ID
		s.GovernorsDate, s.GovernorsDecision = day("2026-01-30"), "upheld"
	}))
	h.put(good(func(s *records.Suspension) { s.Category, s.Sessions, s.ToDate = "LNCH", minutes(1), records.Date{} })) // the same day
	h.put(good(func(s *records.Suspension) {
		s.Category, s.Sessions, s.ToDate, s.FromDate = "PERM", minutes(0), records.Date{}, day("2026-02-02")
	}))
	h.put(good(func(s *records.Suspension) { // at the other school, to the 90th session of the year
		s.School, s.FromDate, s.ToDate, s.Sessions = other.ID, day("2025-09-08"), day("2025-11-11"), minutes(85)
	}))
	for name, test := range map[string]struct {
		change func(s *records.Suspension)
		want   []string
	}{
		"no sessions":                 {func(s *records.Suspension) { s.Sessions = nil }, []string{"sessions required"}},
		"none of a suspension":        {func(s *records.Suspension) { s.Sessions = minutes(0) }, []string{"sessions out-of-range"}},
		"46 days":                     {func(s *records.Suspension) { s.Sessions = minutes(92) }, []string{"sessions out-of-range"}},
		"46 days in the year":         {func(s *records.Suspension) { s.FromDate, s.ToDate = day("2026-07-06"), day("2026-07-08") }, []string{"sessions out-of-range"}},
		"a year's 45 days begin anew": {func(s *records.Suspension) { s.FromDate, s.ToDate = day("2026-09-07"), day("2026-09-09") }, nil},
		"twice":                       {func(s *records.Suspension) { s.Sessions = minutes(1); s.Category = "LNCH" }, []string{"sessions out-of-range"}},
		"one reason again":            {func(s *records.Suspension) { s.Category = "PERM"; s.ToDate = records.Date{}; s.Reason2 = "DB" }, []string{"reason_2 contradicts"}},
		"a third and no second": {func(s *records.Suspension) {
			s.Reason3 = "VA"
			s.FromDate, s.ToDate = day("2026-09-08"), records.Date{}
		}, []string{"reason_2 required"}},
		"two reasons in 2019/20": {func(s *records.Suspension) {
			s.Category, s.Reason2, s.FromDate, s.ToDate = "FIXD", "VA", day("2020-01-13"), records.Date{}
		}, []string{"reason_2 not-possible"}},
		"a reason of 2020/21 before it": {func(s *records.Suspension) {
			s.Category, s.Reason1, s.FromDate, s.ToDate = "FIXD", "OW", day("2020-01-13"), records.Date{}
		}, []string{"reason_1 code-not-in-use"}},
		"a category before its name": {func(s *records.Suspension) { s.FromDate, s.ToDate = day("2020-01-13"), records.Date{} }, []string{"category code-not-in-use"}},
		"not on that roll": {func(s *records.Suspension) {
			s.School, s.FromDate, s.ToDate = other.ID, day("2025-01-13"), records.Date{}
		}, []string{"child not-enrolled"}},
		"permanent, and back": {func(s *records.Suspension) {
			s.Category, s.Sessions, s.FromDate = "PERM", minutes(0), day("2026-01-13")
		}, []string{"to_date not-possible"}},
		"permanent, back and reinstated": {func(s *records.Suspension) {
			s.Category, s.Sessions, s.FromDate, s.ReinstatedDate = "PERM", minutes(0), day("2026-01-13"), day("2026-01-14")
		}, nil},
		"before it": {func(s *records.Suspension) {
			s.Category, s.Sessions, s.ToDate, s.GovernorsDate, s.Day6Provision = "PERM", minutes(0), records.Date{}, day("2026-01-01"), day("2026-01-02")
		}, []string{"day6_provision date-order", "governors_date date-order"}},
		"decisions without their days": {func(s *records.Suspension) {
			s.Category, s.Sessions, s.ToDate, s.GovernorsDecision, s.ReviewOutcome, s.Day6Provider = "PERM", minutes(0), records.Date{}, "upheld", "quashed", other.ID
		}, []string{"governors_date required", "review_date required", "day6_provision required"}},
		"a review before it was asked for": {func(s *records.Suspension) {
			s.Category, s.Sessions, s.ToDate, s.ReviewRequested, s.ReviewDate = "PERM", minutes(0), records.Date{}, day("2026-02-10"), day("2026-02-09")
		}, []string{"review_date date-order"}},
	} {
		err := h.store.Put(t.Context(), welfare, good(test.change), "")
		if test.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, details(err))
			}
			continue
		}
		t.Run(name, func(t *testing.T) { wants(t, err, test.want...) })
	}
}
