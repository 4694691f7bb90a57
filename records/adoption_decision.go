package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// AdoptionDecision is the decision that a child should be placed for adoption, and that
// they should be no longer.
type AdoptionDecision struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period       string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date         Date   `json:"date" is:"fact required past" title:"Decided" doc:"The day on which it was decided that the child should be placed for adoption."`
	CeasedDate   Date   `json:"ceased_date,omitzero" is:"fact past" title:"Reversed" doc:"The day on which it was decided that the child should be so no longer."`
	CeasedReason string `json:"ceased_reason,omitempty" codes:"adoption_ceased_reason" on:"ceased_date" is:"fact" title:"Why reversed" doc:"Why not any longer (SSDA903 codes)."`
}

var adoptionDecisionKind = define[AdoptionDecision](Kind{
	Name: "adoption-decision", Plural: "adoption-decisions", Title: "Decision for adoption", Table: "adoption_decision", Category: access.Adoption,
	natural: []string{"child", "date"}, single: true,
	Doc:    "The decision that a child should be placed for adoption, and that they should be no longer.",
	within: []within{{field: "period", source: "SSDA903, 334 and 1003"}},
	taken: map[string]Problem{
		"adoption_decision_once": {"date", InUse, "there is a decision of that day already: correct that one"},
	},
})

var (
	decisionCeasedBoth  = rule("adoption-decision", "ceased_reason", Required, "a decision that was reversed needs the day and the reason: give both or neither", "SSDA903, 119")
	decisionCeasedDay   = rule("adoption-decision", "ceased_date", Required, "a reason for reversing the decision needs the day: give both or neither", "SSDA903, 119")
	decisionCeasedEarly = rule("adoption-decision", "ceased_date", DateOrder, "is before the decision that it reverses: correct one of them", "SSDA903, 118")
	decisionInForce     = rule("adoption-decision", "date", Overlaps, "an earlier decision of this child still stood on that day: say first when it was reversed", "SSDA903, 579")
	decisionOvertaken   = rule("adoption-decision", "ceased_date", Overlaps, "a later decision of this child lies before that day, or needs one: correct it", "SSDA903, 583")
)

// Validate wants the end of a decision and its reason together.
func (d *AdoptionDecision) Validate(p *Problems) {
	p.BreakIf(!d.CeasedDate.IsZero() && d.CeasedReason == "", decisionCeasedBoth)
	p.BreakIf(d.CeasedDate.IsZero() && d.CeasedReason != "", decisionCeasedDay)
	p.BreakIf(!d.CeasedDate.IsZero() && d.CeasedDate.Before(d.Date), decisionCeasedEarly)
}

// check wants one decision at a time.
func (d *AdoptionDecision) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if d.Date.IsZero() {
		return nil
	}
	var before, after bool
	err := tx.QueryRow(ctx, `/* records.AdoptionDecision.check */
		SELECT EXISTS (SELECT FROM adoption_decision WHERE child_id = $1 AND id <> $2 AND date < $3 AND coalesce(ceased_date, 'infinity') > $3),
			EXISTS (SELECT FROM adoption_decision WHERE child_id = $1 AND id <> $2 AND date > $3 AND date < $4)`,
		d.child, d.key, d.Date, orInfinity(d.CeasedDate)).Scan(&before, &after)
	if err != nil {
		return fmt.Errorf("compare a decision for adoption with the others of the child: %w", err)
	}
	p.BreakIf(before, decisionInForce)
	p.BreakIf(after, decisionOvertaken)
	return nil
}
