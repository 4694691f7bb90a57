package records

import "onevision/access"

// LookedAfterVisit is a social worker's visit to a looked-after child.
type LookedAfterVisit struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period    string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date      Date   `json:"date" is:"fact required past" doc:"The day of the visit."`
	Seen      bool   `json:"seen" is:"fact" doc:"Whether the child was seen."`
	SeenAlone bool   `json:"seen_alone" is:"fact" doc:"Whether the child was seen alone."`
	Worker    string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" doc:"The worker who visited."`
}

var lookedAfterVisitKind = define[LookedAfterVisit](Kind{
	Name: "looked-after-visit", Plural: "looked-after-visits", Title: "Looked-after visit", Table: "looked_after_visit", Category: access.LookedAfter,
	starts:  []clockStart{{clock: "care-visit", on: "date", only: map[string]string{"seen": "true"}, while: "looked-after-period"}},
	stops:   []clockStop{{clock: "care-visit-first", on: "date", only: map[string]string{"seen": "true"}}, {clock: "care-visit", on: "date", only: map[string]string{"seen": "true"}}},
	natural: []string{"child", "date"},
	Doc:     "A social worker's visit to a looked-after child.",
	within:  []within{{field: "period", source: "Care Planning Regulations 2010, 28"}},
})

var careVisitUnseen = rule("looked-after-visit", "seen_alone", Contradicts, "a child who was seen alone was seen: correct one of them", "Care Planning Regulations 2010, 29")

// Validate wants a child who was seen alone to have been seen.
func (v *LookedAfterVisit) Validate(p *Problems) { p.BreakIf(v.SeenAlone && !v.Seen, careVisitUnseen) }
