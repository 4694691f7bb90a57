package county

import (
	"math/rand/v2"
	"slices"
	"time"
)

// socialCase is a social-care case, from referral to closure.
type socialCase struct {
	id       int64
	child    *child
	source   string
	need     string
	nfa      bool // referred, and no further action taken
	noNeed   bool // assessed, and found not to be in need
	from, to day  // to: never while open
	closure  string
}

func (c *socialCase) on(d day) bool { return c.from <= d && (c.to == never || d < c.to) }

// inNeed reports whether the child was found to be in need, or still may be.
func (c *socialCase) inNeed() bool { return !c.nfa && !c.noNeed }

// Published numbers of the example authority (DfE, children in need 2025): of
// 6,453 referrals in a year some got no further action and some were assessed
// as not in need, which leaves the 3,865 cases that were published as started.
const (
	referredInYear = 6453
	noAction       = 634
	notInNeed      = 1954
	caseHistory    = 9    // years back that cases are on record
	comesAgain     = 0.26 // of closed cases, within a year of the referral, besides those that would anyway
)

// planCases makes the social-care cases: one around each looked-after period,
// and a steady flow of others, most of them short, some of years.
func (p *plan) planCases() error {
	r := chance(p.seed, "cases", 0)
	for _, care := range p.periods {
		p.caseOfCare(r, care)
	}
	// The flow of a year for each child under 18, in all the time that this
	// county's children were under 18.
	sum, childhood, total := make([]float64, len(p.children)), 0.0, 0.0
	for i, c := range p.children {
		if c.born == never {
			total += 3
		} else {
			total += c.need
			childhood += float64(max(0, min(p.today, c.born.birthday(18))-max(c.born, p.today-caseHistory*year)))
		}
		sum[i] = total
	}
	wanted := about(r, childhood/365*(referredInYear-enteredInYear)/under18)
	for made := 0; made < wanted; {
		i, _ := slices.BinarySearch(sum, r.Float64()*total)
		ch := p.children[min(i, len(p.children)-1)]
		from := p.today - day(r.IntN(int(caseHistory*year)))
		for made < wanted {
			c := p.caseOf(r, ch, from)
			if c == nil {
				break
			}
			made++
			if c.to == never || c.to-c.from >= 330 || r.Float64() >= comesAgain {
				break
			}
			from = c.to + 5 + day(r.IntN(int(360-(c.to-c.from))))
		}
	}
	slices.SortStableFunc(p.cases, func(a, b *socialCase) int { return int(a.from - b.from) })
	for i, c := range p.cases {
		c.id = int64(i + 1)
	}
	return nil
}

func (p *plan) caseOfCare(r *rand.Rand, care *period) {
	from := max(care.child.born, care.from-day(r.ExpFloat64()*160))
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

// caseOf makes a case of the child from the day on: nil if the child was not
// there, was grown up, or has a case then.
func (p *plan) caseOf(r *rand.Rand, ch *child, from day) *socialCase {
	if ch.born == never {
		from = max(from, ch.livedSince)
	}
	if from > p.today || ch.born != never && (from < ch.born || from >= ch.born.birthday(18)) {
		return nil
	}
	c := &socialCase{child: ch, source: referrer(r), from: from, to: never}
	c.need = choose(r, []weighted[string]{{"N1", 54}, {"N5", 15}, {"N4", 9}, {"N2", 10}, {"N3", 4}, {"N6", 3}, {"N8", 2}, {"N0", 3}})
	days := 1
	switch kind := r.Float64() * (referredInYear - enteredInYear); {
	case kind < noAction:
		c.nfa, c.need = true, "N0"
	case kind < noAction+notInNeed:
		c.noNeed, days = true, among(r, 8, 64)
	default:
		days = inNeedFor(r)
	}
	to := from + day(days)
	if ch.born != never {
		to = min(to, ch.born.birthday(18)+1)
	}
	if to <= p.today {
		c.to = to
		switch {
		case c.nfa:
			c.closure = "RC8"
		case c.noNeed:
			early := "RC9" // which cases closed before it was in use do not have
			if to < dateOf(2022, time.April, 1) {
				early = "RC8"
			}
			c.closure = choose(r, []weighted[string]{{"RC8", 70}, {early, 30}})
		default:
			c.closure = choose(r, []weighted[string]{{"RC7", 90}, {"RC5", 8}, {"RC3", 2}})
		}
	}
	if !p.open(c) {
		return nil
	}
	return c
}

// inNeedFor is for how many days, so that the open cases have been open for as
// long as those of the example authority: six in ten end within three months,
// one in twenty lasts for years (DfE, children in need 2025).
func inNeedFor(r *rand.Rand) int {
	switch u := r.Float64(); {
	case u < 0.66:
		return among(r, 8, 84)
	case u < 0.79:
		return among(r, 85, 182)
	case u < 0.89:
		return among(r, 183, 365)
	case u < 0.945:
		return among(r, 366, 730)
	}
	return 730 + int(r.ExpFloat64()*1700)
}

// open adds the case unless the child has one at the time: an open case takes
// the new concern in. It reports whether it did.
func (p *plan) open(c *socialCase) bool {
	for _, o := range c.child.cases {
		if (c.to == never || o.from < c.to) && (o.to == never || c.from < o.to) {
			return false
		}
	}
	p.cases = append(p.cases, c)
	c.child.cases = append(c.child.cases, c)
	return true
}

// inNeedOn reports whether the child has a case on the day that was not found
// to be none.
func (c *child) inNeedOn(d day) bool {
	for _, o := range c.cases {
		if o.on(d) && o.inNeed() {
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
