package records

import "onevision/access"

// StrategyDiscussion is a strategy discussion: whether there is to be an enquiry under section 47.
type StrategyDiscussion struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case          string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	Date          Date   `json:"date" is:"fact required past" doc:"The day of the discussion."`
	Outcome       string `json:"outcome,omitempty" codes:"strategy_outcome" is:"fact" doc:"What was agreed."`
	PolicePresent bool   `json:"police_present" is:"fact" doc:"Whether the police took part."`
	HealthPresent bool   `json:"health_present" is:"fact" doc:"Whether a health practitioner took part."`
}

var strategyDiscussionKind = define[StrategyDiscussion](Kind{
	Name: "strategy-discussion", Plural: "strategy-discussions", Title: "Strategy discussion", Table: "strategy_discussion", Category: access.SocialCare,
	natural: []string{"child", "date"},
	Doc:     "A strategy discussion: whether there is to be an enquiry under section 47.",
	unborn:  true,
	within:  []within{{field: "case", not: "no_further_action", why: strategyDiscussionWithoutAction, source: "Working Together 2023, strategy discussions"}},
})

var strategyDiscussionWithoutAction = rule("strategy-discussion", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 8831")
