package records

import "onevision/access"

// Worker is a person who works with children, in one team at a time. Who they
// are is private; that there is one, and in which team, is a fact.
type Worker struct {
	Meta
	Team         string `json:"team" column:"team_id" ref:"team" is:"fact required" doc:"The team."`
	Name         string `json:"name" is:"required" doc:"The worker's name."`
	Email        string `json:"email,omitempty" as:"email" doc:"The worker's address for mail."`
	Telephone    string `json:"telephone,omitempty" example:"01632 960123" doc:"Where the worker is rung."`
	Registration string `json:"registration,omitempty" doc:"The Social Work England number."`
	Account      int64  `json:"account,omitempty" column:"account_id" doc:"The account with which they sign in."`
	FromDate     Date   `json:"from_date" is:"fact required" doc:"The first day in this team; 1900-01-01 where that is not known."`
	ToDate       Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day in this team."`
}

var workerKind = define[Worker](Kind{
	Name: "worker", Plural: "workers", Title: "Worker", Table: "worker", Category: access.Organisation,
	natural: []string{"name"},
	Doc:     "A person who works with children, in one team at a time.",
})
