package records

import "onevision/access"

// PathwayPlan is a pathway plan of a young person who is or was looked after: made, or
// reviewed, on a day.
type PathwayPlan struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Date     Date   `json:"date" is:"fact required past" doc:"The day on which it was made or reviewed."`
	Review   bool   `json:"review" is:"fact" doc:"Whether it was a review of the plan."`
	TookPart bool   `json:"young_person_took_part" is:"fact" title:"Young person took part" doc:"Whether the young person took part."`
	Worker   string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" doc:"Who made or reviewed it."`
}

var pathwayPlanKind = define[PathwayPlan](Kind{
	Name: "pathway-plan", Plural: "pathway-plans", Title: "Pathway plan", Table: "pathway_plan", Category: access.LookedAfter,
	natural: []string{"child", "date"}, single: true,
	Doc:    "A pathway plan of a young person who is or was looked after: made, or reviewed, on a day.",
	starts: []clockStart{{clock: "pathway-review", on: "date", while: "care-leaver", joined: true}},
	stops:  []clockStop{{clock: "pathway-plan", on: "date"}, {clock: "pathway-review", on: "date"}},
	taken: map[string]Problem{
		"pathway_plan_once": {"date", InUse, "there is one of that day already: correct that record"},
	},
})
