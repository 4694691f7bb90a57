package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ImmigrationStatus is the immigration status of a child, from a day to a day, and whether they are here alone.
type ImmigrationStatus struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Status        string `json:"status" codes:"immigration_status_code" is:"fact required" example:"UASC" doc:"The status."`
	Unaccompanied bool   `json:"unaccompanied" is:"fact" example:"true" title:"Unaccompanied" doc:"Whether it is that of an unaccompanied asylum-seeking child."`
	FromDate      Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day."`
	ToDate        Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day after the last day."`
}

var immigrationStatusKind = define[ImmigrationStatus](Kind{
	Name: "immigration-status", Plural: "immigration-statuses", Title: "Immigration status", Table: "immigration_status", Category: access.SocialCare,
	natural: []string{"child", "from_date"},
	Doc:     "The immigration status of a child, from a day to a day, and whether they are here alone.",
	apart:   []apartness{{by: []string{"child"}}},
})

var unaccompaniedAdult = rule("immigration-status", "to_date", Required, "an unaccompanied child is one until the 18th birthday at most: give the end", "SSDA903, 304")

// check wants an unaccompanied child's status to end by the 18th birthday.
func (i *ImmigrationStatus) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if !i.Unaccompanied || p.On("to_date") {
		return nil
	}
	var adult bool
	err := tx.QueryRow(ctx, `/* records.ImmigrationStatus.check */ SELECT coalesce(least($2::date - 1, $3::date) > date_of_birth + interval '18 years', false) FROM child WHERE id = $1`, i.child, orInfinity(i.ToDate), p.Today).Scan(&adult)
	if err != nil {
		return fmt.Errorf("look at the age of child %d: %w", i.child, err)
	}
	p.BreakIf(adult, unaccompaniedAdult)
	return nil
}
