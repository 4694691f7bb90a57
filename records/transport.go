package records

import (
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Transport is a child’s transport from home to school, from a day to a day: why they are
// entitled to it, and how they travel.
type Transport struct {
	Meta
	Child       string           `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School      string           `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school."`
	Eligibility string           `json:"eligibility" codes:"transport_eligibility" is:"fact required" example:"statutory-distance" doc:"Why the child is entitled to it."`
	Mode        string           `json:"mode" codes:"transport_mode" is:"fact required" example:"contract-bus" doc:"How the child travels."`
	Distance    *decimal.Decimal `json:"distance_miles,omitempty" digits:"4,1" is:"fact" example:"4.2" title:"Miles" doc:"The walking distance in miles."`
	Assistant   bool             `json:"passenger_assistant" is:"fact" doc:"Whether a passenger assistant travels with the child."`
	Wheelchair  bool             `json:"wheelchair" is:"fact" doc:"Whether the vehicle must take a wheelchair."`
	Route       string           `json:"route,omitempty" doc:"The route, as the operator calls it."`
	Needs       string           `json:"passenger_needs,omitempty" as:"lines" doc:"What the driver must know."`
	Applied     Date             `json:"application_date,omitzero" is:"fact past" title:"Applied" doc:"The day of the application."`
	Decided     Date             `json:"decision_date,omitzero" is:"fact past" title:"Decided" doc:"The day of the decision."`
	FromDate    Date             `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate      Date             `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var transportKind = define[Transport](Kind{
	Name: "transport", Plural: "transports", Title: "Home-to-school transport", Table: "transport", Category: access.Transport,
	natural: []string{"child", "school", "from_date"}, single: true,
	Doc:    "A child’s transport from home to school, from a day to a day: why they are entitled to it, and how they travel.",
	starts: []clockStart{{clock: "transport-decision", on: "application_date"}},
	stops:  []clockStop{{clock: "transport-decision", on: "decision_date", same: true}},
	apart:  []apartness{{by: []string{"child", "school"}}},
	taken: map[string]Problem{
		"transport_once": {"from_date", InUse, "the child has transport to that school from that day already: correct that record"},
	},
})

var transportDecided = rule("transport", "decision_date", DateOrder, "is before the application: correct one of them", "Travel to school for children of compulsory school age 2024, appeals")

// Validate wants application and decision in their order.
func (t *Transport) Validate(p *Problems) {
	p.BreakIf(!t.Decided.IsZero() && t.Decided.Before(t.Applied), transportDecided)
}
