package county

import (
	"math/rand/v2"
	"sort"
)

// socialCase is a social-care case, from referral to closure.
type socialCase struct {
	id       int64
	child    *child
	source   string
	need     string
	nfa      bool
	from, to day // to: never while open
	closure  string
}

func (c *socialCase) on(d day) bool { return c.from <= d && (c.to == never || d < c.to) }

// Published numbers of the example authority (DfE, children in need 2025).
const (
	startedInYear = 3865 // cases
	noAction      = 634  // referrals with no further action
	caseHistory   = 9    // years back that cases are on record
)

// planCases makes the social-care cases: one around each looked-after period,
// and a steady flow of others, most of them short, some of years.
func (p *plan) planCases() error {
	r := chance(p.seed, "cases", 0)
	for _, care := range p.periods {
		p.caseOfCare(r, care)
	}
	flow := p.share(startedInYear) - float64(len(p.periods))/6
	// Some draws fall on a child who was not yet born, or no longer a child.
	drawn := caseHistory * float64(len(p.children)) / p.minors()
	n := about(r, flow*drawn)
	nfa := about(r, p.share(noAction)*drawn)
	weight := func(c *child) float64 {
		if c.born == never {
			return 3
		}
		return c.need
	}
	// Drawn in rounds, so that a child may come again: about three in ten
	// referrals follow an earlier one within a year.
	for done := 0; done < n+nfa; {
		round := min((n+nfa)/4+1, n+nfa-done)
		for _, c := range draw(r, round, p.children, weight) {
			p.caseOf(r, c, r.IntN(n+nfa) < nfa)
		}
		done += round
	}
	sort.SliceStable(p.cases, func(i, j int) bool { return p.cases[i].from < p.cases[j].from })
	for i, c := range p.cases {
		c.id = int64(i + 1)
	}
	return nil
}

func (p *plan) caseOfCare(r *rand.Rand, care *period) {
	from := care.from - day(r.ExpFloat64()*160)
	if from < care.child.born {
		from = care.child.born
	}
	c := &socialCase{child: care.child, source: referrer(r), need: care.need, from: from, to: never}
	if care.to != never {
		if to := care.to + day(among(r, 1, 120)); to <= p.today {
			c.to, c.closure = to, "RC7"
			if care.end == "E11" || care.end == "E12" {
				c.to, c.closure = care.to, "RC1"
			}
		}
	}
	p.open(c)
}

func (p *plan) caseOf(r *rand.Rand, ch *child, nfa bool) {
	from := p.today - day(r.IntN(int(caseHistory*year)))
	if ch.born == never {
		from = max(from, ch.livedSince)
	} else if from < ch.born || from >= ch.born.birthday(18) {
		return
	}
	c := &socialCase{child: ch, source: referrer(r), from: from, to: never, nfa: nfa}
	c.need = choose(r, []weighted[string]{{"N1", 54}, {"N5", 15}, {"N4", 9}, {"N2", 10}, {"N3", 4}, {"N6", 3}, {"N8", 2}, {"N0", 3}})
	days := 1.0
	if nfa {
		c.need = "N0"
	} else {
		mean := choose(r, []weighted[float64]{{38, 62}, {270, 26}, {1250, 12}})
		days = 8 + r.ExpFloat64()*mean
	}
	to := from + day(days)
	if ch.born != never {
		to = min(to, ch.born.birthday(18)+1)
	}
	if to > from && to <= p.today {
		c.to = to
		switch {
		case nfa:
			c.closure = "RC8"
		case to-from < 50:
			c.closure = choose(r, []weighted[string]{{"RC8", 70}, {"RC9", 30}})
		default:
			c.closure = choose(r, []weighted[string]{{"RC7", 90}, {"RC5", 8}, {"RC3", 2}})
		}
	}
	p.open(c)
}

// open adds the case unless the child has one at the time: an open case takes
// the new concern in.
func (p *plan) open(c *socialCase) {
	for _, o := range c.child.cases {
		if (c.to == never || o.from < c.to) && (o.to == never || c.from < o.to) {
			return
		}
	}
	p.cases = append(p.cases, c)
	c.child.cases = append(c.child.cases, c)
}

// caseOn reports whether the child has an open case on the day.
func (c *child) caseOn(d day) bool {
	for _, o := range c.cases {
		if o.on(d) {
			return true
		}
	}
	return false
}

// careOn is the looked-after period of the child on the day, nil if none.
func (c *child) careOn(d day) *period {
	for _, o := range c.care {
		if o.on(d) {
			return o
		}
	}
	return nil
}

func referrer(r *rand.Rand) string {
	return choose(r, []weighted[string]{{"6", 29}, {"2A", 19}, {"3F", 7}, {"3E", 5}, {"3A", 2}, {"3B", 2}, {"5A", 9}, {"5B", 5}, {"1A", 6}, {"1D", 3}, {"2B", 2}, {"4", 1.5}, {"7", 2}, {"8", 5}, {"9", 2}})
}
