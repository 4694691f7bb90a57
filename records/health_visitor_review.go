package records

import "onevision/access"

// HealthVisitorReview is a review of a child by a health visitor: due, and done or not.
type HealthVisitorReview struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Type       string `json:"type" codes:"health_visitor_review_type" is:"fact required" example:"new-birth" doc:"Which review."`
	DueDate    Date   `json:"due_date" is:"fact required" title:"Due" doc:"The day by which it is due."`
	Date       Date   `json:"date,omitzero" is:"fact past" title:"Done" doc:"The day on which it was done."`
	Outcome    string `json:"outcome,omitempty" codes:"health_visitor_outcome" is:"fact" doc:"Whether it was done."`
	FaceToFace bool   `json:"face_to_face" is:"fact" doc:"Whether it was face to face."`
	AsqUsed    bool   `json:"asq_used" is:"fact" title:"ASQ-3 used" doc:"Whether the ages and stages questionnaire was used."`
}

var healthVisitorReviewKind = define[HealthVisitorReview](Kind{
	Name: "health-visitor-review", Plural: "health-visitor-reviews", Title: "Health visitor review", Table: "health_visitor_review", Category: access.Health,
	natural: []string{"child", "type"}, single: true,
	Doc:    "A review of a child by a health visitor: due, and done or not.",
	unborn: true,
	taken: map[string]Problem{
		"health_visitor_review_once": {"type", InUse, "there is a review of that type already: correct that one"},
	},
})

var (
	reviewUndone  = rule("health-visitor-review", "date", Required, "a review that was completed has a day", "Community Services Data Set 1.6, health visiting")
	reviewMissing = rule("health-visitor-review", "outcome", Contradicts, "a review that has a day was completed: correct one of them", "Community Services Data Set 1.6, health visiting")
)

// Validate wants the day of what was done, and of nothing else.
func (r *HealthVisitorReview) Validate(p *Problems) {
	p.BreakIf(r.Outcome == "completed" && r.Date.IsZero(), reviewUndone)
	p.BreakIf(!r.Date.IsZero() && r.Outcome != "completed", reviewMissing)
}
