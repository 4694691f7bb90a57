package records

import "onevision/access"

// PreProceedings is the time before care proceedings, from the decision at the legal
// gateway to the court or a step down.
type PreProceedings struct {
	Meta
	Child       string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case        string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The case that it belongs to."`
	Gateway     string `json:"gateway" codes:"legal_gateway" is:"fact required" example:"B" doc:"What the legal gateway decided."`
	FromDate    Date   `json:"from_date" is:"fact required" title:"Decided" doc:"The day of the decision at the legal gateway."`
	ToDate      Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after it ended: the application to court, or the step down."`
	Letter      Date   `json:"letter_date,omitzero" is:"fact past" title:"Letter sent" doc:"The day on which the letter before proceedings was sent."`
	Meeting     Date   `json:"meeting_date,omitzero" is:"fact past" title:"First meeting" doc:"The day of the first meeting with the parents."`
	Reviews     *int16 `json:"review_meetings,omitempty" range:"0,50" is:"fact" doc:"How many meetings reviewed it."`
	Conference  bool   `json:"family_group_offered" is:"fact" title:"Family group meeting offered" doc:"Whether a family group decision-making meeting was offered."`
	Held        bool   `json:"family_group_held" is:"fact" title:"Family group meeting held" doc:"Whether it was held."`
	Outcome     string `json:"outcome,omitempty" codes:"preproceedings_outcome" on:"to_date" is:"fact" doc:"How it ended."`
	ShortNotice string `json:"short_notice_reason,omitempty" codes:"short_notice_reason" is:"fact" title:"Short notice" doc:"Why proceedings were begun at short notice, if they were."`
	Initial     string `json:"initial_plan,omitempty" codes:"court_care_plan" is:"fact" title:"Initial care plan" doc:"The care plan that the authority first put to the court."`
	Final       string `json:"final_plan,omitempty" codes:"court_care_plan" is:"fact" title:"Final care plan" doc:"The care plan at the final hearing."`
	Hearings    *int16 `json:"hearings,omitempty" range:"0,100" is:"fact" doc:"How many hearings there were."`
	Reference   string `json:"court_reference,omitempty" doc:"The number of the case at court."`
}

var preProceedingsKind = define[PreProceedings](Kind{
	Name: "pre-proceedings", Plural: "pre-proceedings", Title: "Pre-proceedings", Table: "pre_proceedings", Category: access.SocialCare,
	natural: []string{"child", "from_date"},
	Doc:     "The time before care proceedings, from the decision at the legal gateway to the court or a step down.",
	starts:  []clockStart{{clock: "pre-proceedings", on: "from_date", only: map[string]string{"gateway": "B"}, while: "pre-proceedings"}},
	stops:   []clockStop{{clock: "pre-proceedings", on: "to_date", same: true}},
	within:  []within{{field: "case", begins: true, source: "Public Law Outline, CIN census 2026 pre-proceedings"}},
	apart:   []apartness{{by: []string{"child"}}},
	unborn:  true,
})

var (
	letterEarly   = rule("pre-proceedings", "letter_date", DateOrder, "is before the decision at the legal gateway: correct one of them", "Public Law Outline, letter before proceedings")
	meetingEarly  = rule("pre-proceedings", "meeting_date", DateOrder, "is before the letter that invites to it: correct one of them", "Public Law Outline, pre-proceedings meeting")
	proceedingEnd = rule("pre-proceedings", "to_date", Required, "an outcome needs the day on which it ended", "SSD, ssd_pre_proceedings")
	familyGroup   = rule("pre-proceedings", "family_group_held", Contradicts, "a family group meeting that was held was offered: correct one of them", "CIN census 2026, FGDM")
)

// Validate wants decision, letter, meeting and end in their order.
func (e *PreProceedings) Validate(p *Problems) {
	p.BreakIf(!e.Letter.IsZero() && e.Letter.Before(e.FromDate), letterEarly)
	p.BreakIf(!e.Meeting.IsZero() && !e.Letter.IsZero() && e.Meeting.Before(e.Letter), meetingEarly)
	p.BreakIf(e.Outcome != "" && e.ToDate.IsZero(), proceedingEnd)
	p.BreakIf(e.Held && !e.Conference, familyGroup)
}
