package records

import "onevision/access"

// Section47 is an enquiry under section 47 of the Children Act 1989, from the strategy discussion that began it.
type Section47 struct {
	Meta
	Child                 string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case                  string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	FromDate              Date   `json:"from_date" is:"fact required past" title:"Started" doc:"The day of the strategy discussion that began it."`
	ToDate                Date   `json:"to_date,omitzero" is:"fact" example:"2026-01-13" title:"Ended" doc:"The day after the day on which it ended."`
	ConferenceNotRequired bool   `json:"conference_not_required" is:"fact" doc:"Whether it was found that no conference is needed."`
	Outcome               string `json:"outcome,omitempty" codes:"section47_outcome" on:"to_date" is:"fact" example:"initial-conference" doc:"What it led to."`
	Worker                string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" doc:"The worker who led it."`
}

var section47Kind = define[Section47](Kind{
	Name: "section-47", Plural: "section-47-enquiries", Title: "Section 47 enquiry", Table: "section_47", Category: access.SocialCare,
	starts:  []clockStart{{clock: "initial-conference", on: "from_date", only: map[string]string{"conference_not_required": "false"}, while: "social-care-case"}},
	stops:   []clockStop{{clock: "initial-conference", on: "to_date", only: map[string]string{"outcome": "!initial-conference"}, same: true}},
	natural: []string{"child", "from_date"},
	Doc:     "An enquiry under section 47 of the Children Act 1989, from the strategy discussion that began it.",
	unborn:  true,
	within:  []within{{field: "case", not: "no_further_action", why: section47WithoutAction, source: "CIN census, 2889 and 8868"}},
	apart:   []apartness{{by: []string{"child"}}},
})

var section47WithoutAction = rule("section-47", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 8831")

var (
	section47Outcome       = rule("section-47", "outcome", Required, "an enquiry that ended says what it led to", "Standard Safeguarding Dataset, section 47")
	section47NotRequired   = rule("section-47", "conference_not_required", Contradicts, "the enquiry led to a conference, so that one was required: correct one of them", "CIN census, 8868")
	section47OutcomeBefore = rule("section-47", "to_date", Required, "must be given with the outcome", "CIN census, 8868")
)

// Validate wants the outcome and the end together.
func (s *Section47) Validate(p *Problems) {
	p.BreakIf(s.Outcome == "" && !s.ToDate.IsZero(), section47Outcome)
	p.BreakIf(s.Outcome != "" && s.ToDate.IsZero(), section47OutcomeBefore)
	p.BreakIf(s.ConferenceNotRequired && s.Outcome == "initial-conference", section47NotRequired)
}
