package county

import (
	"math"
	"math/rand/v2"
)

// period is a time of being looked after.
type period struct {
	id       int64
	child    *child
	need     string
	from, to day // to: never while looked after
	end      string
}

func (c *period) on(d day) bool { return c.from <= d && (c.to == never || d < c.to) }

// Published numbers of the example authority (DfE, children's social care
// data, 2025), which share scales to this county.
const (
	lookedAfter   = 705 // at 31 March
	leftInYear    = 229
	examsInCare   = 60  // at the end of key stage 4 having been looked after for a year
	examsMoreThan = 1.3 // that many times as many here, so that a small county has a cohort to show
	careHistory   = 5   // years back for which those who have left care are on record
)

// planCare makes the looked-after periods: first those of the children who sat
// GCSEs in care, then the others who are looked after now, then those who have
// left. A child has one period, or two with time between them.
func (p *plan) planCare() error {
	r := chance(p.seed, "care", 0)
	for _, exam := range p.examYears() {
		p.careAtExams(r, exam)
	}
	now := 0
	for _, c := range p.periods {
		if c.on(p.today) {
			now++
		}
	}
	left := about(r, p.share(leftInYear)*careHistory) - (len(p.periods) - now)
	for _, c := range p.candidates(r, about(r, p.share(lookedAfter))-now) {
		age := float64(p.today - c.born)
		since := day(math.Min(r.ExpFloat64()*820+3, age*0.98))
		p.lookAfter(r, c, p.today-since, never)
	}
	for _, c := range p.candidates(r, left) {
		to := p.today - day(r.IntN(int(careHistory*year)))
		from := to - day(30+r.ExpFloat64()*500)
		if from <= c.born || to <= c.born+30 {
			from = c.born + 1
			to = min(p.today, from+day(among(r, 60, 300)))
		}
		if from >= to {
			continue
		}
		p.lookAfter(r, c, from, to)
	}
	return nil
}

// careAtExams makes the children looked after for at least a year at 31 March
// of the examination year, among those who were then in year 11.
func (p *plan) careAtExams(r *rand.Rand, exam int) {
	march := dateOf(exam, 3, 31)
	var pupils []*child
	for _, c := range p.children {
		if c.born != never && c.cohort() == exam-17 && c.schoolOn(march) != nil && len(c.care) == 0 {
			pupils = append(pupils, c)
		}
	}
	n := max(3, about(r, p.share(examsInCare)*examsMoreThan))
	for _, c := range draw(r, n, pupils, func(c *child) float64 { return c.need }) {
		from := march.plusYears(-1) - 20 - day(r.ExpFloat64()*900)
		from = max(from, c.born+day(among(r, 200, 2000)))
		adult := c.born.birthday(18)
		to := never
		switch {
		case adult <= p.today:
			to = adult
		case r.Float64() < 0.2 && p.today-march > 120:
			to = march + day(among(r, 100, int(p.today-march)))
		}
		p.lookAfter(r, c, from, to)
	}
}

// candidates are children under 18 who are not and were not looked after, by
// age as those in care are (DfE, children looked after in England).
func (p *plan) candidates(r *rand.Rand, n int) []*child {
	if n <= 0 {
		return nil
	}
	bands := []struct {
		below  int
		weight float64 // for each year of age
	}{{1, 4.5}, {5, 3.2}, {10, 3.4}, {16, 6.2}, {18, 11}}
	return draw(r, n, p.children, func(c *child) float64 {
		if c.born == never || len(c.care) > 0 || p.today-c.born < 30 {
			return 0
		}
		age := c.born.age(p.today)
		for _, b := range bands {
			if age < b.below {
				return b.weight * c.need
			}
		}
		return 0
	})
}

func (p *plan) lookAfter(r *rand.Rand, c *child, from, to day) {
	from = max(from, c.born)
	if to != never {
		to = min(to, p.today, c.born.birthday(18))
		if to <= from {
			return
		}
	}
	care := &period{id: int64(len(p.periods) + 1), child: c, from: from, to: to}
	care.need = choose(r, []weighted[string]{{"N1", 62}, {"N5", 14}, {"N4", 8}, {"N8", 9}, {"N2", 4}, {"N3", 3}})
	if to != never {
		care.end = p.leaving(r, c, to)
	}
	p.periods = append(p.periods, care)
	c.care = append(c.care, care)
	order := p.planStatuses(r, care)
	p.planPlacements(r, care, order)
}

// leaving is why the period ended (the codes of SSDA903).
func (p *plan) leaving(r *rand.Rand, c *child, to day) string {
	age := c.born.age(to)
	switch {
	case age >= 18:
		return choose(r, []weighted[string]{{"E17", 35}, {"E5", 40}, {"E6", 10}, {"E7", 8}, {"E8", 7}})
	case age >= 16:
		return choose(r, []weighted[string]{{"E4A", 30}, {"E4B", 15}, {"E5", 20}, {"E8", 30}, {"E9", 5}})
	case age < 5:
		return choose(r, []weighted[string]{{"E12", 22}, {"E11", 5}, {"E45", 20}, {"E47", 15}, {"E4A", 28}, {"E41", 10}})
	}
	return choose(r, []weighted[string]{{"E4A", 40}, {"E4B", 12}, {"E45", 14}, {"E47", 10}, {"E13", 10}, {"E3", 4}, {"E8", 10}})
}
