package records

import (
	"context"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Address is where a child lives, from a day to a day. Only its type, its
// dates and the district derived from its postcode are facts.
type Address struct {
	Meta
	Child        string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Type         string `json:"type" codes:"address_type" is:"fact required" doc:"Home, placement or other."`
	Lines        string `json:"lines" as:"lines" is:"required" title:"Address" doc:"The address, a line for each part, without the postcode."`
	Postcode     string `json:"postcode,omitempty" as:"postcode" doc:"The postcode."`
	UPRN         int64  `json:"uprn,omitempty" title:"Unique property reference number (UPRN)" doc:"The property's number, up to 12 digits."`
	Confidential bool   `json:"confidential" doc:"Whether the address must not be disclosed: only those who keep addresses are shown it."`
	District     string `json:"district,omitempty" codes:"district" is:"fact derived" doc:"Derived from the postcode."`
	FromDate     Date   `json:"from_date" is:"fact required" doc:"The first day at this address."`
	ToDate       Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day at this address."`
}

var addressKind = define[Address](Kind{
	Name: "address", Plural: "addresses", Title: "Address", Table: "address", Category: access.Identity,
	natural: []string{"child", "type", "from_date"}, stated: true,
	unborn: true,
	Doc:    "Where a child lives, from a day to a day.",
})

// Validate checks the property's number.
func (a *Address) Validate(p *Problems) {
	if a.UPRN < 0 || a.UPRN > 999_999_999_999 {
		p.Add("uprn", Format, "give up to 12 digits")
	}
}

// A confidential address is known to those who keep addresses. Others see that
// there is one, and whom they could ask.
func (a *Address) undisclosed() bool { return a.Confidential }
func (a *Address) withhold()         { a.Lines, a.Postcode, a.UPRN, a.District = "", "", 0, "" }

// That somebody lives in a placement, or did, tells that they are or were in care.
func (a *Address) tellsCare() ([]string, access.Category) {
	return []string{"type"}, access.LookedAfter
}

// Derive finds the district of the postcode.
func (a *Address) Derive(ctx context.Context, tx pgx.Tx) (err error) {
	a.District, err = districtOf(ctx, tx, a.Postcode)
	return err
}

func (a *Address) located() (string, *string) { return a.Postcode, &a.District }
