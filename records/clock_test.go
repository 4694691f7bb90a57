package records

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"onevision/access"
)

// Each case is the records of one child and what is due of them on 30 November 2026,
// a Monday: title, the last day in time, days late (below zero: days left).
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	r := reckoning{today: NewDate(2026, 11, 30), lengths: clockTable{}, working: WorkingDays{holidays: map[Date]bool{NewDate(2026, 12, 25): true}, years: map[int]bool{2025: true, 2026: true}}}
	for code, length := range map[string]ClockLength{
		"assessment": {Title: "assessment", Length: 45, Unit: "working-days"}, "contact-decision": {Title: "contact", Length: 1, Unit: "working-days"},
		"initial-conference": {Title: "conference", Length: 15, Unit: "working-days"}, "care-visit-first": {Title: "first visit", Length: 7, Unit: "days"}, "care-visit": {Title: "visit", Length: 42, Unit: "days"},
		"care-review-first": {Title: "review 1", Length: 20, Unit: "working-days"}, "care-review-second": {Title: "review 2", Length: 3, Unit: "months"}, "care-review": {Title: "review 3", Length: 6, Unit: "months"},
		"education-plan-first": {Title: "pep", Length: 10, Unit: "working-days"}, "return-interview": {Title: "interview", Length: 3, Unit: "days"},
		"ehc-plan": {Title: "plan", Length: 140, Unit: "days"}, "ehc-decision": {Title: "decision", Length: 42, Unit: "days"},
	} {
		r.lengths[code] = []ClockLength{length}
	}
	r.lengths["ehc-decision"] = []ClockLength{{Title: "decision", Length: 28, Unit: "days", From: NewDate(2026, 11, 1)}, {Title: "decision", Length: 42, Unit: "days"}}
	school, baby := NewDate(2014, 5, 4), NewDate(2026, 2, 1)
	care := func(from, to Date) *LookedAfterPeriod { return &LookedAfterPeriod{FromDate: from, ToDate: to} }
	for _, x := range []struct {
		name    string
		born    Date
		records []Record
		want    string
	}{
		{"nothing", school, nil, ""},
		{"a contact of Friday is decided on Monday at the latest", school, []Record{&Contact{Date: NewDate(2026, 11, 27)}}, "contact 2026-11-30 0"},
		{"a contact of the social-care extract, which tells no decision", school, []Record{&Contact{Meta: Meta{Source: SourceSocialCare}, Date: NewDate(2026, 11, 20)}}, ""},
		{"a decided contact", school, []Record{&Contact{Date: NewDate(2026, 11, 23), DecisionDate: NewDate(2026, 11, 26)}}, ""},
		{"another contact's decision stops nothing", school, []Record{&Contact{Date: NewDate(2026, 11, 20)}, &Contact{Date: NewDate(2026, 11, 23), DecisionDate: NewDate(2026, 11, 26)}}, "contact 2026-11-23 7"},
		{"45 working days of the referral, whenever the assessment began", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 10, 1)}, &Assessment{FromDate: NewDate(2026, 10, 12)}}, "assessment 2026-12-03 -3"},
		{"authorised", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 10, 1)}, &Assessment{FromDate: NewDate(2026, 10, 12), ToDate: NewDate(2026, 11, 3)}}, ""},
		{"a closed case wants no assessment", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 8, 1), ToDate: NewDate(2026, 9, 1)}}, ""},
		{"the year to come has no bank holidays yet", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 11, 30)}}, "assessment 2027-02-02 -64?"},
		{"an enquiry that leads to no conference", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 10, 1), NoFurtherAction: true}, &Section47{FromDate: NewDate(2026, 11, 2), ToDate: NewDate(2026, 11, 10), Outcome: "no-further-action"}}, ""},
		{"one that does, and it is not held", school, []Record{&SocialCareCase{FromDate: NewDate(2026, 10, 1), NoFurtherAction: true}, &Section47{FromDate: NewDate(2026, 11, 2), ToDate: NewDate(2026, 11, 10), Outcome: "initial-conference"}}, "conference 2026-11-23 7"},
		{"care from the first day", school, []Record{care(NewDate(2026, 11, 20), Date{})}, "first visit 2026-11-27 3; pep 2026-12-04 -4; review 1 2026-12-18 -18"},
		{"of a baby no education plan", baby, []Record{care(NewDate(2026, 11, 20), Date{})}, "first visit 2026-11-27 3; review 1 2026-12-18 -18"},
		{"the end stops all", school, []Record{care(NewDate(2026, 11, 1), NewDate(2026, 11, 21))}, ""},
		{"reviews: the second within three months of the first", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterVisit{Date: NewDate(2026, 11, 1), Seen: true}, &LookedAfterReview{Date: NewDate(2026, 8, 31)}}, "review 2 2026-11-30 0; visit 2026-12-13 -13"},
		{"later ones within six", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterVisit{Date: NewDate(2026, 11, 1), Seen: true}, &LookedAfterReview{Date: NewDate(2026, 2, 1)}, &LookedAfterReview{Date: NewDate(2026, 4, 30)}}, "review 3 2026-10-30 31; visit 2026-12-13 -13"},
		{"a visit at which the child was not seen is none", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterReview{Date: NewDate(2026, 11, 1)}, &LookedAfterVisit{Date: NewDate(2026, 10, 1), Seen: true}, &LookedAfterVisit{Date: NewDate(2026, 11, 20)}}, "visit 2026-11-12 18; review 2 2027-02-01 -63"},
		{"reviews of a period before do not count", baby, []Record{care(NewDate(2025, 1, 5), NewDate(2025, 3, 1)), care(NewDate(2026, 11, 20), Date{}), &LookedAfterReview{Date: NewDate(2025, 2, 1)}, &LookedAfterVisit{Date: NewDate(2026, 11, 24), Seen: true}}, "review 1 2026-12-18 -18; visit 2027-01-05 -36"},
		{"a new carer, a new week; the six weeks since the visit before are over", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterReview{Date: NewDate(2026, 11, 1)}, &Placement{FromDate: NewDate(2026, 1, 5), ToDate: NewDate(2026, 11, 24)}, &Placement{FromDate: NewDate(2026, 11, 24)}, &LookedAfterVisit{Date: NewDate(2026, 11, 20), Seen: true}}, "first visit 2026-12-01 -1; review 2 2027-02-01 -63"},
		{"visited there", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterReview{Date: NewDate(2026, 11, 1)}, &Placement{FromDate: NewDate(2026, 1, 5), ToDate: NewDate(2026, 11, 24)}, &Placement{FromDate: NewDate(2026, 11, 24)}, &LookedAfterVisit{Date: NewDate(2026, 11, 25), Seen: true}}, "visit 2027-01-06 -37; review 2 2027-02-01 -63"},
		{"visited on the day of the move", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterReview{Date: NewDate(2026, 11, 1)}, &Placement{FromDate: NewDate(2026, 11, 24)}, &LookedAfterVisit{Date: NewDate(2026, 11, 24), Seen: true}}, "visit 2027-01-05 -36; review 2 2027-02-01 -63"},
		{"moved with their carer", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LookedAfterReview{Date: NewDate(2026, 11, 1)}, &Placement{FromDate: NewDate(2026, 1, 5), ToDate: NewDate(2026, 11, 24)}, &Placement{FromDate: NewDate(2026, 11, 24), SameCarer: true}, &LookedAfterVisit{Date: NewDate(2026, 11, 20), Seen: true}}, "visit 2027-01-01 -32; review 2 2027-02-01 -63"},
		{"moved in the first week: one week, from the move", baby, []Record{care(NewDate(2026, 11, 23), Date{}), &Placement{FromDate: NewDate(2026, 11, 23), ToDate: NewDate(2026, 11, 27)}, &Placement{FromDate: NewDate(2026, 11, 27)}}, "first visit 2026-12-04 -4; review 1 2026-12-21 -21"},
		{"the first placement starts no second week", baby, []Record{care(NewDate(2026, 11, 23), Date{}), &Placement{FromDate: NewDate(2026, 11, 23)}}, "first visit 2026-11-30 0; review 1 2026-12-21 -21"},
		{"short breaks", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LegalStatus{Status: "V4", FromDate: NewDate(2026, 1, 5)}, &Placement{FromDate: NewDate(2026, 1, 5)}, &LookedAfterReview{Date: NewDate(2026, 2, 1)}}, ""},
		{"short breaks, and then care: as from the day on which it began", baby, []Record{care(NewDate(2026, 1, 5), Date{}), &LegalStatus{Status: "V4", FromDate: NewDate(2026, 1, 5), ToDate: NewDate(2026, 11, 20)}, &LegalStatus{Status: "C1", FromDate: NewDate(2026, 11, 20)}, &LookedAfterReview{Date: NewDate(2026, 2, 1)}, &LookedAfterVisit{Date: NewDate(2026, 11, 2), Seen: true}}, "first visit 2026-11-27 3; review 1 2026-12-18 -18"},
		{"back from missing on the 26th", baby, []Record{care(NewDate(2026, 11, 24), Date{}), &LookedAfterVisit{Date: NewDate(2026, 11, 24), Seen: true}, &MissingEpisode{FromDate: NewDate(2026, 11, 25), ToDate: NewDate(2026, 11, 27), InterviewOffered: "no"}}, "interview 2026-11-29 1; review 1 2026-12-22 -22; visit 2027-01-05 -36"},
		{"a request of October has the old length, of November the new", school, []Record{&EhcRequest{Date: NewDate(2026, 10, 30)}}, "decision 2026-12-11 -11; plan 2027-03-19 -109"},
		{"", school, []Record{&EhcRequest{Date: NewDate(2026, 11, 2)}}, "decision 2026-11-30 0; plan 2027-03-22 -112"},
		{"refused", school, []Record{&EhcRequest{Date: NewDate(2026, 5, 1), Outcome: "N", OutcomeDate: NewDate(2026, 6, 1)}}, ""},
		{"agreed, and no plan after 20 weeks", school, []Record{&EhcRequest{Date: NewDate(2026, 5, 1), Outcome: "Y", OutcomeDate: NewDate(2026, 6, 1)}}, "plan 2026-09-18 73"},
		{"the plan is there", school, []Record{&EhcRequest{Date: NewDate(2026, 5, 1), Outcome: "Y", OutcomeDate: NewDate(2026, 6, 1)}, &EhcPlan{FromDate: NewDate(2026, 9, 1)}}, ""},
	} {
		of := map[*Kind][]Record{}
		for _, rec := range x.records {
			k, ok := KindFor(rec)
			if !ok {
				t.Fatalf("%T is no kind", rec)
			}
			of[k] = append(of[k], rec)
		}
		var got []string
		for _, d := range r.due(x.born, of) {
			line := d.Title + " " + d.On.String() + " " + strconv.Itoa(d.Overdue)
			if d.Unsure {
				line += "?"
			}
			got = append(got, line)
		}
		if said := strings.Join(got, "; "); said != x.want {
			t.Errorf("%s: %q, want %q", x.name, said, x.want)
		}
	}
}

// A care plan that was made before the child came into care is in time; of what the
// social-care extract does not tell, no clock runs by its records.
func TestWhatStopsOrNeverStartsAClock(t *testing.T) {
	t.Parallel()
	r := reckoning{today: NewDate(2026, 11, 30), lengths: clockTable{"care-plan": {{Length: 10, Unit: "days"}}, "core-group-first": {{Length: 10, Unit: "days"}}, "pathway-plan": {{Length: 3, Unit: "months"}}, "pathway-review": {{Length: 6, Unit: "months"}}}}
	began := NewDate(2026, 11, 1)
	care, extract := &LookedAfterPeriod{Meta: Meta{ID: "2"}, FromDate: began}, Meta{Source: SourceSocialCare}
	for _, x := range []struct {
		name    string
		records []Record
		want    int
	}{
		{"no care plan", []Record{care}, 1},
		{"a care plan of the day before", []Record{care, &CarePlan{Period: "2", FromDate: began.Add(-1)}}, 0},
		{"one of an earlier time in care, left open", []Record{care, &CarePlan{Period: "1", FromDate: began.Add(-90)}}, 1},
		{"a protection plan", []Record{&ChildProtectionPlan{FromDate: began}}, 1},
		{"one of the extract, which tells no core groups", []Record{&ChildProtectionPlan{Meta: extract, FromDate: began}}, 0},
		{"a care leaver", []Record{&CareLeaver{FromDate: began, Eligibility: "eligible"}}, 1},
		{"who is relevant since, and has no plan yet", []Record{&CareLeaver{FromDate: began.Add(-90), ToDate: began, Eligibility: "eligible"}, &CareLeaver{FromDate: began, Eligibility: "relevant"}}, 1},
		{"whose plan was made before", []Record{&CareLeaver{FromDate: began.Add(-90), ToDate: began, Eligibility: "eligible"}, &CareLeaver{FromDate: began, Eligibility: "relevant"}, &PathwayPlan{Date: began.Add(-30)}}, 1},
		{"who is none any longer", []Record{&CareLeaver{FromDate: began.Add(-90), ToDate: began, Eligibility: "eligible"}, &PathwayPlan{Date: began.Add(-30)}}, 0},
		{"one of the extract, which tells no pathway plans", []Record{&CareLeaver{Meta: extract, FromDate: began, Eligibility: "eligible"}}, 0},
	} {
		of := map[*Kind][]Record{}
		for _, rec := range x.records {
			k, _ := KindFor(rec)
			of[k] = append(of[k], rec)
		}
		if due := r.due(NewDate(2010, 5, 4), of); len(due) != x.want {
			t.Errorf("%s: %d clocks run, want %d", x.name, len(due), x.want)
		}
	}
}

// A child whom a system knows by its number, and whose name and day of birth are both
// others than the row's, is not taken for the row's.
func TestANumberOfItsOwnSystemIsNotEnough(t *testing.T) {
	t.Parallel()
	found := map[int64]clueChild{1: {public: "p", born: NewDate(2010, 5, 4)}}
	row := clued{Clues: &Clues{Own: "7", Born: NewDate(2011, 6, 5)}, found: found, how: map[string]map[int64]bool{ClueOwn: {1: true}}}
	if p := row.choose(); p == nil || p.Code != Contradicts {
		t.Errorf("another name and day of birth: %v", p)
	}
	row.Born = Date{}
	if p := row.choose(); p != nil || row.child.id != 1 {
		t.Errorf("the number alone: %v", p)
	}
}

// The records of one clock are of one category: who sees that it started sees that it
// stopped. Every clock that starts can stop, and every field is one.
func TestEveryClockIsOfOneCategory(t *testing.T) {
	t.Parallel()
	of := map[string][]access.Category{}
	starts, stops := map[string]bool{}, map[string]bool{}
	check := func(k *Kind, clock, on string, only map[string]string) {
		of[clock] = append(of[clock], k.Category)
		for _, name := range append([]string{on}, mapKeys(only)...) {
			if _, ok := k.Field(name); !ok {
				t.Errorf("%s of %s goes by the field %s, which is none", clock, k.Name, name)
			}
		}
	}
	for _, k := range Kinds() {
		for _, s := range k.starts {
			check(k, s.clock, s.on, s.only)
			starts[s.clock] = true
			if s.while != "" {
				while, ok := KindOf(s.while)
				if !ok {
					t.Fatalf("%s runs while %s, which is no kind", s.clock, s.while)
				}
				of[s.clock] = append(of[s.clock], while.Category)
			}
		}
		for _, s := range k.stops {
			check(k, s.clock, s.on, s.only)
			stops[s.clock] = true
		}
	}
	for clock, categories := range of {
		slices.Sort(categories)
		if len(slices.Compact(categories)) != 1 {
			t.Errorf("%s is of %v", clock, categories)
		}
		if !starts[clock] || !stops[clock] {
			t.Errorf("%s starts: %t, stops: %t", clock, starts[clock], stops[clock])
		}
	}
}

func mapKeys(m map[string]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
