package county

import (
	"math"
	"math/rand/v2"
	"time"
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
// data, 2025).
const (
	lookedAfter   = 705 // at 31 March
	enteredInYear = 300 // of whom each brings a case
	leftInYear    = 229
	examsInCare   = 60 // at the end of key stage 4 having been looked after for a year
	careHistory   = 5  // years back for which those who have left care are on record
)

// planCare makes the looked-after periods, one to a child: first those of
// children who have left, then as many more as the cohorts that sat GCSEs in
// care need, and then those of the others who are looked after now.
func (p *plan) planCare() error {
	r := chance(p.seed, "care", 0)
	// Fewer, since those who stay until they are 18 leave later than they are drawn.
	p.leave(r, about(r, 0.88*p.share(leftInYear)*p.careYears()))
	for _, exam := range p.examYears() {
		p.careAtExams(r, exam)
	}
	for _, c := range p.candidates(r, about(r, p.toBeInCare())) {
		age := float64(p.today - c.born)
		since := day(math.Min(r.ExpFloat64()*staying+3, age*0.98))
		p.lookAfter(r, c, p.today-since, never)
	}
	return nil
}

// staying is for how many days those who are looked after now have been so, in
// the mean.
const staying = 820.0

// toBeInCare is how many more must be looked after today so that the published
// number was on the last 31 March, among whom were some who have left since.
func (p *plan) toBeInCare() float64 {
	march, gone := lastMarch(p.today), 0.0
	for _, c := range p.periods {
		if c.on(march) {
			gone++
		}
	}
	return (p.share(lookedAfter) - gone) / math.Exp(-float64(p.today-march)/staying)
}

// lastMarch is the last 31 March, the day on which social care is counted.
func lastMarch(today day) day {
	m := march(today.time().Year())
	if m > today {
		m = march(today.time().Year() - 1)
	}
	return m
}

func march(year int) day { return dateOf(year, time.March, 31) }

// careYears is careHistory less those of its years in which some of the
// children in care were such as are no longer on record, being over 20.
func (p *plan) careYears() float64 {
	var likely [careHistory]float64
	for back := range likely {
		then := p.today - year/2 - day(back)*year
		for _, c := range p.children {
			if c.born != never && c.born < then {
				likely[back] += c.need * ofAge(c.born.age(then))
			}
		}
	}
	years := 0.0
	for _, l := range likely {
		years += min(1, l/likely[0])
	}
	return years
}

// leave makes the periods of n children who have left care, by age as those
// who leave are: many of them on the day that they turn 18.
func (p *plan) leave(r *rand.Rand, n int) {
	likely := func(c *child) float64 {
		if c.born == never || len(c.care) > 0 {
			return 0
		}
		return c.need
	}
	for _, c := range draw(r, max(0, 40*n), p.children, likely) {
		if n <= 0 {
			return
		}
		adult, to := c.born.birthday(18), p.today-day(r.IntN(int(careHistory*year)))
		if to <= c.born+60 || to >= adult || r.Float64() >= ofAge(c.born.age(to))/11 {
			continue
		}
		if c.born.age(to) >= 16 && adult <= p.today && r.Float64() < 0.75 {
			to = adult
		}
		stayed := 30 + r.ExpFloat64()*560
		if c.born.age(to) < 5 && r.Float64() < 0.65 { // as long as it takes to be adopted
			stayed = 430 + r.Float64()*550
		}
		p.lookAfter(r, c, max(c.born+1, to-day(stayed)), to)
		n--
	}
}

// careAtExams makes up the children looked after for at least a year at 31 March
// of the examination year, among those who were then in year 11, to the
// published number.
func (p *plan) careAtExams(r *rand.Rand, exam int) {
	march := march(exam)
	n := max(3, about(r, p.share(examsInCare))) // so that a small county has a cohort to show
	var pupils []*child
	for _, c := range p.children {
		if c.born == never || c.cohort() != exam-17 || c.schoolOn(march) == nil {
			continue
		}
		if len(c.care) == 0 {
			pupils = append(pupils, c)
		} else if c.careOn(march) != nil && c.careOn(march.plusYears(-1)) != nil {
			n--
		}
	}
	for _, c := range draw(r, max(0, n), pupils, func(c *child) float64 { return c.need }) {
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
// age as those in care are.
func (p *plan) candidates(r *rand.Rand, n int) []*child {
	exams := p.examYears()
	sat := exams[len(exams)-1] - 17 // the cohort that is made up already
	if n <= 0 {
		return nil
	}
	return draw(r, n, p.children, func(c *child) float64 {
		if c.born == never || len(c.care) > 0 || p.today-c.born < 30 || c.cohort() == sat {
			return 0
		}
		return ofAge(c.born.age(p.today)) * c.need
	})
}

// ofAge is how likely a child of an age is looked after against others (DfE,
// children looked after in England); 0 from 18 on.
func ofAge(age int) float64 {
	switch {
	case age < 1:
		return 4.5
	case age < 5:
		return 3.2
	case age < 10:
		return 3.4
	case age < 16:
		return 6.2
	case age < 18:
		return 11
	}
	return 0
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
	p.periods = append(p.periods, care)
	c.care = append(c.care, care)
	statuses := p.planStatuses(r, care)
	last := p.planPlacements(r, care, statuses)
	if to != never {
		care.end = leaving(r, care, statuses[len(statuses)-1].code, last.kind)
	}
}

// leaving is why the period ended (the codes of SSDA903): adopted from an
// adopters' home only, grown up on the 18th birthday only, to special guardians
// out of care proceedings.
func leaving(r *rand.Rand, care *period, status, home string) string {
	switch {
	case home == "A5" || home == "A6":
		return choose(r, []weighted[string]{{"E11", 70}, {"E12", 30}})
	case care.to >= care.child.born.birthday(18):
		if home[0] == 'U' {
			return choose(r, []weighted[string]{{"E17", 50}, {"E5", 35}, {"E7", 8}, {"E8", 7}})
		}
		return choose(r, []weighted[string]{{"E5", 62}, {"E6", 15}, {"E7", 13}, {"E8", 10}})
	case home == "P1":
		return "E4A"
	case care.child.born.age(care.to) >= 16:
		return choose(r, []weighted[string]{{"E4A", 30}, {"E4B", 15}, {"E5", 20}, {"E8", 30}, {"E9", 5}})
	case status == "V2":
		return choose(r, []weighted[string]{{"E4A", 56}, {"E4B", 20}, {"E13", 12}, {"E3", 4}, {"E8", 8}})
	}
	return choose(r, []weighted[string]{{"E4A", 40}, {"E4B", 6}, {"E45", 8}, {"E46", 2}, {"E47", 6}, {"E48", 1}, {"E41", 9}, {"E13", 4}, {"E3", 4}, {"E8", 6}})
}
