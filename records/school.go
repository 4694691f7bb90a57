package records

import "onevision/access"

// School is a school, from the day it opened to the day after it closed.
type School struct {
	Meta
	LAESTAB  string `json:"laestab" as:"laestab" is:"fact required" title:"LAESTAB" doc:"The authority's number and the establishment's, 7 digits."`
	URN      string `json:"urn,omitempty" as:"urn" title:"Unique reference number (URN)" doc:"6 digits."`
	Name     string `json:"name" is:"fact required" doc:"The school's name."`
	Phase    string `json:"phase" codes:"school_phase" is:"fact required" doc:"Primary, secondary, special, all-through or alternative provision."`
	District string `json:"district,omitempty" codes:"district" is:"fact" doc:"The district that the school lies in."`
	FromDate Date   `json:"from_date" is:"fact required" title:"Opened" doc:"The day it opened; 1900-01-01 where that is not known."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"Closed" doc:"The day after its last day."`
}

var schoolKind = define[School](Kind{
	Name: "school", Plural: "schools", Title: "School", Table: "school", Category: access.Organisation,
	natural: []string{"laestab"}, single: true,
	Doc: "A school.",
	taken: map[string]Problem{
		"school_laestab_key": {"laestab", InUse, "is already in use by another school: check the number"},
	},
})
