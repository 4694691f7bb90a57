package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ChildProtectionPlan is a child protection plan.
type ChildProtectionPlan struct {
	Meta
	Child           string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case            string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	Conference      string `json:"conference" column:"conference_id" ref:"initial-conference" is:"fact required" doc:"The conference that made it."`
	FromDate        Date   `json:"from_date" is:"fact required past" title:"Started" doc:"The first day of the plan, that of the conference."`
	ToDate          Date   `json:"to_date,omitzero" is:"fact" title:"Ended" doc:"The day after its last day."`
	InitialCategory string `json:"initial_category" codes:"category_of_abuse" is:"fact required" example:"NEG" doc:"The category of abuse when it began."`
	LatestCategory  string `json:"latest_category" codes:"category_of_abuse" is:"fact required" doc:"The category of abuse that it has now."`
	EndReason       string `json:"end_reason,omitempty" codes:"protection_plan_end" on:"to_date" is:"fact" title:"Reason for ending" doc:"Why it ended."`
}

var childProtectionPlanKind = define[ChildProtectionPlan](Kind{
	Name: "child-protection-plan", Plural: "child-protection-plans", Title: "Child protection plan", Table: "child_protection_plan", Category: access.SocialCare,
	starts: []clockStart{{clock: "protection-review-first", on: "from_date", while: "child-protection-plan"}, {clock: "protection-visit", on: "from_date", while: "child-protection-plan"},
		{clock: "core-group-first", on: "from_date", not: SourceSocialCare, while: "child-protection-plan"}},
	natural: []string{"child", "from_date"},
	Doc:     "A child protection plan.",
	unborn:  true,
	within: []within{
		{field: "case", source: "CIN census, 1105 and 8930"},
	},
	apart: []apartness{{by: []string{"child"}}},
})

var (
	planOnAnotherDay  = rule("child-protection-plan", "from_date", Contradicts, "is not the day of the conference that made the plan: correct one of them", "CIN census, 2885")
	planOfNoPlan      = rule("child-protection-plan", "conference", Contradicts, "that conference made no plan: correct it, or choose the one that did", "CIN census, 2883")
	planOfOthers      = rule("child-protection-plan", "conference", NoSuchRecord, "there was no such conference about this child: give the id of the child's own", "CIN census, 2885")
	planEndsUnsaid    = rule("child-protection-plan", "end_reason", Required, "a plan that ended says why", "Standard Safeguarding Dataset, cp_plans")
	planEndsUndated   = rule("child-protection-plan", "to_date", Required, "must be given with the reason for ending", "CIN census, 8930")
	planBesideCINPlan = rule("child-protection-plan", "from_date", Overlaps, "the child has a child in need plan on some of these days: end that one first", "CIN census, 4001")
)

// Validate wants the end and its reason together.
func (c *ChildProtectionPlan) Validate(p *Problems) {
	p.BreakIf(c.EndReason == "" && !c.ToDate.IsZero(), planEndsUnsaid)
	p.BreakIf(c.EndReason != "" && c.ToDate.IsZero(), planEndsUndated)
}

// check wants the plan to be its conference's, and no other kind of plan beside it.
func (c *ChildProtectionPlan) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("conference") || p.On("from_date") || p.On("to_date") {
		return nil
	}
	var made, sameDay, beside bool
	err := tx.QueryRow(ctx, `/* records.ChildProtectionPlan.check */
		SELECT plan, date = $2, EXISTS (SELECT FROM cin_plan WHERE child_id = $3 AND from_date < $4 AND coalesce(to_date, 'infinity') > $2)
		FROM initial_conference WHERE id = $1 AND child_id = $3`, key(c.Conference), c.FromDate, c.child, orInfinity(c.ToDate)).Scan(&made, &sameDay, &beside)
	if errors.Is(err, pgx.ErrNoRows) {
		p.Break(planOfOthers)
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at conference %s: %w", c.Conference, err)
	}
	p.BreakIf(!made, planOfNoPlan)
	p.BreakIf(!sameDay, planOnAnotherDay)
	p.BreakIf(beside, planBesideCINPlan)
	return nil
}
