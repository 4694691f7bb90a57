package records

import "onevision/access"

// Child is a child, born or expected.
type Child struct {
	Meta
	DateOfBirth  Date   `json:"date_of_birth,omitzero" is:"fact" example:"2012-05-05" doc:"The day of birth; an unborn child has an expected date instead."`
	ExpectedDate Date   `json:"expected_date,omitzero" is:"fact" title:"Expected date of birth" doc:"An unborn child's expected date of birth."`
	DateOfDeath  Date   `json:"date_of_death,omitzero" is:"fact" doc:"The day of death."`
	Sex          string `json:"sex" codes:"sex" is:"fact required" doc:"Sex as registered."`
	Ethnicity    string `json:"ethnicity" codes:"ethnicity" is:"fact required" doc:"Ethnicity as the family or the young person states it (DfE codes)."`
	UPN          string `json:"upn,omitempty" as:"upn" title:"Unique pupil number (UPN)" doc:"13 characters: a check letter and 12 digits, the last of which is a letter in a temporary UPN."`
	NHSNumber    string `json:"nhs_number,omitempty" as:"nhs-number" title:"NHS number" doc:"10 digits, the last of which is a check digit."`
}

var childKind = define[Child](Kind{
	Name: "child", Plural: "children", Title: "Child", Table: "child", Category: access.Identity,
	natural: []string{"upn"}, single: true, stated: true,
	Doc:      "A child, born or expected.",
	PublicID: true,
	taken: map[string]Problem{
		"child_upn_key":        {"upn", InUse, "is already in use: check the number, and look for this child before making a second record"},
		"child_nhs_number_key": {"nhs_number", InUse, "is already in use: check the number, and look for this child before making a second record"},
	},
})

// longestWait is how many days ahead a birth can be expected: a pregnancy takes
// 40 weeks, and some take three more.
const longestWait = 43 * 7

// Validate checks the dates of a life.
func (c *Child) Validate(p *Problems) {
	if c.DateOfBirth.IsZero() && c.ExpectedDate.IsZero() {
		p.Add("date_of_birth", Required, "give the date of birth, or for an unborn child the expected date")
	}
	p.notFuture("date_of_birth", c.DateOfBirth)
	p.notFuture("date_of_death", c.DateOfDeath)
	if c.DateOfBirth.IsZero() && c.ExpectedDate.After(p.Today.Add(longestWait)) {
		p.Add("expected_date", OutOfRange, "is more than 43 weeks away: check the date")
	}
	if !c.DateOfDeath.IsZero() && c.DateOfDeath.Before(c.DateOfBirth) {
		p.Add("date_of_death", DateOrder, "is before the date of birth: correct one of them")
	}
}
