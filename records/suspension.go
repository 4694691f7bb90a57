package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Suspension is a suspension of a pupil or a permanent exclusion (school census,
// TermlyExclusion).
type Suspension struct {
	Meta
	Child             string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School            string `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school that suspended or excluded the pupil."`
	Category          string `json:"category" codes:"exclusion_category" is:"fact required" example:"SUSP" doc:"Suspension, lunchtime suspension or permanent exclusion."`
	Reason1           string `json:"reason_1" codes:"exclusion_reason" is:"fact required" title:"First reason" doc:"Why."`
	Reason2           string `json:"reason_2,omitempty" codes:"exclusion_reason" is:"fact" title:"Second reason" doc:"A second reason, since 2020/21."`
	Reason3           string `json:"reason_3,omitempty" codes:"exclusion_reason" is:"fact" title:"Third reason" doc:"A third reason, since 2020/21."`
	FromDate          Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day of it."`
	ToDate            Date   `json:"to_date,omitzero" is:"fact" title:"First day back" doc:"The first school day back; of a permanent exclusion only where the pupil was reinstated."`
	Sessions          *int16 `json:"sessions" is:"fact required" example:"4" doc:"How many sessions the pupil is suspended for, a lunchtime counting as one; 0 for a permanent exclusion."`
	Day6Provision     Date   `json:"day6_provision,omitzero" is:"fact" title:"Day-six provision" doc:"The day on which other education began: due on the sixth school day."`
	Day6Provider      string `json:"day6_provider,omitempty" column:"day6_provider_id" ref:"school" is:"fact" title:"Day-six provider" doc:"The school that gives it."`
	GovernorsDate     Date   `json:"governors_date,omitzero" is:"fact" title:"Governors met" doc:"The day on which the governors considered it."`
	GovernorsDecision string `json:"governors_decision,omitempty" codes:"governor_decision" on:"governors_date" is:"fact" doc:"What the governors decided."`
	ReviewRequested   Date   `json:"review_requested,omitzero" is:"fact" title:"Independent review requested" doc:"The day on which the parents asked for an independent review."`
	ReviewDate        Date   `json:"review_date,omitzero" is:"fact" title:"Independent review held" doc:"The day of the independent review."`
	ReviewOutcome     string `json:"review_outcome,omitempty" codes:"exclusion_review_outcome" on:"review_date" is:"fact" title:"Outcome of the review" doc:"What the review decided."`
	ReinstatedDate    Date   `json:"reinstated_date,omitzero" is:"fact" title:"Reinstated" doc:"The day from which the pupil was reinstated."`
	Withdrawn         bool   `json:"withdrawn" is:"fact" doc:"Whether the head teacher withdrew it before the governors met."`
}

var suspensionKind = define[Suspension](Kind{
	Name: "suspension", Plural: "suspensions", Title: "Suspension or exclusion", Table: "suspension", Category: access.Education,
	natural: []string{"child", "school", "from_date", "category"}, single: true,
	Doc:    "A suspension of a pupil or a permanent exclusion.",
	OnRoll: "from_date",
	taken: map[string]Problem{
		"suspension_one_a_day": {"from_date", InUse, "this child already has one of that category from that day at that school: correct that one"},
	},
})

// maxSuspended is how many sessions a pupil may be suspended for in an academic
// year: 45 school days (School Discipline (Pupil Exclusions and Reviews)
// (England) Regulations 2012, 4).
const maxSuspended = 90

// threeReasons is the day from which the school census takes up to three reasons.
var threeReasons = NewDate(2020, time.September, 1)

// Validate checks reasons, sessions and what follows upon what.
func (s *Suspension) Validate(p *Problems) {
	s.validateReasons(p)
	permanent := s.Category == "PERM"
	if n := s.Sessions; n != nil && (*n < 0 || *n > maxSuspended || *n == 0 && !permanent) {
		p.Add("sessions", OutOfRange, "give the sessions, from 1 to 90; a pupil may be suspended for 45 school days in an academic year at most (Pupil Exclusions Regulations 2012, 4)")
	}
	if permanent && !s.ToDate.IsZero() && s.ReinstatedDate.IsZero() {
		p.Add("to_date", NotPossible, "a permanent exclusion has a first day back only where the pupil was reinstated: give that day too, or leave this one out")
	}
	for _, later := range []struct {
		field string
		day   Date
	}{{"day6_provision", s.Day6Provision}, {"governors_date", s.GovernorsDate}, {"review_requested", s.ReviewRequested}, {"reinstated_date", s.ReinstatedDate}} {
		if !later.day.IsZero() && later.day.Before(s.FromDate) {
			p.Add(later.field, DateOrder, "is before the first day: correct one of them")
		}
	}
	if !s.ReviewDate.IsZero() && s.ReviewDate.Before(s.ReviewRequested) {
		p.Add("review_date", DateOrder, "is before the day on which the review was requested: correct one of them")
	}
	p.needs("governors_decision", s.GovernorsDecision != "", "governors_date", !s.GovernorsDate.IsZero())
	p.needs("review_outcome", s.ReviewOutcome != "", "review_date", !s.ReviewDate.IsZero())
	p.needs("review_date", !s.ReviewDate.IsZero(), "review_requested", !s.ReviewRequested.IsZero())
	p.needs("day6_provider", s.Day6Provider != "", "day6_provision", !s.Day6Provision.IsZero())
}

func (s *Suspension) validateReasons(p *Problems) {
	p.needs("reason_3", s.Reason3 != "", "reason_2", s.Reason2 != "")
	if s.Reason2 != "" && s.FromDate.Before(threeReasons) {
		p.Add("reason_2", NotPossible, "before 2020/21 there is one reason: leave the others out (school census, exclusion reasons)")
	}
	if s.Reason2 != "" && s.Reason2 == s.Reason1 {
		p.Add("reason_2", Contradicts, "is the first reason again: leave it out")
	}
	if s.Reason3 != "" && (s.Reason3 == s.Reason1 || s.Reason3 == s.Reason2) {
		p.Add("reason_3", Contradicts, "is a reason that was given already: leave it out")
	}
}

// check wants the child not to be suspended for more than 45 school days in the
// academic year, at whatever schools.
func (s *Suspension) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if s.Category == "PERM" || s.Withdrawn || s.Sessions == nil || s.FromDate.IsZero() || p.On("sessions") {
		return nil
	}
	first := NewDate(s.FromDate.AcademicYear(), time.September, 1)
	var others int
	err := tx.QueryRow(ctx, `/* records.Suspension.check */
		SELECT coalesce(sum(sessions), 0) FROM suspension
		WHERE child_id = $1 AND id <> $2 AND from_date >= $3 AND from_date < $4 AND category <> 'PERM' AND NOT withdrawn`,
		s.child, s.key, first, NewDate(s.FromDate.AcademicYear()+1, time.September, 1)).Scan(&others)
	if err != nil {
		return fmt.Errorf("add up the suspensions of child %d: %w", s.child, err)
	}
	if others+int(*s.Sessions) > maxSuspended {
		p.Add("sessions", OutOfRange, fmt.Sprintf("with the %d sessions of the other suspensions of the academic year that is more than 45 school days (Pupil Exclusions Regulations 2012, 4): correct one of them", others))
	}
	return nil
}
