package records

import "onevision/access"

// MissingEpisode is a time for which a looked-after child was missing or away without authorisation.
type MissingEpisode struct {
	Meta
	Child            string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period           string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Type             string `json:"type" codes:"missing_type" is:"fact required" doc:"Missing, or away without authorisation."`
	FromDate         Date   `json:"from_date" is:"fact required past" title:"Missing from" doc:"The first day."`
	ToDate           Date   `json:"to_date,omitzero" is:"fact" title:"Returned" doc:"The day after the day of the return."`
	InterviewOffered string `json:"interview_offered,omitempty" codes:"return_interview" on:"to_date" is:"fact" title:"Return interview offered" doc:"Whether a return interview was offered."`
	InterviewDate    Date   `json:"interview_date,omitzero" is:"fact past" title:"Return interview" doc:"The day of the return interview."`
}

var missingEpisodeKind = define[MissingEpisode](Kind{
	Name: "missing-episode", Plural: "missing-episodes", Title: "Missing episode", Table: "missing_episode", Category: access.LookedAfter,
	starts:  []clockStart{{clock: "return-interview", on: "to_date", only: map[string]string{"interview_offered": "!not-applicable"}, while: "looked-after-period"}},
	stops:   []clockStop{{clock: "return-interview", on: "interview_date", same: true}},
	natural: []string{"child", "from_date"},
	Doc:     "A time for which a looked-after child was missing or away without authorisation.",
	within:  []within{{field: "period", source: "SSDA903, 577, 578 and 581"}},
	apart:   []apartness{{by: []string{"child"}}},
})

var missingInterview = rule("missing-episode", "interview_date", DateOrder, "is before the child went missing: correct one of them", "SSDA903, 570")

// Validate wants the return interview to come after the child went missing.
func (m *MissingEpisode) Validate(p *Problems) {
	p.BreakIf(!m.InterviewDate.IsZero() && m.InterviewDate.Before(m.FromDate), missingInterview)
}
