package records

import "onevision/access"

// DentalCheck is a check of the teeth of a looked-after child by a dentist.
type DentalCheck struct {
	Meta
	Child  string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date   Date   `json:"date" is:"fact required past" doc:"The day on which it was made or refused."`
	Status string `json:"status" codes:"health_check_status" is:"fact required" example:"completed" doc:"Whether it was made."`
}

var dentalCheckKind = define[DentalCheck](Kind{
	Name: "dental-check", Plural: "dental-checks", Title: "Dental check", Table: "dental_check", Category: access.LookedAfter,
	natural: []string{"child", "date"},
	Doc:     "A check of the teeth of a looked-after child by a dentist.",
	within:  []within{{field: "period", source: "SSDA903, OC2 teeth check"}},
})
