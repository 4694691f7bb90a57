package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// CppReview is a review conference of a child protection plan.
type CppReview struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Plan          string `json:"plan" column:"plan_id" ref:"child-protection-plan" is:"fact required" doc:"The plan."`
	Date          Date   `json:"date" is:"fact required past" example:"2026-04-08" doc:"The day of the review."`
	Continues     bool   `json:"continues" is:"fact" title:"Plan continues" doc:"Whether the plan goes on."`
	Quorate       bool   `json:"quorate" is:"fact" doc:"Whether those were there who must be."`
	Participation string `json:"participation,omitempty" codes:"review_participation" is:"fact" doc:"How the child took part."`
	Chair         string `json:"chair,omitempty" column:"chair_id" ref:"worker" is:"fact" doc:"Who chaired it."`
}

var cppReviewKind = define[CppReview](Kind{
	Name: "cpp-review", Plural: "cpp-reviews", Title: "Child protection review", Table: "cpp_review", Category: access.SocialCare,
	starts:  []clockStart{{clock: "protection-review", on: "date", while: "child-protection-plan"}},
	stops:   []clockStop{{clock: "protection-review-first", on: "date"}, {clock: "protection-review", on: "date"}},
	natural: []string{"child", "date"}, single: true,
	Doc:    "A review conference of a child protection plan.",
	unborn: true,
	within: []within{{field: "plan", source: "CIN census, 8842"}},
	taken: map[string]Problem{
		"cpp_review_once": {"date", InUse, "there is a review of this child on that day already: correct that one"},
	},
})

var reviewOnFirstDay = rule("cpp-review", "date", DateOrder, "is the day on which the plan began: a review comes after it", "CIN census, 8841")

// check wants the review to come after the conference.
func (r *CppReview) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("plan") || p.On("date") {
		return nil
	}
	var first bool
	if err := tx.QueryRow(ctx, `/* records.CppReview.check */ SELECT from_date = $2 FROM child_protection_plan WHERE id = $1`, key(r.Plan), r.Date).Scan(&first); err != nil {
		return fmt.Errorf("look at plan %s: %w", r.Plan, err)
	}
	p.BreakIf(first, reviewOnFirstDay)
	return nil
}
