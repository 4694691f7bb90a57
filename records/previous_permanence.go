package records

import "onevision/access"

// PreviousPermanence is how a child who came to be looked after had been placed for good before.
type PreviousPermanence struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period    string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Previous  string `json:"previous" codes:"permanence_order" is:"fact required" example:"Z1" doc:"The order before (SSDA903 codes)."`
	OrderYear *int16 `json:"order_year,omitempty" range:"1990,2100" is:"fact" doc:"The year of that order, where it is known."`
}

var previousPermanenceKind = define[PreviousPermanence](Kind{
	Name: "previous-permanence", Plural: "previous-permanences", Title: "Previous permanence", Table: "previous_permanence", Category: access.LookedAfter,
	natural: []string{"child", "period"}, single: true,
	Doc: "How a child who came to be looked after had been placed for good before.",
	taken: map[string]Problem{
		"previous_permanence_once": {"period", InUse, "it is said of this period already: correct that"},
	},
})

var permanenceOfNone = rule("previous-permanence", "order_year", NotPossible, "there was no order before, so that it has no year: leave it out", "SSDA903, 635")

// Validate wants no year of no order.
func (r *PreviousPermanence) Validate(p *Problems) {
	p.BreakIf(r.Previous == "Z1" && r.OrderYear != nil, permanenceOfNone)
}
