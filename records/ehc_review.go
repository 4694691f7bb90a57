package records

import "onevision/access"

// EhcReview is an annual review of an education, health and care plan: due, and held or not yet.
type EhcReview struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Plan         string `json:"plan" column:"plan_id" ref:"ehc-plan" is:"fact required" doc:"The plan."`
	DueDate      Date   `json:"due_date" is:"fact required" title:"Due" doc:"The day by which it is due, 12 months from the plan or the last review."`
	MeetingDate  Date   `json:"meeting_date,omitzero" is:"fact past" title:"Meeting" doc:"The day of the review meeting."`
	Decision     string `json:"decision,omitempty" codes:"ehc_review_decision" on:"decision_date" is:"fact" doc:"What was decided."`
	DecisionDate Date   `json:"decision_date,omitzero" is:"fact past" title:"Decided" doc:"The day on which the family was told."`
}

var ehcReviewKind = define[EhcReview](Kind{
	Name: "ehc-review", Plural: "ehc-reviews", Title: "EHC annual review", Table: "ehc_review", Category: access.SEN,
	starts:  []clockStart{{clock: "ehc-review", on: "meeting_date", while: "ehc-plan"}, {clock: "ehc-review-decision", on: "meeting_date", while: "ehc-plan"}},
	stops:   []clockStop{{clock: "ehc-review", on: "meeting_date"}, {clock: "ehc-review-decision", on: "decision_date", same: true}},
	natural: []string{"child", "due_date"}, single: true,
	Doc:    "An annual review of an education, health and care plan: due, and held or not yet.",
	within: []within{{field: "plan", days: []string{"meeting_date"}, source: "SEND Regulations 2014, 20"}},
	taken: map[string]Problem{
		"ehc_review_once": {"due_date", InUse, "there is a review of the plan due on that day already: correct that one"},
	},
})

var (
	ehcReviewUnheld  = rule("ehc-review", "meeting_date", Required, "there is a decision, so that there was a meeting: give its day", "SEND Regulations 2014, 20")
	ehcReviewUnsaid  = rule("ehc-review", "decision", Required, "must be given with the day of the decision", "SEN2 2025, ReviewOutcome")
	ehcReviewUndated = rule("ehc-review", "decision_date", Required, "must be given with the decision", "SEN2 2025, LastReview")
	ehcReviewOrder   = rule("ehc-review", "decision_date", DateOrder, "is before the meeting: correct one of them", "SEND Regulations 2014, 20(10)")
)

// Validate wants the decision after the meeting.
func (r *EhcReview) Validate(p *Problems) {
	p.BreakIf(!r.DecisionDate.IsZero() && r.MeetingDate.IsZero(), ehcReviewUnheld)
	p.BreakIf(!r.DecisionDate.IsZero() && r.Decision == "", ehcReviewUnsaid)
	p.BreakIf(r.DecisionDate.IsZero() && r.Decision != "", ehcReviewUndated)
	p.BreakIf(!r.DecisionDate.IsZero() && r.DecisionDate.Before(r.MeetingDate), ehcReviewOrder)
}
