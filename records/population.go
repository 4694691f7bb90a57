package records

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Population is how many people of an age live in an area at the middle of a
// year: what rates are rates of.
type Population struct {
	Meta
	Year   int16  `json:"year" is:"fact required" example:"1971" doc:"The estimate is of 30 June of this year."`
	Area   string `json:"area" is:"fact required" example:"E07000008" doc:"The code of the Office for National Statistics: a district's, or the authority's own."`
	Age    *int16 `json:"age" is:"fact required" example:"7" doc:"In years; 90 may stand for 90 and over."`
	Sex    string `json:"sex" codes:"population_sex" is:"fact required" example:"P" doc:"Male, female, or persons: both."`
	People int64  `json:"people" is:"fact required" example:"1500" doc:"How many."`
}

var _ = define[Population](Kind{
	Name: "population", Plural: "populations", Title: "Population", Table: "population", Category: access.Organisation,
	natural: []string{"year", "area", "age", "sex"}, single: true,
	Doc: "How many people of an age and sex live in an area at the middle of a year.",
	taken: map[string]Problem{
		"population_one_number": {"age", InUse, "there is a number for this year, area, age and sex already: correct that one"},
	},
})

// onsCode is a code of the Office for National Statistics.
var onsCode = regexp.MustCompile(`^[A-Z][0-9]{8}$`)

// Validate checks what needs no other record.
func (n *Population) Validate(p *Problems) {
	if n.Year != 0 && (int(n.Year) < 1900 || int(n.Year) > p.Today.Time().Year()) {
		p.Add("year", OutOfRange, "give the year of the estimate, from 1900 to this year")
	}
	if n.Area != "" && !onsCode.MatchString(n.Area) {
		p.Add("area", Format, "give the code of the area: a letter and eight digits, such as E07000008")
	}
	if n.Age != nil && (*n.Age < 0 || *n.Age > 130) {
		p.Add("age", OutOfRange, "give the age in years, from 0 to 130")
	}
	if n.People < 0 || n.People > 10_000_000 {
		p.Add("people", OutOfRange, "give how many people of this age live there")
	}
}

// check wants the area to be the authority's own or a district that is known:
// another's would be counted as this one's.
func (n *Population) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("area") {
		return nil
	}
	var ours bool
	err := tx.QueryRow(ctx, `/* records.Population.check */
		SELECT EXISTS (SELECT FROM district WHERE code = $1) OR EXISTS (SELECT FROM installation WHERE authority_code IN ($1, ''))`, n.Area).Scan(&ours)
	if err != nil {
		return fmt.Errorf("look for the area of a population: %w", err)
	}
	if !ours {
		p.Add("area", NoSuchRecord, "is neither this authority's code nor that of one of its districts: leave other areas out")
	}
	return nil
}
