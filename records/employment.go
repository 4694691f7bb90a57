package records

import (
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Employment is how a worker is employed, from a day to a day: as what, for how much of
// the week, by the authority or through an agency.
type Employment struct {
	Meta
	Worker        string           `json:"worker" column:"worker_id" ref:"worker" is:"fact required fixed" doc:"The worker."`
	Role          string           `json:"role" codes:"workforce_role" is:"fact required" example:"5" doc:"What they are employed as (social work workforce census)."`
	Agency        bool             `json:"agency" is:"fact" title:"Agency worker" doc:"Whether they come through an agency."`
	FullTime      *decimal.Decimal `json:"full_time_equivalent" digits:"3,2" is:"fact required" example:"0.8" title:"Full-time equivalent" doc:"How much of a full-time week, 0 to 1."`
	FromDate      Date             `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate        Date             `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	LeavingReason string           `json:"leaving_reason,omitempty" codes:"workforce_leaving_reason" on:"to_date" is:"fact" title:"Reason for ending" doc:"Why it ended (social work workforce census; C where it goes on in another form)."`
}

var employmentKind = define[Employment](Kind{
	Name: "employment", Plural: "employments", Title: "Employment", Table: "employment", Category: access.Workforce,
	natural: []string{"worker", "from_date"}, single: true,
	Doc:   "How a worker is employed, from a day to a day: as what, for how much of the week, by the authority or through an agency.",
	apart: []apartness{{by: []string{"worker"}}},
	taken: map[string]Problem{
		"employment_once": {"from_date", InUse, "there is an employment of this worker from that day already: correct that one"},
	},
})

var (
	employmentPart = rule("employment", "full_time_equivalent", OutOfRange, "is not from 0 to 1: 1 is a full-time week", "Children's social work workforce census, FTE")
	employmentEnd  = rule("employment", "to_date", Required, "a reason for ending needs the day", "Children's social work workforce census, leavers")
)

// Validate wants a part of a week, and the end with its reason.
func (e *Employment) Validate(p *Problems) {
	p.BreakIf(notPart(e.FullTime), employmentPart)
	p.BreakIf(e.LeavingReason != "" && e.ToDate.IsZero(), employmentEnd)
}

// notPart reports whether a full-time equivalent is none of one person or post.
func notPart(d *decimal.Decimal) bool {
	return d != nil && (d.IsNegative() || d.GreaterThan(decimal.NewFromInt(1)))
}
