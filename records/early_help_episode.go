package records

import "onevision/access"

// EarlyHelpEpisode is a time for which a family has early help because of a child.
type EarlyHelpEpisode struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	MainReason string `json:"main_reason,omitempty" codes:"early_help_reason" is:"fact" doc:"Why."`
	Team       string `json:"team,omitempty" column:"team_id" ref:"team" is:"fact" doc:"The team that leads."`
	FromDate   Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate     Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	Outcome    string `json:"outcome,omitempty" codes:"early_help_outcome" on:"to_date" is:"fact" doc:"What became of it."`
}

var earlyHelpEpisodeKind = define[EarlyHelpEpisode](Kind{
	Name: "early-help-episode", Plural: "early-help-episodes", Title: "Early help episode", Table: "early_help_episode", Category: access.SocialCare,
	natural: []string{"child", "from_date"},
	Doc:     "A time for which a family has early help because of a child.",
	unborn:  true,
	apart:   []apartness{{by: []string{"child"}}},
})
