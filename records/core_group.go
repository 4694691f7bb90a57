package records

import "onevision/access"

// CoreGroup is a meeting of the core group of a child protection plan.
type CoreGroup struct {
	Meta
	Child   string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Plan    string `json:"plan" column:"plan_id" ref:"child-protection-plan" is:"fact required" doc:"The child protection plan."`
	Date    Date   `json:"date" is:"fact required past" doc:"The day of the meeting."`
	Parents bool   `json:"parents_took_part" is:"fact" doc:"Whether a parent took part."`
	Worker  string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" title:"Led by" doc:"Who led it."`
}

var coreGroupKind = define[CoreGroup](Kind{
	Name: "core-group", Plural: "core-groups", Title: "Core group", Table: "core_group", Category: access.SocialCare,
	natural: []string{"child", "date"}, single: true,
	Doc:    "A meeting of the core group of a child protection plan.",
	starts: []clockStart{{clock: "core-group", on: "date", while: "child-protection-plan"}},
	stops:  []clockStop{{clock: "core-group-first", on: "date"}, {clock: "core-group", on: "date"}},
	within: []within{{field: "plan", source: "Working Together 2023, core group"}},
	taken: map[string]Problem{
		"core_group_once": {"date", InUse, "there is a meeting of that day already: correct that record"},
	},
})
