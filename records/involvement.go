package records

import "onevision/access"

// Involvement is a worker's involvement with a child, in a team, from a day to
// a day. It is of a category of its own: who is involved may be seen by people
// who may not see why.
type Involvement struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case      string `json:"case,omitempty" column:"case_id" ref:"social-care-case" is:"fact" doc:"The case that it belongs to, if any."`
	Worker    string `json:"worker" column:"worker_id" ref:"worker" is:"fact required" doc:"The worker."`
	Team      string `json:"team" column:"team_id" ref:"team" is:"fact required" doc:"The team in which they act."`
	Role      string `json:"role" codes:"involvement_role" is:"fact required" doc:"What they are to the child."`
	Allocated bool   `json:"allocated" is:"fact" doc:"Whether this is the case's allocated worker."`
	FromDate  Date   `json:"from_date" is:"fact required" doc:"The first day."`
	ToDate    Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day."`
}

var involvementKind = define[Involvement](Kind{
	Name: "involvement", Plural: "involvements", Title: "Involvement", Table: "involvement", Category: access.Involvement,
	natural: []string{"child", "worker", "from_date"},
	unborn:  true,
	Doc:     "Who is involved with a child, in which team, since when.",
})

// A reviewing officer, or a team's name, tells that a child is in care. A page says
// whom to ring all the same (see ChildPage).
func (i *Involvement) tellsCare() ([]string, access.Category) {
	return []string{"role", "team", "worker"}, access.CareStatus
}
