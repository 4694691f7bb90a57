package records

import "onevision/access"

// Advocacy is the offer of an independent advocate to a looked-after child or care leaver,
// and what came of it.
type Advocacy struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Date     Date   `json:"date" is:"fact required past" title:"Offered" doc:"The day on which an advocate was offered."`
	Issue    string `json:"issue" codes:"advocacy_issue" is:"fact required" example:"review" doc:"What it is about."`
	Accepted Date   `json:"accepted_date,omitzero" is:"fact past" title:"Taken up" doc:"The day on which the child took it up; none: they did not."`
	Ended    Date   `json:"ended_date,omitzero" is:"fact past" title:"Ended" doc:"The day on which the advocate was done."`
	Outcome  string `json:"outcome,omitempty" codes:"advocacy_outcome" on:"ended_date" is:"fact" doc:"What came of it."`
}

var advocacyKind = define[Advocacy](Kind{
	Name: "advocacy", Plural: "advocacies", Title: "Advocacy", Table: "advocacy", Category: access.LookedAfter,
	natural: []string{"child", "date"},
	Doc:     "The offer of an independent advocate to a looked-after child or care leaver, and what came of it.",
})

var (
	advocateEarly = rule("advocacy", "accepted_date", DateOrder, "is before the offer: correct one of them", "Children Act 1989, s. 26A")
	advocateDone  = rule("advocacy", "ended_date", DateOrder, "is before it was taken up, or it was not taken up: correct one of them", "Children Act 1989, s. 26A")
)

// Validate wants offer, taking up and end in their order.
func (a *Advocacy) Validate(p *Problems) {
	p.BreakIf(!a.Accepted.IsZero() && a.Accepted.Before(a.Date), advocateEarly)
	p.BreakIf(!a.Ended.IsZero() && (a.Accepted.IsZero() || a.Ended.Before(a.Accepted)), advocateDone)
}
