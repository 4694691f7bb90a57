package county

import (
	"math"
	"strconv"
)

// result is a pupil's results at the end of key stage 4.
type result struct {
	id             int64
	child          *child
	school         *school
	year           int
	attainment8    float64 // to two decimal places
	english, maths string
}

// examYears are the last three summers whose results are out: they come in
// the last week of August.
func (p *plan) examYears() []int {
	last := p.thisYear
	if p.today < september(p.thisYear) {
		last--
	}
	return []int{last - 2, last - 1, last}
}

// planResults gives every pupil who was in year 11 their results. All pupils
// average about 48 in Attainment 8 and two in three reach grade 4 in English
// and in maths; children in care average about 21, those in need about 12 (DfE,
// key stage 4 performance and outcomes of children in need, 2024/25).
func (p *plan) planResults() error {
	for _, exam := range p.examYears() {
		march := dateOf(exam, 3, 31)
		for _, c := range p.children {
			if c.born == never || c.cohort() != exam-17 {
				continue
			}
			s := c.schoolOn(march)
			if s == nil {
				continue
			}
			r := chance(p.seed, "results", c.id)
			mean, spread := 52.4, 18.0
			switch {
			case c.careOn(march) != nil:
				mean, spread = 16, 28
			case c.special:
				mean, spread = 6, 6
			case c.severeIn(exam-1) != "":
				mean, spread = 9, 9
			case c.inNeedOn(march):
				mean, spread = 4, 26
			}
			points := math.Round(min(90, max(0, mean+spread*c.ability))*100) / 100
			grade := func(shift float64) string {
				g := math.Round(points/10 + shift + 0.55*r.NormFloat64())
				if points == 0 || g < 0.5 && r.Float64() < 0.3 {
					return "X"
				}
				if g < 1 {
					return "U"
				}
				return strconv.Itoa(int(min(9, g)))
			}
			p.results = append(p.results, &result{
				id: int64(len(p.results) + 1), child: c, school: s, year: exam, attainment8: points,
				english: grade(0.05), maths: grade(-0.27),
			})
		}
	}
	return nil
}
