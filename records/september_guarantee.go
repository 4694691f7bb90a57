package records

import "onevision/access"

// SeptemberGuarantee is whether a young person was offered a place in education or training by the end of September.
type SeptemberGuarantee struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Year      *int16 `json:"year" range:"2000,2100" is:"fact required" example:"2025" doc:"The year of that September."`
	YearGroup *int16 `json:"year_group" range:"11,12" is:"fact required" example:"11" doc:"The year group that they leave: 11 or 12."`
	Status    string `json:"status" codes:"september_guarantee_status" is:"fact required" doc:"What became of the offer."`
	Date      Date   `json:"date,omitzero" is:"fact past" title:"Offered" doc:"The day of the offer."`
}

var septemberGuaranteeKind = define[SeptemberGuarantee](Kind{
	Name: "september-guarantee", Plural: "september-guarantees", Title: "September guarantee", Table: "september_guarantee", Category: access.Post16,
	natural: []string{"child", "year", "year_group"}, single: true,
	Doc: "Whether a young person was offered a place in education or training by the end of September.",
	taken: map[string]Problem{
		"september_guarantee_once": {"year", InUse, "there is one of that year and year group already: correct that one"},
	},
})
