package records

import "onevision/access"

// ImmunisationStatus is whether the immunisations of a looked-after child were up to date on a day.
type ImmunisationStatus struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period   string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date     Date   `json:"date" is:"fact required past" title:"As at" doc:"The day of which it is said."`
	UpToDate bool   `json:"up_to_date" is:"fact" example:"true" doc:"Whether all immunisations due by then had been given."`
}

var immunisationStatusKind = define[ImmunisationStatus](Kind{
	Name: "immunisation-status", Plural: "immunisation-statuses", Title: "Immunisation status", Table: "immunisation_status", Category: access.LookedAfter,
	natural: []string{"child", "date"},
	Doc:     "Whether the immunisations of a looked-after child were up to date on a day.",
	within:  []within{{field: "period", source: "SSDA903, OC2 immunisations"}},
})
