package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// AssessmentFactor is a factor that an assessment found.
type AssessmentFactor struct {
	Meta
	Child      string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Assessment string `json:"assessment" column:"assessment_id" ref:"assessment" is:"fact required" doc:"The assessment that found it."`
	Date       Date   `json:"date" is:"fact required past" doc:"The day on which the assessment was authorised."`
	Factor     string `json:"factor" codes:"child_factor" is:"fact required" example:"1A" doc:"The factor (CIN census codes)."`
}

var assessmentFactorKind = define[AssessmentFactor](Kind{
	Name: "assessment-factor", Plural: "assessment-factors", Title: "Assessment factor", Table: "assessment_factor", Category: access.SocialCare,
	natural: []string{"child", "assessment", "factor"}, single: true,
	Doc:    "A factor that an assessment found.",
	unborn: true,
	taken: map[string]Problem{
		"assessment_factor_once": {"factor", InUse, "this assessment has the factor already: one record of each is enough (CIN census, 8898)"},
	},
})

var (
	factorOfNoAssessment = rule("assessment-factor", "assessment", NoSuchRecord, "this child has no such assessment: give the id of one of the child's own", "CIN census, 8614")
	factorUnfinished     = rule("assessment-factor", "date", Contradicts, "is not the day on which the assessment was authorised: authorise it first, or correct the day", "CIN census, 8614")
	factorBesideNone     = rule("assessment-factor", "factor", Contradicts, "stands beside 21, no factors identified: take one of them out", "CIN census, 8869")
)

// check wants the assessment to be authorised, and no factor beside "none".
func (f *AssessmentFactor) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("assessment") {
		return nil
	}
	var known, authorised, none, others bool
	err := tx.QueryRow(ctx, `/* records.AssessmentFactor.check */
		SELECT coalesce(bool_or(true), false), coalesce(bool_or(a.to_date - 1 = $3), false),
			EXISTS (SELECT FROM assessment_factor WHERE assessment_id = $1 AND id <> $4 AND factor = '21'),
			EXISTS (SELECT FROM assessment_factor WHERE assessment_id = $1 AND id <> $4)
		FROM assessment a WHERE a.id = $1 AND a.child_id = $2`, key(f.Assessment), f.child, f.Date, f.key).Scan(&known, &authorised, &none, &others)
	if err != nil {
		return fmt.Errorf("look at assessment %s: %w", f.Assessment, err)
	}
	p.BreakIf(!known, factorOfNoAssessment)
	p.BreakIf(known && !authorised, factorUnfinished)
	p.BreakIf(none || others && f.Factor == "21", factorBesideNone)
	return nil
}
