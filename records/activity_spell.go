package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ActivitySpell is what a young person does after compulsory school, from a day to a day (NCCIS).
type ActivitySpell struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Activity     string `json:"activity" codes:"post16_activity" is:"fact required" example:"230" doc:"The activity (NCCIS codes)."`
	School       string `json:"school,omitempty" column:"school_id" ref:"school" is:"fact" doc:"The school, if the activity is at one."`
	FromDate     Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate       Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
	VerifiedDate Date   `json:"verified_date" is:"fact required past" title:"Verified" doc:"The day on which it was last confirmed."`
	CurrentUntil Date   `json:"current_until,omitzero" is:"fact derived" doc:"The last day on which it counts as known, unless it is confirmed again: by the activity one year, six months or three months after it was verified."`
}

var activitySpellKind = define[ActivitySpell](Kind{
	Name: "activity-spell", Plural: "activity-spells", Title: "Post-16 activity", Table: "activity_spell", Category: access.Post16,
	natural: []string{"child", "from_date"},
	Doc:     "What a young person does after compulsory school, from a day to a day (NCCIS).",
	apart:   []apartness{{by: []string{"child"}}},
})

// What an activity counts as, and for how long, are columns of its code.
var (
	_ = codeFact("post16_activity", FactColumn{"counts_as", "text", "", false})
	_ = codeFact("post16_activity", FactColumn{"months", "smallint", "", false})
)

var activityVerified = rule("activity-spell", "verified_date", DateOrder, "is before the activity began: correct one of them", "NCCIS, currency")

// Validate wants an activity to be verified once it has begun.
func (a *ActivitySpell) Validate(p *Problems) {
	p.BreakIf(!a.VerifiedDate.IsZero() && a.VerifiedDate.Before(a.FromDate), activityVerified)
}

// Derive finds how long the activity counts as known: the months stand with its code.
func (a *ActivitySpell) Derive(ctx context.Context, tx pgx.Tx) error {
	err := tx.QueryRow(ctx, `/* records.ActivitySpell.Derive */ SELECT ($1::date + make_interval(months => coalesce((SELECT months FROM post16_activity WHERE code = $2), 0)))::date`,
		a.VerifiedDate, a.Activity).Scan(&a.CurrentUntil)
	if err != nil {
		return fmt.Errorf("find how long an activity counts: %w", err)
	}
	return nil
}
