package records

import "onevision/access"

// CarePlan is the plan for the permanence of a looked-after child, from a day to a day.
type CarePlan struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period   string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Aim      string `json:"aim" codes:"care_plan_aim" is:"fact required" example:"LTFOST18" doc:"What the plan is for."`
	Parallel string `json:"parallel_aim,omitempty" codes:"care_plan_aim" is:"fact" title:"Parallel plan" doc:"What is planned besides, should that fail."`
	FromDate Date   `json:"from_date" is:"fact required" title:"First day" doc:"The day on which the plan was made."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var carePlanKind = define[CarePlan](Kind{
	Name: "care-plan", Plural: "care-plans", Title: "Care plan", Table: "care_plan", Category: access.LookedAfter,
	natural: []string{"child", "from_date"},
	Doc:     "The plan for the permanence of a looked-after child, from a day to a day.",
	stops:   []clockStop{{clock: "care-plan", on: "from_date", of: "period"}},
	// The regulation wants it before the first placement: it may begin before the period.
	within: []within{{field: "period", days: []string{"to_date"}, begins: true, source: "Care Planning Regulations 2010, 4"}},
	apart:  []apartness{{by: []string{"child"}}},
})

var planTwice = rule("care-plan", "parallel_aim", Contradicts, "is the aim itself: leave it out, or say what is planned besides", "SSD, ssd_cla_care_plan")

// Validate wants a parallel plan to be another one.
func (c *CarePlan) Validate(p *Problems) {
	p.BreakIf(c.Parallel != "" && c.Parallel == c.Aim, planTwice)
}
