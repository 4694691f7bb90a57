package records

import "onevision/access"

// HealthAssessment is a health assessment of a looked-after child.
type HealthAssessment struct {
	Meta
	Child  string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Type   string `json:"type" codes:"health_assessment_type" is:"fact required" doc:"The first one, or a review."`
	Date   Date   `json:"date" is:"fact required" doc:"The day on which it was made, refused or cancelled, or for which it is planned."`
	Status string `json:"status" codes:"health_check_status" is:"fact required" example:"completed" doc:"Whether it was made."`
}

var healthAssessmentKind = define[HealthAssessment](Kind{
	Name: "health-assessment", Plural: "health-assessments", Title: "Health assessment", Table: "health_assessment", Category: access.LookedAfter,
	starts: []clockStart{
		{clock: "health-assessment-under-5", on: "date", only: map[string]string{"status": "completed"}, while: "looked-after-period", ages: [2]int{0, 5}},
		{clock: "health-assessment", on: "date", only: map[string]string{"status": "completed"}, while: "looked-after-period", ages: [2]int{5, 18}},
	},
	stops: []clockStop{
		{clock: "health-assessment-first", on: "date", only: map[string]string{"status": "completed"}},
		{clock: "health-assessment-under-5", on: "date", only: map[string]string{"status": "completed"}},
		{clock: "health-assessment", on: "date", only: map[string]string{"status": "completed"}},
	},
	natural: []string{"child", "type", "date"},
	Doc:     "A health assessment of a looked-after child.",
	within:  []within{{field: "period", source: "SSDA903, OC2 health assessment"}},
})

var assessmentAhead = rule("health-assessment", "date", InFuture, "is in the future, and only what is planned lies there: correct one of them", "SSDA903, OC2 health assessment")

// Validate wants what lies ahead to be planned.
func (h *HealthAssessment) Validate(p *Problems) {
	p.BreakIf(h.Status != "planned" && h.Date.After(p.Today), assessmentAhead)
}
