package records

import "onevision/access"

// EhcPlan is an education, health and care plan that the authority maintains.
type EhcPlan struct {
	Meta
	Child          string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Assessment     string `json:"assessment,omitempty" column:"assessment_id" ref:"ehc-assessment" is:"fact" doc:"The assessment that led to it; none of a plan of another authority that was taken over."`
	FromDate       Date   `json:"from_date" is:"fact required past" title:"Issued" doc:"The day on which the final plan was issued, or taken over."`
	ToDate         Date   `json:"to_date,omitzero" is:"fact" title:"Ceased" doc:"The day after the last day on which it is maintained."`
	TransferredIn  bool   `json:"transferred_in" is:"fact" doc:"Whether it was made by another authority."`
	AmendedDate    Date   `json:"amended_date,omitzero" is:"fact past" title:"Last amended" doc:"The day on which it was last amended."`
	School         string `json:"school,omitempty" column:"school_id" ref:"school" is:"fact" title:"School named" doc:"The school that section I names."`
	Setting        string `json:"setting,omitempty" codes:"sen_setting" is:"fact" doc:"Where the child is educated, if that is no school."`
	Residential    string `json:"residential,omitempty" codes:"ehc_residential" is:"fact" title:"Residential" doc:"Whether the placement is residential."`
	PersonalBudget bool   `json:"personal_budget" is:"fact" doc:"Whether there is a personal budget."`
	CeaseReason    string `json:"cease_reason,omitempty" codes:"ehc_cease_reason" on:"to_date" is:"fact" doc:"Why it ceased."`
}

var ehcPlanKind = define[EhcPlan](Kind{
	Name: "ehc-plan", Plural: "ehc-plans", Title: "EHC plan", Table: "ehc_plan", Category: access.SEN,
	starts:  []clockStart{{clock: "ehc-review", on: "from_date", while: "ehc-plan"}},
	stops:   []clockStop{{clock: "ehc-plan", on: "from_date"}},
	natural: []string{"child", "from_date"},
	Doc:     "An education, health and care plan that the authority maintains.",
	apart:   []apartness{{by: []string{"child"}}},
	within:  []within{{field: "assessment", begins: true, source: "SEND Regulations 2014, 13"}},
})

var (
	ehcPlanCeaseUnsaid  = rule("ehc-plan", "cease_reason", Required, "a plan that ceased says why", "SEN2 2025, CeaseReason")
	ehcPlanCeaseUndated = rule("ehc-plan", "to_date", Required, "must be given with the reason for ceasing", "SEN2 2025, CeaseDate")
	ehcPlanTransferred  = rule("ehc-plan", "transferred_in", Contradicts, "a plan of an assessment made here was not transferred in: correct one of them", "SEN2 2025, TransferLA")
	ehcPlanAmended      = rule("ehc-plan", "amended_date", DateOrder, "is before the plan was issued: correct one of them", "Annex A SEND, 106a")
)

// Validate checks the end and what came after the plan.
func (e *EhcPlan) Validate(p *Problems) {
	p.BreakIf(!e.ToDate.IsZero() && e.CeaseReason == "", ehcPlanCeaseUnsaid)
	p.BreakIf(e.ToDate.IsZero() && e.CeaseReason != "", ehcPlanCeaseUndated)
	p.BreakIf(e.TransferredIn && e.Assessment != "", ehcPlanTransferred)
	p.BreakIf(!e.AmendedDate.IsZero() && e.AmendedDate.Before(e.FromDate), ehcPlanAmended)
}
