package records

import (
	"context"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Placement is where a looked-after child lives, one at a time within a period.
type Placement struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period    string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Type      string `json:"type" codes:"placement_type" is:"fact required" doc:"The type of placement (SSDA903 codes)."`
	Provider  string `json:"provider,omitempty" codes:"placement_provider" is:"fact" doc:"Who provides it."`
	Postcode  string `json:"postcode,omitempty" as:"postcode" doc:"The postcode of the placement."`
	District  string `json:"district,omitempty" codes:"district" is:"fact derived" doc:"Derived from the postcode."`
	URN       string `json:"urn,omitempty" title:"URN of the provider" doc:"The number of the home or agency with Ofsted."`
	Home      string `json:"home_postcode,omitempty" column:"home_postcode" as:"postcode" title:"Home postcode" doc:"The postcode of the home from which the child came to be looked after."`
	FromDate  Date   `json:"from_date" is:"fact required" doc:"The first day."`
	ToDate    Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day."`
	SameCarer bool   `json:"same_carer" is:"fact" doc:"The carer is the one of the placement before: the child moved with them, or the placement changed its type."`
	Change    string `json:"change_reason,omitempty" column:"change_reason" codes:"placement_change" on:"to_date" is:"fact" title:"Reason for the change" doc:"Why the placement ended (SSDA903 codes)."`
}

var placementKind = define[Placement](Kind{
	Name: "placement", Plural: "placements", Title: "Placement", Table: "placement", Category: access.LookedAfter,
	// A week with each new carer (reg. 28): the six weeks since the last visit to the one before are over.
	starts:  []clockStart{{clock: "care-visit-first", on: "from_date", only: map[string]string{"same_carer": "false"}, while: "looked-after-period"}},
	stops:   []clockStop{{clock: "care-visit-first", on: "from_date", only: map[string]string{"same_carer": "false"}, before: true}, {clock: "care-visit", on: "from_date", only: map[string]string{"same_carer": "false"}, before: true}},
	natural: []string{"child", "from_date"},
	Doc:     "Where a looked-after child lives, one placement at a time within a period.",
	apart:   []apartness{{by: []string{"period"}}},
})

// Derive finds the district of the postcode.
func (r *Placement) Derive(ctx context.Context, tx pgx.Tx) (err error) {
	r.District, err = districtOf(ctx, tx, r.Postcode)
	return err
}

func (r *Placement) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	return withinPeriod(ctx, tx, p, r.Period, r.child, r.FromDate, r.ToDate)
}

func (r *Placement) located() (string, *string) { return r.Postcode, &r.District }
