package county

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

type team struct {
	id      int64
	name    string
	service string
}

type worker struct {
	id       int64
	team     *team
	name     string
	email    string
	number   string // Social Work England's, "" for an education welfare officer
	from, to day
	load     int // open cases held now
}

// involvement is a worker's part in a child's life for a time.
type involvement struct {
	id        int64
	child     *child
	of        *socialCase // nil: of no case
	worker    *worker
	role      string
	allocated bool
	from, to  day
}

// caseload is how many cases a full-time case holder has (DfE, children's
// social work workforce, September 2025: 15.2 in the example authority).
const caseload = 15.2

// planStaff makes teams and workers enough for the cases, and says who works
// with whom: each case has one allocated worker at a time, first in an
// assessment team and then in one that stays; a few have nobody now.
func (p *plan) planStaff() error {
	r := chance(p.seed, "staff", 0)
	open := map[string]float64{}
	for _, c := range p.cases {
		if c.to == never {
			open[p.service(c, p.today)]++
		}
	}
	for _, t := range []struct {
		service string
		names   []string
	}{
		{"assessment", []string{"Assessment North", "Assessment South"}},
		{"safeguarding", []string{"Family Safeguarding North", "Family Safeguarding South"}},
		{"looked-after", []string{"Children in Care"}},
		{"disability", []string{"Disabled Children"}},
		{"leaving-care", []string{"Leaving Care"}},
		{"education-welfare", []string{"Education Welfare"}},
	} {
		for _, name := range t.names {
			made := &team{id: int64(len(p.teams) + 1), name: name, service: t.service}
			p.teams = append(p.teams, made)
			holders := open[t.service] / float64(len(t.names)) / caseload
			for range max(2, int(math.Ceil(holders))) {
				p.hire(r, made)
			}
		}
	}
	for _, c := range p.cases {
		p.allocate(r, c)
	}
	for _, care := range p.periods {
		p.review(r, care)
	}
	p.welfare(r)
	p.planWorkforce()
	return nil
}

func (p *plan) hire(r *rand.Rand, t *team) {
	w := &worker{id: int64(len(p.workers) + 1), team: t, from: p.today - caseHistory*year - day(among(r, 30, 3000)), to: never}
	w.name = forename(r, choose(r, []weighted[string]{{"F", 78}, {"M", 22}})) + " " + surname(r)
	w.email = fmt.Sprintf("%s.%d@example.invalid", strings.ReplaceAll(strings.ToLower(w.name), " ", "."), w.id)
	if t.service != "education-welfare" {
		w.number = fmt.Sprintf("SW%06d", 900_000+w.id)
	}
	p.workers = append(p.workers, w)
}

// service is the kind of team that a case belongs with on a day.
func (p *plan) service(c *socialCase, on day) string {
	switch {
	case c.child.careOn(on) != nil:
		return "looked-after"
	case on < c.from+assessed:
		return "assessment"
	case c.need == "N2":
		return "disability"
	}
	return "safeguarding"
}

// assessed is when an assessment is done: 45 working days, about 63 days.
const assessed = day(63)

// allocate gives the case its workers, from the day after referral on.
func (p *plan) allocate(r *rand.Rand, c *socialCase) {
	if c.nfa {
		return
	}
	end := c.to
	if end == never {
		end = p.today + 1
	}
	for at := c.from + day(among(r, 0, 2)); at < end; {
		t := p.teamOf(r, p.service(c, at))
		until := at + day(150+r.ExpFloat64()*500) // somebody else takes over
		for d := at + 1; d < min(until, end); d++ {
			if p.service(c, d) != t.service {
				until = d
			}
		}
		if until >= end {
			until = c.to
		}
		if until == never {
			if r.Float64() < 0.02 && p.today-at > 30 { // the worker has left, and the case waits for another
				p.involve(c.child, c, p.anyone(r, t), "social-worker", true, at, p.today-day(among(r, 2, 20)))
				return
			}
			p.involve(c.child, c, p.leastLoaded(t), "social-worker", true, at, never)
			return
		}
		p.involve(c.child, c, p.anyone(r, t), "social-worker", true, at, until)
		at = until
	}
}

// review gives a looked-after child an independent reviewing officer.
func (p *plan) review(r *rand.Rand, care *period) {
	from := care.from + day(among(r, 1, 15))
	if from > p.today || care.to != never && from >= care.to {
		return
	}
	p.involve(care.child, nil, p.anyone(r, p.teamOf(r, "looked-after")), "iro", false, from, care.to)
}

// welfare gives an education welfare officer to some of the children who miss
// most school without leave.
func (p *plan) welfare(r *rand.Rand) {
	for _, c := range p.children {
		if c.schoolOn(p.today) == nil || c.severeIn(p.thisYear) == "" && c.truancy < 7 || r.Float64() < 0.35 {
			continue
		}
		from := max(september(p.thisYear)+20, p.today-day(among(r, 5, 400)))
		if from <= p.today {
			p.involve(c, nil, p.anyone(r, p.teamOf(r, "education-welfare")), "ewo", false, from, never)
		}
	}
}

func (p *plan) involve(c *child, of *socialCase, w *worker, role string, allocated bool, from, to day) {
	if to == never {
		w.load++
	}
	p.involved = append(p.involved, &involvement{
		id: int64(len(p.involved) + 1), child: c, of: of, worker: w, role: role, allocated: allocated, from: from, to: to,
	})
}

func (p *plan) teamOf(r *rand.Rand, service string) *team {
	var of []*team
	for _, t := range p.teams {
		if t.service == service {
			of = append(of, t)
		}
	}
	return of[r.IntN(len(of))]
}

func (p *plan) members(t *team) []*worker {
	var of []*worker
	for _, w := range p.workers {
		if w.team == t {
			of = append(of, w)
		}
	}
	return of
}

func (p *plan) anyone(r *rand.Rand, t *team) *worker {
	of := p.members(t)
	return of[r.IntN(len(of))]
}

func (p *plan) leastLoaded(t *team) *worker {
	of := p.members(t)
	least := of[0]
	for _, w := range of {
		if w.load < least.load {
			least = w
		}
	}
	return least
}
