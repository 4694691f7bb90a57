package records

import "onevision/access"

// Team is a team of the authority, from a day to a day.
type Team struct {
	Meta
	Name      string `json:"name" is:"fact required" doc:"The team's name."`
	Telephone string `json:"telephone,omitempty" example:"01632 960100" doc:"Where the team is rung, on any working day."`
	Service   string `json:"service" codes:"team_service" is:"fact required" doc:"What the team does."`
	FromDate  Date   `json:"from_date" is:"fact required" doc:"Its first day; 1900-01-01 where that is not known."`
	ToDate    Date   `json:"to_date,omitzero" is:"fact" doc:"The day after its last day."`
}

var teamKind = define[Team](Kind{
	Name: "team", Plural: "teams", Title: "Team", Table: "team", Category: access.Organisation,
	natural: []string{"name"},
	Doc:     "A team of the authority.",
})
