package records

import "onevision/access"

// Assessment is an assessment of a child in need: from its start to its authorisation.
type Assessment struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case          string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	FromDate      Date   `json:"from_date" is:"fact required past" title:"Started" doc:"The day on which it began."`
	ToDate        Date   `json:"to_date,omitzero" is:"fact" example:"2026-01-13" title:"Authorised" doc:"The day after the day on which it was authorised."`
	ChildSeenDate Date   `json:"child_seen_date,omitzero" is:"fact past" title:"Child seen" doc:"The day on which the child was seen."`
	SeenAlone     bool   `json:"seen_alone" is:"fact" doc:"Whether the child was seen alone."`
	Outcome       string `json:"outcome,omitempty" codes:"assessment_outcome" on:"to_date" is:"fact" example:"other" doc:"What it led to."`
	Worker        string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" doc:"The worker who made it."`
}

var assessmentKind = define[Assessment](Kind{
	Name: "assessment", Plural: "assessments", Title: "Assessment", Table: "assessment", Category: access.SocialCare,
	stops:   []clockStop{{clock: "assessment", on: "to_date"}},
	natural: []string{"child", "from_date"},
	Doc:     "An assessment of a child in need: from its start to its authorisation.",
	unborn:  true,
	within:  []within{{field: "case", not: "no_further_action", why: assessmentWithoutAction, source: "CIN census, 1103 and 8867"}},
	apart:   []apartness{{by: []string{"case"}}},
})

var assessmentWithoutAction = rule("assessment", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 8831")

var (
	assessmentWithoutOutcome = rule("assessment", "outcome", Required, "an assessment that was authorised says what it led to: give that, or take the day of authorisation out", "Standard Safeguarding Dataset, assessment")
	assessmentOutcomeEarly   = rule("assessment", "to_date", Required, "must be given with the outcome, which there is once the assessment is authorised", "CIN census, 8608")
	assessmentSeenBefore     = rule("assessment", "child_seen_date", DateOrder, "is before the assessment began: correct one of them", "Annex A, list 4")
)

// Validate wants the outcome and the authorisation together.
func (a *Assessment) Validate(p *Problems) {
	p.BreakIf(a.Outcome == "" && !a.ToDate.IsZero(), assessmentWithoutOutcome)
	p.BreakIf(a.Outcome != "" && a.ToDate.IsZero(), assessmentOutcomeEarly)
	p.BreakIf(!a.ChildSeenDate.IsZero() && a.ChildSeenDate.Before(a.FromDate), assessmentSeenBefore)
}
