package records

import "onevision/access"

// EhcAssessment is an education, health and care needs assessment.
type EhcAssessment struct {
	Meta
	Child           string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Request         string `json:"request" column:"request_id" ref:"ehc-request" is:"fact required" doc:"The request that led to it."`
	FromDate        Date   `json:"from_date" is:"fact required past" title:"Agreed" doc:"The day on which it was decided to assess."`
	Outcome         string `json:"outcome,omitempty" codes:"ehc_assessment_outcome" on:"outcome_date" is:"fact" doc:"What was decided."`
	OutcomeDate     Date   `json:"outcome_date,omitzero" is:"fact past" title:"Decided" doc:"Of a plan the day on which the final plan was issued, else the day on which the family was told that there is none."`
	Exception       bool   `json:"exception" is:"fact" title:"Exception to 20 weeks" doc:"Whether one of the exceptions to the 20 weeks applied."`
	ExceptionReason string `json:"exception_reason,omitempty" codes:"ehc_exception" is:"fact" doc:"Which one."`
}

var ehcAssessmentKind = define[EhcAssessment](Kind{
	Name: "ehc-assessment", Plural: "ehc-assessments", Title: "EHC assessment", Table: "ehc_assessment", Category: access.SEN,
	stops:   []clockStop{{clock: "ehc-plan", on: "outcome_date"}},
	natural: []string{"child", "from_date"},
	Doc:     "An education, health and care needs assessment.",
	within:  []within{{field: "request", begins: true, source: "SEND Regulations 2014, 5"}},
})

var (
	ehcAssessmentUndated = rule("ehc-assessment", "outcome_date", Required, "a decision about a plan has a day", "SEN2 2025, AssessmentOutcomeDate")
	ehcAssessmentDated   = rule("ehc-assessment", "outcome_date", NotPossible, "an assessment without a decision has no day of one: leave it out", "SEN2 2025, AssessmentOutcomeDate")
	ehcAssessmentOrder   = rule("ehc-assessment", "outcome_date", DateOrder, "is before it was decided to assess: correct one of them", "SEND Regulations 2014, 13")
	ehcExceptionUnsaid   = rule("ehc-assessment", "exception_reason", Required, "an exception to the 20 weeks is one of four: say which", "SEND Regulations 2014, 13(3)")
	ehcExceptionNone     = rule("ehc-assessment", "exception", Contradicts, "there is a reason for an exception: say that one applied, or take the reason out", "SEND Regulations 2014, 13(3)")
)

// Validate wants decisions with their days and exceptions with their reasons.
func (a *EhcAssessment) Validate(p *Problems) {
	decided := a.Outcome == "Y" || a.Outcome == "N"
	p.BreakIf(decided && a.OutcomeDate.IsZero(), ehcAssessmentUndated)
	p.BreakIf(!decided && !a.OutcomeDate.IsZero(), ehcAssessmentDated)
	p.BreakIf(!a.OutcomeDate.IsZero() && a.OutcomeDate.Before(a.FromDate), ehcAssessmentOrder)
	p.BreakIf(a.Exception && a.ExceptionReason == "", ehcExceptionUnsaid)
	p.BreakIf(!a.Exception && a.ExceptionReason != "", ehcExceptionNone)
}
