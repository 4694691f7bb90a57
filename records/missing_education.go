package records

import "onevision/access"

// MissingEducation is a time for which a child of compulsory school age is missing education.
type MissingEducation struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	MainReason string `json:"main_reason" codes:"missing_education_reason" is:"fact required" doc:"Why."`
	LastSchool string `json:"last_school,omitempty" column:"last_school_id" ref:"school" is:"fact" title:"Last known school" doc:"The last school that is known."`
	FromDate   Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate     Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	FoundDate  Date   `json:"found_date,omitzero" is:"fact past" title:"Found" doc:"The day on which the child was found."`
	Outcome    string `json:"outcome,omitempty" codes:"missing_education_outcome" on:"to_date" is:"fact" doc:"What became of it."`
}

var missingEducationKind = define[MissingEducation](Kind{
	Name: "missing-education", Plural: "missing-educations", Title: "Child missing education", Table: "missing_education", Category: access.Education,
	natural: []string{"child", "from_date"},
	Doc:     "A time for which a child of compulsory school age is missing education.",
	apart:   []apartness{{by: []string{"child"}}},
})

var missingOutcome = rule("missing-education", "outcome", Required, "a child who is no longer missing education is somewhere: say what became of it", "Children missing education 2024, outcomes")

// Validate wants the outcome of what has ended.
func (m *MissingEducation) Validate(p *Problems) {
	p.BreakIf(!m.ToDate.IsZero() && m.Outcome == "", missingOutcome)
}
