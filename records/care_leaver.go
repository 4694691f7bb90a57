package records

import "onevision/access"

// CareLeaver is what a young person who was looked after is entitled to, from a day to a day.
type CareLeaver struct {
	Meta
	Child           string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Eligibility     string `json:"eligibility" codes:"care_leaver_eligibility" is:"fact required" example:"former-relevant" doc:"The status in law."`
	FromDate        Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate          Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	StayingPut      bool   `json:"staying_put" is:"fact" doc:"Whether they stay with their former foster carer."`
	PersonalAdviser string `json:"personal_adviser,omitempty" column:"personal_adviser_id" ref:"worker" is:"fact" doc:"The personal adviser."`
}

var careLeaverKind = define[CareLeaver](Kind{
	Name: "care-leaver", Plural: "care-leavers", Title: "Care-leaver status", Table: "care_leaver", Category: access.LookedAfter,
	starts:  []clockStart{{clock: "pathway-plan", on: "from_date", only: map[string]string{"eligibility": "eligible"}, not: SourceSocialCare, while: "care-leaver", joined: true}},
	natural: []string{"child", "from_date"},
	Doc:     "What a young person who was looked after is entitled to, from a day to a day.",
	apart:   []apartness{{by: []string{"child"}}},
})
