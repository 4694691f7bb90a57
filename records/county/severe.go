package county

import "math/rand/v2"

// severity is most of school missed, for one reason, from an academic year to
// the end of a phase of education.
type severity struct {
	code        string
	first, last int
}

// severeIn is the reason for which the child misses most of school in the
// academic year, "" for nearly all.
func (c *child) severeIn(academicYear int) string {
	for _, s := range c.severe {
		if s.first <= academicYear && academicYear <= s.last {
			return s.code
		}
	}
	return ""
}

// planSevere says who misses half of school or more: 1.1 % of pupils in primary
// schools, 4.3 % in secondary and 7.9 % in special schools (DfE, Pupil absence
// in schools, 2024/25), those in need for long far more often than others. It
// begins early or late and lasts; who missed primary school so mostly goes on.
func (p *plan) planSevere() error {
	for _, c := range p.children {
		if len(c.stays) == 0 {
			continue
		}
		r := chance(p.seed, "severe", c.id)
		start := c.cohort() + 5
		factor := 0.8
		switch {
		case len(c.care) > 0:
			factor = 1
		case c.longInNeed():
			factor = 5.2
		}
		if c.special {
			c.miss(r, 0.125*min(factor, 1.5), start, start+11)
			continue
		}
		before := c.miss(r, 0.0145*factor, start, start+6)
		share := 0.05 * factor
		if before {
			share = 0.7
		}
		c.miss(r, share, start+7, start+11)
	}
	return nil
}

// miss makes the child miss most of school with the given chance by the end of
// the phase: four in ten of them from its first year on.
func (c *child) miss(r *rand.Rand, chance float64, first, last int) bool {
	code := choose(r, []weighted[string]{{"O", 40}, {"I", 35}, {"C2", 25}})
	begins, lot := first, r.Float64()
	if r.Float64() >= 0.42 {
		begins = among(r, first+1, last)
	}
	if lot >= chance {
		return false
	}
	c.severe = append(c.severe, severity{code, begins, last})
	return true
}

// longInNeed reports whether the child was ever in need for four months or
// more without being looked after.
func (c *child) longInNeed() bool {
	for _, s := range c.cases {
		if s.inNeed() && (s.to == never || s.to-s.from > 120) && len(c.care) == 0 {
			return true
		}
	}
	return false
}
