package records

import "onevision/access"

// Pep is a personal education plan of a looked-after child, made or reviewed in a term.
type Pep struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period        string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date          Date   `json:"date" is:"fact required past" title:"Meeting" doc:"The day of the meeting."`
	AcademicYear  *int16 `json:"academic_year" range:"2000,2100" is:"fact required" example:"2025" doc:"The year in which the academic year began: 2025 is 2025/26."`
	Term          string `json:"term" codes:"school_term" is:"fact required" example:"spring" doc:"The term."`
	Quality       string `json:"quality,omitempty" codes:"pep_quality" is:"fact" doc:"How good the Virtual School found it."`
	ChildTookPart bool   `json:"child_took_part" is:"fact" doc:"Whether the child took part."`
}

var pepKind = define[Pep](Kind{
	Name: "pep", Plural: "peps", Title: "Personal education plan", Table: "pep", Category: access.LookedAfter,
	starts:  []clockStart{{clock: "education-plan", on: "date", while: "looked-after-period", ages: [2]int{4, 18}}},
	stops:   []clockStop{{clock: "education-plan-first", on: "date"}, {clock: "education-plan", on: "date"}},
	natural: []string{"child", "academic_year", "term"}, single: true,
	Doc:    "A personal education plan of a looked-after child, made or reviewed in a term.",
	within: []within{{field: "period", source: "Promoting the education of looked-after children 2018, PEP"}},
	taken: map[string]Problem{
		"pep_once": {"term", InUse, "there is a plan of that term already: correct that one"},
	},
})

var pepOfOtherYear = rule("pep", "academic_year", Contradicts, "is not the academic year of the meeting: correct one of them", "Promoting the education of looked-after children 2018, PEP")

// Validate wants the meeting in its academic year.
func (e *Pep) Validate(p *Problems) {
	p.BreakIf(e.AcademicYear != nil && !e.Date.IsZero() && int(*e.AcademicYear) != e.Date.AcademicYear(), pepOfOtherYear)
}
