package records

import "onevision/access"

// PenaltyNotice is a notice to a parent to pay for their child’s unauthorised absence.
type PenaltyNotice struct {
	Meta
	Child       string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School      string `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school."`
	Date        Date   `json:"date" is:"fact required past" title:"Issued" doc:"The day on which it was issued."`
	Parent      string `json:"parent" is:"required" example:"Invented Parent" doc:"The parent to whom it was issued."`
	OffenceFrom Date   `json:"offence_from" is:"fact required past" example:"2025-11-10" title:"Absence from" doc:"The first day of the absence."`
	OffenceTo   Date   `json:"offence_to" is:"fact required past" example:"2025-12-12" title:"Absence to" doc:"The last day of the absence."`
	Sessions    *int16 `json:"sessions" range:"1,400" is:"fact required" example:"10" doc:"How many sessions were missed without permission."`
	Second      bool   `json:"second" is:"fact" title:"Second notice" doc:"Whether it is the second to this parent for this child in three years."`
	Paid        Date   `json:"paid_date,omitzero" is:"fact past" title:"Paid" doc:"The day on which it was paid."`
	Withdrawn   Date   `json:"withdrawn_date,omitzero" is:"fact past" title:"Withdrawn" doc:"The day on which it was withdrawn."`
	Prosecuted  Date   `json:"prosecution_date,omitzero" is:"fact past" title:"Prosecuted" doc:"The day on which the parent was prosecuted for not paying."`
}

var penaltyNoticeKind = define[PenaltyNotice](Kind{
	Name: "penalty-notice", Plural: "penalty-notices", Title: "Penalty notice", Table: "penalty_notice", Category: access.Education,
	natural: []string{"child", "date", "parent"}, single: true,
	Doc:    "A notice to a parent to pay for their child’s unauthorised absence.",
	starts: []clockStart{{clock: "penalty-payment", on: "date"}},
	stops:  []clockStop{{clock: "penalty-payment", on: "paid_date", same: true}, {clock: "penalty-payment", on: "withdrawn_date", same: true}, {clock: "penalty-payment", on: "prosecution_date", same: true}},
	taken: map[string]Problem{
		"penalty_notice_once": {"date", InUse, "this parent has a notice of that day already: correct that record"},
	},
})

var (
	penaltyOrder = rule("penalty-notice", "offence_to", DateOrder, "is before the absence began, or after the notice: correct one of them", "Education (Penalty Notices) (England) Regulations 2007, reg. 8")
	penaltyPaid  = rule("penalty-notice", "paid_date", DateOrder, "is before the notice: correct one of them", "Education (Penalty Notices) (England) Regulations 2007, reg. 4")
)

// Validate wants absence, notice and payment in their order. From ten missed sessions in ten
// school weeks a notice must be considered; an authority may give one before.
func (n *PenaltyNotice) Validate(p *Problems) {
	p.BreakIf(n.OffenceTo.Before(n.OffenceFrom) || n.OffenceTo.After(n.Date), penaltyOrder)
	p.BreakIf(!n.Paid.IsZero() && n.Paid.Before(n.Date), penaltyPaid)
}
