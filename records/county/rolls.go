package county

import (
	"math/rand/v2"
	"slices"
)

// stay is a child on a school's roll.
type stay struct {
	id       int64
	child    *child
	school   *school
	from, to day // to: never while on roll
}

func (s *stay) on(d day) bool { return s.from <= d && (s.to == never || d < s.to) }

// Shares of the example authority's children (DfE, Pupil attendance in schools
// 2025/26).
const (
	stateSchooled = 0.81  // 77,046 on the rolls at 5 to 15 (the same); the others are educated elsewhere or at home
	specialShare  = 0.022 // 1,886 of 90,483 pupils, of whom some are in nursery classes and sixth forms (the same)
	movesEachYear = 0.02  // of pupils, in the middle of a year
)

// planRolls puts the children on rolls, from reception to the end of year 11,
// near where they live, and gives each who ever began a UPN.
func (p *plan) planRolls() error {
	upns := pupilNumbers{serial: map[[2]int]int{}}
	for _, c := range p.children {
		if c.born == never {
			continue
		}
		start := c.cohort() + 5
		r := chance(p.seed, "roll", c.id)
		if start > p.thisYear || r.Float64() >= stateSchooled {
			continue
		}
		c.special = r.Float64() < specialShare
		if c.special {
			p.attend(r, c, "special", start, start+12)
		} else {
			p.attend(r, c, "primary", start, start+7)
			p.attend(r, c, "secondary", start+7, start+12)
		}
		upn, err := upns.deal(c.stays[0].school.estab, start)
		if err != nil {
			return err
		}
		c.upn = upn
	}
	return nil
}

// attend enrols the child at a school of the phase for the academic years
// from first up to but not last, with a move to another in some years.
func (p *plan) attend(r *rand.Rand, c *child, phase string, first, last int) {
	if first > p.thisYear {
		return
	}
	at := p.near(r, c, phase, nil)
	from := september(first)
	for y := first; y < last && y <= p.thisYear; y++ {
		if r.Float64() >= movesEachYear {
			continue
		}
		move := september(y) + day(among(r, 60, 290))
		if next := p.near(r, c, phase, at); next != nil && move < p.today {
			p.enrol(c, at, from, move)
			at, from = next, move
		}
	}
	to := september(last)
	if to > p.today {
		to = never
	}
	p.enrol(c, at, from, to)
}

func (p *plan) enrol(c *child, at *school, from, to day) {
	s := &stay{id: int64(len(p.stays) + 1), child: c, school: at, from: from, to: to}
	p.stays = append(p.stays, s)
	c.stays = append(c.stays, s)
}

// near picks a school of the phase, one of the child's own district ten times
// as often; nil if there is none but the one to leave.
func (p *plan) near(r *rand.Rand, c *child, phase string, not *school) *school {
	var choices []weighted[*school]
	for _, s := range p.schools {
		if s.phase != phase || s == not {
			continue
		}
		w := s.size
		if s.district == c.district.code {
			w *= 10
		}
		choices = append(choices, weighted[*school]{s, w})
	}
	if len(choices) == 0 {
		return nil
	}
	return choose(r, choices)
}

// schoolOn is the school that the child was at on the day, nil if none.
func (c *child) schoolOn(d day) *school {
	i := slices.IndexFunc(c.stays, func(s *stay) bool { return s.on(d) })
	if i < 0 {
		return nil
	}
	return c.stays[i].school
}
