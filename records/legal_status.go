package records

import (
	"context"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// LegalStatus is the legal basis on which a child is looked after, one at a
// time within a period.
type LegalStatus struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period   string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Status   string `json:"status" codes:"legal_status_code" is:"fact required" doc:"The legal status (SSDA903 codes)."`
	FromDate Date   `json:"from_date" is:"fact required" doc:"The first day."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day."`
}

var legalStatusKind = define[LegalStatus](Kind{
	Name: "legal-status", Plural: "legal-statuses", Title: "Legal status", Table: "legal_status", Category: access.LookedAfter,
	natural: []string{"child", "from_date"},
	Doc:     "The legal basis on which a child is looked after.",
	apart:   []apartness{{by: []string{"period"}}},
})

func (r *LegalStatus) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	return withinPeriod(ctx, tx, p, r.Period, r.child, r.FromDate, r.ToDate)
}
