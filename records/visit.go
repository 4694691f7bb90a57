package records

import "onevision/access"

// Visit is a social worker's visit to a child on a child protection plan or in need.
type Visit struct {
	Meta
	Child       string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case        string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	Plan        string `json:"plan,omitempty" column:"plan_id" ref:"child-protection-plan" is:"fact" doc:"The child protection plan that it belongs to, if there is one."`
	Date        Date   `json:"date" is:"fact required past" doc:"The day of the visit."`
	Seen        bool   `json:"seen" is:"fact" doc:"Whether the child was seen."`
	SeenAlone   bool   `json:"seen_alone" is:"fact" doc:"Whether the child was seen alone."`
	BedroomSeen bool   `json:"bedroom_seen" is:"fact" doc:"Whether the child's bedroom was seen."`
	Worker      string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" doc:"The worker who visited."`
}

var visitKind = define[Visit](Kind{
	Name: "visit", Plural: "visits", Title: "Visit", Table: "visit", Category: access.SocialCare,
	starts:  []clockStart{{clock: "protection-visit", on: "date", only: map[string]string{"seen": "true"}, while: "child-protection-plan"}},
	stops:   []clockStop{{clock: "protection-visit", on: "date", only: map[string]string{"seen": "true"}}},
	natural: []string{"child", "date"},
	Doc:     "A social worker's visit to a child on a child protection plan or in need.",
	unborn:  true,
	within: []within{
		{field: "case", not: "no_further_action", why: visitWithoutAction, source: "Standard Safeguarding Dataset, cin_visits"},
		{field: "plan", source: "Standard Safeguarding Dataset, cp_visits"},
	},
})

var visitWithoutAction = rule("visit", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 4000")

var visitAloneUnseen = rule("visit", "seen_alone", Contradicts, "a child who was seen alone was seen: correct one of them", "Annex A, list 7")

// Validate wants a child who was seen alone to have been seen.
func (v *Visit) Validate(p *Problems) { p.BreakIf(v.SeenAlone && !v.Seen, visitAloneUnseen) }
