package records

import (
	"github.com/shopspring/decimal"

	"onevision/access"
)

// KS4Result is a pupil's results at the end of key stage 4.
type KS4Result struct {
	Meta
	Child        string           `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School       string           `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school that entered the pupil."`
	Year         int16            `json:"year" is:"fact required" example:"2026" doc:"The year of the exams."`
	Attainment8  *decimal.Decimal `json:"attainment8,omitempty" digits:"5,2" is:"fact" example:"45.75" title:"Attainment 8" doc:"The score, 0 to 90, with up to two decimal places."`
	EnglishGrade string           `json:"english_grade,omitempty" codes:"ks4_grade" on:"year" is:"fact" title:"English" doc:"The better of English language and literature."`
	MathsGrade   string           `json:"maths_grade,omitempty" codes:"ks4_grade" on:"year" is:"fact" title:"Maths" doc:"The grade in mathematics."`
}

var ks4ResultKind = define[KS4Result](Kind{
	Name: "ks4-result", Plural: "ks4-results", Title: "KS4 result", Table: "ks4_result", Category: access.Education,
	natural: []string{"child", "year"}, single: true,
	Doc: "A pupil's results at the end of key stage 4.",
	taken: map[string]Problem{
		"ks4_result_one_a_year": {"year", InUse, "this child already has results for that year: correct those"},
	},
})

// The warehouse is told how many points each grade has.
var _ = codeFact("ks4_grade", FactColumn{Name: "points", Type: "smallint"})

// The years and scores that a result may have: Attainment 8 began with the
// exams of 2016; 90 is its highest score (DfE, secondary accountability
// measures).
const firstKS4Year = 2016

var highestAttainment8 = decimal.NewFromInt(90)

// Validate checks the year and the score.
func (r *KS4Result) Validate(p *Problems) {
	checkKS4Year(p, int(r.Year))
	checkAttainment8(p, r.Attainment8)
}

func checkKS4Year(p *Problems, year int) {
	if year != 0 && (year < firstKS4Year || year > p.Today.Time().Year()) {
		p.Add("year", OutOfRange, "give the year of the exams, from 2016 to this year")
	}
}

func checkAttainment8(p *Problems, score *decimal.Decimal) {
	if score == nil {
		return
	}
	// Comparing a number such as 1e9999 would write it out first.
	if e := score.Exponent(); e > 2 || e < -100 || score.IsNegative() || score.GreaterThan(highestAttainment8) || !score.Equal(score.Round(2)) {
		p.Add("attainment8", OutOfRange, "give a score from 0 to 90 with at most two decimal places")
	}
}
