package records

import "onevision/access"

// SocialCareCase is an episode of need, from referral to closure (CIN census,
// CINdetails).
type SocialCareCase struct {
	Meta
	Child           string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	FromDate        Date   `json:"from_date" is:"fact required" title:"Referred" doc:"The day of referral."`
	ToDate          Date   `json:"to_date,omitzero" is:"fact" title:"Closed" doc:"The day after the day of closure."`
	ReferralSource  string `json:"referral_source" codes:"referral_source" is:"fact required" doc:"Who referred the child."`
	Need            string `json:"need,omitempty" codes:"need" is:"fact" title:"Primary need" doc:"The primary need."`
	NoFurtherAction bool   `json:"no_further_action" is:"fact" doc:"Whether the referral led to no further action."`
	Closure         string `json:"closure,omitempty" codes:"case_closure" on:"to_date" is:"fact" title:"Reason for closure" doc:"Why the case was closed."`
}

var socialCareCaseKind = define[SocialCareCase](Kind{
	Name: "social-care-case", Plural: "social-care-cases", Title: "Social-care case", Table: "social_care_case", Category: access.SocialCare,
	starts:  []clockStart{{clock: "assessment", on: "from_date", only: map[string]string{"no_further_action": "false"}, while: "social-care-case"}},
	natural: []string{"child", "from_date"},
	unborn:  true,
	Doc:     "An episode of need, from referral to closure.",
	apart:   []apartness{{by: []string{"child"}}},
})

// Validate wants a day of closure with a reason for it.
func (c *SocialCareCase) Validate(p *Problems) {
	if c.Closure != "" && c.ToDate.IsZero() {
		p.Add("to_date", Required, "a reason for closure needs the day of closure")
	}
}
