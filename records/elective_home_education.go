package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ElectiveHomeEducation is a time for which a child is educated at home by the choice of the parents.
type ElectiveHomeEducation struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	MainReason   string `json:"main_reason" codes:"home_education_reason" is:"fact required" example:"philosophical" doc:"Why."`
	FromDate     Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate       Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	NotifiedDate Date   `json:"notified_date,omitzero" is:"fact past" title:"Notified" doc:"The day on which the authority was told."`
	Suitability  string `json:"suitability,omitempty" codes:"home_education_suitability" is:"fact" doc:"Whether the education was found suitable."`
	ReviewedDate Date   `json:"reviewed_date,omitzero" is:"fact past" title:"Reviewed" doc:"The day on which that was last looked at."`
	EndReason    string `json:"end_reason,omitempty" codes:"home_education_end" on:"to_date" is:"fact" doc:"Why it ended."`
}

var electiveHomeEducationKind = define[ElectiveHomeEducation](Kind{
	Name: "elective-home-education", Plural: "elective-home-educations", Title: "Elective home education", Table: "elective_home_education", Category: access.Education,
	natural: []string{"child", "from_date"},
	Doc:     "A time for which a child is educated at home by the choice of the parents.",
	apart:   []apartness{{by: []string{"child"}}},
})

var homeEducatedOnRoll = rule("elective-home-education", "from_date", Overlaps, "the child is on a school's roll on some of these days: end that enrolment first, or correct the days", "Education (Pupil Registration) Regulations, deletion for home education")

// check wants the child on no roll at the time.
func (e *ElectiveHomeEducation) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("from_date") || p.On("to_date") {
		return nil
	}
	var enrolled bool
	err := tx.QueryRow(ctx, `/* records.ElectiveHomeEducation.check */
		SELECT EXISTS (SELECT FROM enrolment WHERE child_id = $1 AND status IN ('C', 'M') AND from_date < $3 AND coalesce(to_date, 'infinity') > $2)`,
		e.child, e.FromDate, orInfinity(e.ToDate)).Scan(&enrolled)
	if err != nil {
		return fmt.Errorf("look at the enrolments of child %d: %w", e.child, err)
	}
	p.BreakIf(enrolled, homeEducatedOnRoll)
	return nil
}
