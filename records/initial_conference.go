package records

import "onevision/access"

// InitialConference is an initial child protection conference about a child.
type InitialConference struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case       string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	Section47  string `json:"section_47,omitempty" column:"section_47_id" ref:"section-47" is:"fact" example:"1" doc:"The enquiry that led to it; none of a child who moved in with a plan."`
	Date       Date   `json:"date" is:"fact required past" doc:"The day of the conference."`
	Plan       bool   `json:"plan" is:"fact" example:"true" title:"Plan made" doc:"Whether it made a child protection plan."`
	Category   string `json:"category,omitempty" codes:"category_of_abuse" is:"fact" example:"NEG" doc:"The category of abuse of that plan."`
	TransferIn bool   `json:"transfer_in" is:"fact" doc:"Whether the child had moved in with another authority's plan."`
	Quorate    bool   `json:"quorate" is:"fact" doc:"Whether those were there who must be."`
	Chair      string `json:"chair,omitempty" column:"chair_id" ref:"worker" is:"fact" doc:"Who chaired it."`
}

var initialConferenceKind = define[InitialConference](Kind{
	Name: "initial-conference", Plural: "initial-conferences", Title: "Initial conference", Table: "initial_conference", Category: access.SocialCare,
	stops:   []clockStop{{clock: "initial-conference", on: "date"}},
	natural: []string{"child", "date"}, single: true,
	Doc:    "An initial child protection conference about a child.",
	unborn: true,
	within: []within{
		{field: "case", not: "no_further_action", why: initialConferenceWithoutAction, source: "CIN census, 1104"},
		{field: "section_47", begins: true, source: "CIN census, 8615"},
	},
	taken: map[string]Problem{
		"initial_conference_once": {"date", InUse, "there is a conference about this child on that day already: correct that one"},
	},
})

var initialConferenceWithoutAction = rule("initial-conference", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 8831")

var (
	conferenceOnWeekend   = rule("initial-conference", "date", NotPossible, "is on a weekend, when no conference is held: correct the date", "CIN census, 8875")
	conferenceCategory    = rule("initial-conference", "category", Required, "a conference that made a plan says under which category", "CIN census, 8905")
	conferenceWithoutPlan = rule("initial-conference", "category", Contradicts, "a conference that made no plan has no category: correct one of them", "CIN census, 8905")
	conferenceTransferred = rule("initial-conference", "section_47", Contradicts, "of a child who moved in with a plan there was no enquiry here: correct one of them", "CIN census, 2884")
)

// Validate checks the day and what follows upon a plan.
func (c *InitialConference) Validate(p *Problems) {
	p.BreakIf(c.Date.onWeekend(), conferenceOnWeekend)
	p.BreakIf(c.Plan && c.Category == "", conferenceCategory)
	p.BreakIf(!c.Plan && c.Category != "", conferenceWithoutPlan)
	p.BreakIf(c.TransferIn && c.Section47 != "", conferenceTransferred)
}
