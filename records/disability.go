package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Disability is a disability of a child, from a day to a day (CIN census codes).
type Disability struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Code     string `json:"code" codes:"disability_code" is:"fact required" example:"LD" doc:"The disability."`
	FromDate Date   `json:"from_date" is:"fact required past" title:"First day" doc:"The first day."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var disabilityKind = define[Disability](Kind{
	Name: "disability", Plural: "disabilities", Title: "Disability", Table: "disability", Category: access.Health,
	natural: []string{"child", "code", "from_date"},
	Doc:     "A disability of a child, from a day to a day (CIN census codes).",
	apart:   []apartness{{by: []string{"child", "code"}}},
})

var disabilityBesideNone = rule("disability", "code", Contradicts, "no disability stands beside a disability on some of these days: take one of them out", "CIN census, 8790")

// check wants no disability beside "none".
func (d *Disability) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("code") || p.On("from_date") || p.On("to_date") {
		return nil
	}
	var beside bool
	err := tx.QueryRow(ctx, `/* records.Disability.check */
		SELECT EXISTS (SELECT FROM disability WHERE child_id = $1 AND id <> $2 AND (code = 'NONE') <> ($3 = 'NONE') AND from_date < $5 AND coalesce(to_date, 'infinity') > $4)`,
		d.child, d.key, d.Code, d.FromDate, orInfinity(d.ToDate)).Scan(&beside)
	if err != nil {
		return fmt.Errorf("look at the disabilities of child %d: %w", d.child, err)
	}
	p.BreakIf(beside, disabilityBesideNone)
	return nil
}
