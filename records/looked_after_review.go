package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// LookedAfterReview is a review of a looked-after child's case.
type LookedAfterReview struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period        string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date          Date   `json:"date" is:"fact required" doc:"The day of the review."`
	Participation string `json:"participation" codes:"review_participation" is:"fact required" doc:"How the child took part (SSDA903 codes)."`
}

var lookedAfterReviewKind = define[LookedAfterReview](Kind{
	Name: "looked-after-review", Plural: "looked-after-reviews", Title: "Looked-after review", Table: "looked_after_review", Category: access.LookedAfter,
	starts:  []clockStart{{clock: "care-review-second", on: "date", while: "looked-after-period", nth: 1}, {clock: "care-review", on: "date", while: "looked-after-period", nth: 2}},
	stops:   []clockStop{{clock: "care-review-first", on: "date"}, {clock: "care-review-second", on: "date"}, {clock: "care-review", on: "date"}},
	natural: []string{"child", "date"}, single: true,
	Doc: "A review of a looked-after child's case.",
	taken: map[string]Problem{
		"looked_after_review_one_a_day": {"date", InUse, "there is a review of this child on that day already: correct that one"},
	},
})

// Validate wants the review to have been held.
func (r *LookedAfterReview) Validate(p *Problems) { p.notFuture("date", r.Date) }

// check wants the review to lie within its period: the day on which the child
// left counts, since a review may be held that morning.
func (r *LookedAfterReview) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("period") || p.On("date") {
		return nil
	}
	var known, within bool
	err := tx.QueryRow(ctx, `/* records.LookedAfterReview.check */
		SELECT coalesce(bool_or(true), false), coalesce(bool_or(from_date <= $3 AND coalesce(to_date, 'infinity') >= $3), false)
		FROM looked_after_period WHERE id = $1 AND child_id = $2`, key(r.Period), r.child, r.Date).Scan(&known, &within)
	switch {
	case err != nil:
		return fmt.Errorf("look at looked-after period %s: %w", r.Period, err)
	case !known:
		p.Add("period", NoSuchRecord, "this child has no such looked-after period: give the id of one of the child's own")
	case !within:
		p.Add("date", Outside, "is not within the looked-after period: correct one of them")
	}
	return nil
}
