package records

import "onevision/access"

// ReducedTimetable is a time for which a pupil attends school for a part of the week only,
// by agreement.
type ReducedTimetable struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School     string `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school."`
	Reason     string `json:"reason" column:"main_reason" codes:"reduced_timetable_reason" is:"fact required" example:"reintegration" doc:"Why."`
	Sessions   *int16 `json:"sessions" range:"0,9" is:"fact required" example:"5" title:"Sessions at school" doc:"How many sessions of the ten of a week are at school."`
	Agreed     bool   `json:"parents_agreed" is:"fact" example:"true" doc:"Whether the parents agreed."`
	ReviewDate Date   `json:"review_date,omitzero" is:"fact" title:"Next review" doc:"The day by which it is reviewed."`
	FromDate   Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate     Date   `json:"to_date,omitzero" is:"fact" example:"2026-02-23" title:"End" doc:"The day on which the pupil is to be back full time."`
}

var reducedTimetableKind = define[ReducedTimetable](Kind{
	Name: "reduced-timetable", Plural: "reduced-timetables", Title: "Reduced timetable", Table: "reduced_timetable", Category: access.Education,
	natural: []string{"child", "from_date"},
	Doc:     "A time for which a pupil attends school for a part of the week only, by agreement.",
	apart:   []apartness{{by: []string{"child"}}},
})

var (
	timetableOpen   = rule("reduced-timetable", "to_date", Required, "a reduced timetable has an end: give the day on which the pupil is to be back full time", "Working together to improve school attendance 2024, reduced timetables")
	timetableReview = rule("reduced-timetable", "review_date", DateOrder, "is not within the days of the timetable: correct one of them", "Working together to improve school attendance 2024, reviews of reduced timetables")
)

// Validate wants an end, and a review before it.
func (r *ReducedTimetable) Validate(p *Problems) {
	p.BreakIf(r.ToDate.IsZero(), timetableOpen)
	p.BreakIf(!r.ReviewDate.IsZero() && (r.ReviewDate.Before(r.FromDate) || !r.ToDate.IsZero() && r.ReviewDate.After(r.ToDate)), timetableReview)
}
