package records

import "onevision/access"

// DeprivationOfLiberty is an order by which a looked-after child is deprived of their
// liberty, from a day to a day.
type DeprivationOfLiberty struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period       string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Order        string `json:"order" column:"order_type" codes:"liberty_order" is:"fact required" example:"high-court" doc:"Which order."`
	Renewed      bool   `json:"renewed" is:"fact" doc:"Whether it renews an order before."`
	ReviewDate   Date   `json:"review_date,omitzero" is:"fact" title:"Next review" doc:"The day on which the court reviews it."`
	Restrictions string `json:"restrictions,omitempty" as:"lines" doc:"What is restricted, and how."`
	FromDate     Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day of the order."`
	ToDate       Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after its last day."`
}

var deprivationOfLibertyKind = define[DeprivationOfLiberty](Kind{
	Name: "deprivation-of-liberty", Plural: "deprivations-of-liberty", Title: "Deprivation of liberty", Table: "deprivation_of_liberty", Category: access.LookedAfter,
	natural: []string{"child", "from_date"},
	Doc:     "An order by which a looked-after child is deprived of their liberty, from a day to a day.",
	within:  []within{{field: "period", begins: true, source: "SSDA903, DoLO 703"}},
	apart:   []apartness{{by: []string{"child"}}},
})

var libertyReview = rule("deprivation-of-liberty", "review_date", DateOrder, "is before the order: correct one of them", "SSDA903, DoLO 702")

// Validate wants a review to follow the order.
func (d *DeprivationOfLiberty) Validate(p *Problems) {
	p.BreakIf(!d.ReviewDate.IsZero() && d.ReviewDate.Before(d.FromDate), libertyReview)
}
