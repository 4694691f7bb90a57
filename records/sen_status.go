package records

import "onevision/access"

// SenStatus is whether a child has SEN support or an education, health and care plan, from a day to a day.
type SenStatus struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School    string `json:"school,omitempty" column:"school_id" ref:"school" is:"fact" doc:"The school that recorded it."`
	Provision string `json:"provision" codes:"sen_provision" is:"fact required" example:"K" doc:"SEN support, or a plan (school census codes)."`
	FromDate  Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate    Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var senStatusKind = define[SenStatus](Kind{
	Name: "sen-status", Plural: "sen-statuses", Title: "SEN status", Table: "sen_status", Category: access.SEN,
	natural: []string{"child", "from_date"},
	Doc:     "Whether a child has SEN support or an education, health and care plan, from a day to a day.",
	apart:   []apartness{{by: []string{"child"}}},
})
