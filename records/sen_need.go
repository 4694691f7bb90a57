package records

import "onevision/access"

// SenNeed is a special educational need of a child, from a day to a day.
type SenNeed struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Need     string `json:"need" codes:"sen_need_type" is:"fact required" example:"SEMH" doc:"The type of need (school census and SEN2 codes)."`
	Rank     *int16 `json:"rank" range:"1,2" is:"fact required" example:"1" doc:"1 for the primary need, 2 for the secondary one."`
	FromDate Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var senNeedKind = define[SenNeed](Kind{
	Name: "sen-need", Plural: "sen-needs", Title: "Special educational need", Table: "sen_need", Category: access.SEN,
	natural: []string{"child", "need", "from_date"},
	Doc:     "A special educational need of a child, from a day to a day.",
	apart:   []apartness{{by: []string{"child", "rank"}}, {by: []string{"child", "need"}}},
})
