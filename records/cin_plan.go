package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// CinPlan is a child in need plan.
type CinPlan struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Case     string `json:"case" column:"case_id" ref:"social-care-case" is:"fact required" doc:"The social-care case that it belongs to."`
	FromDate Date   `json:"from_date" is:"fact required past" title:"Started" doc:"The first day of the plan."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"Ended" doc:"The day after its last day."`
}

var cinPlanKind = define[CinPlan](Kind{
	Name: "cin-plan", Plural: "cin-plans", Title: "Child in need plan", Table: "cin_plan", Category: access.SocialCare,
	natural: []string{"child", "from_date"},
	Doc:     "A child in need plan.",
	unborn:  true,
	within:  []within{{field: "case", not: "no_further_action", why: cinPlanWithoutAction, source: "CIN census, 4015 and 4013"}},
	apart:   []apartness{{by: []string{"child"}}},
})

var cinPlanWithoutAction = rule("cin-plan", "case", NotPossible, "led to no further action, so that nothing follows upon it: correct the case, or choose another", "CIN census, 4000")

var cinPlanBesideProtection = rule("cin-plan", "from_date", Overlaps, "the child has a child protection plan on some of these days: end that one first", "CIN census, 4001")

// check wants no child protection plan beside it.
func (c *CinPlan) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("from_date") || p.On("to_date") {
		return nil
	}
	var beside bool
	err := tx.QueryRow(ctx, `/* records.CinPlan.check */
		SELECT EXISTS (SELECT FROM child_protection_plan WHERE child_id = $1 AND from_date < $3 AND coalesce(to_date, 'infinity') > $2)`,
		c.child, c.FromDate, orInfinity(c.ToDate)).Scan(&beside)
	if err != nil {
		return fmt.Errorf("look at the child protection plans of child %d: %w", c.child, err)
	}
	p.BreakIf(beside, cinPlanBesideProtection)
	return nil
}
