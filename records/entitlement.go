package records

import "onevision/access"

// Entitlement is an entitlement of a child to free school meals or other help in education, from a day to a day.
type Entitlement struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Type     string `json:"type" codes:"entitlement_type" is:"fact required" example:"fsm" doc:"What it is."`
	FromDate Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var entitlementKind = define[Entitlement](Kind{
	Name: "entitlement", Plural: "entitlements", Title: "Entitlement", Table: "entitlement", Category: access.Education,
	natural: []string{"child", "type", "from_date"},
	Doc:     "An entitlement of a child to free school meals or other help in education, from a day to a day.",
	apart:   []apartness{{by: []string{"child", "type"}}},
})
