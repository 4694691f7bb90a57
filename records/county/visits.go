package county

// The parts of the county that are child in need plans and social workers' visits.

import "math/rand/v2"

// visitHistory is how far back visits to children in need are on record.
const visitHistory = 2 * year

// visit is a social worker's to a child in need, or on a protection plan.
type visit struct {
	of    *socialCase
	plan  *protectionPlan // nil: a child in need
	on    day
	seen  bool
	alone bool
}

// inNeedPlan is a child in need plan: the case goes on after its assessment, the
// child is neither in care nor on a protection plan.
type inNeedPlan struct {
	of       *socialCase
	from, to day
}

// support is what a case does for a child who is not in care.
type support struct {
	plans  []inNeedPlan
	visits []visit
}

func planSupport(p *plan) *support {
	all := &support{}
	protected := once(p, planProtection)
	for _, c := range p.cases {
		if !c.inNeed() {
			continue
		}
		r := chance(p.seed, "support", c.id)
		end := p.end(c)
		for at := c.from + assessed; at < end; {
			from, to := p.supported(protected, c, at, end)
			if from == never {
				break
			}
			if to-from > 20 {
				plan := inNeedPlan{c, from, to}
				if to > p.today {
					plan.to = never
				}
				all.plans = append(all.plans, plan)
			}
			at = to + 1
		}
		p.visitCase(r, all, protected, c, end)
	}
	return all
}

// supported is the next time from a day on in which the child is in need alone.
func (p *plan) supported(protected *protection, c *socialCase, at, end day) (from, to day) {
	other := func(d day) bool {
		for _, m := range protected.of[c] {
			if m.from <= d && (m.to == never || d < m.to) {
				return true
			}
		}
		return c.child.careOn(d) != nil
	}
	for at < end && other(at) {
		at++
	}
	if at >= end {
		return never, never
	}
	for to = at; to < end && !other(to); to++ {
	}
	return at, to
}

// visitCase visits every two weeks while there is a protection plan, else every
// four, nine times in ten when it is due.
func (p *plan) visitCase(r *rand.Rand, all *support, protected *protection, c *socialCase, end day) {
	for at := max(c.from+2, p.today-visitHistory); at < end; {
		var plan *protectionPlan
		for _, m := range protected.of[c] {
			if m.from <= at && (m.to == never || at < m.to) {
				plan = m
			}
		}
		on := p.calendar.weekdayFrom(at)
		if on < end && on < p.today && c.child.careOn(on) == nil && (plan == nil || plan.to == never || on < plan.to) {
			seen := r.Float64() < 0.95
			all.visits = append(all.visits, visit{c, plan, on, seen, seen && r.Float64() < 0.6})
		}
		switch late := r.Float64() < 0.1; {
		case plan != nil && late:
			at = on + day(among(r, 15, 26))
		case plan != nil:
			at = on + day(among(r, 8, 14))
		case late:
			at = on + day(among(r, 30, 45))
		default:
			at = on + day(among(r, 20, 28))
		}
	}
}

var _ = contribute(contribution{
	kind:    "cin-plan",
	columns: []string{"id", "child_id", "case_id", "from_date", "to_date"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSupport).plans
		return len(all), func(i int) []any {
			m := all[i]
			return []any{int64(i + 1), m.of.child.id, m.of.id, date(m.from), date(m.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "visit",
	columns: []string{"id", "child_id", "case_id", "plan_id", "date", "seen", "seen_alone", "bedroom_seen", "worker_id"},
	plan: func(p *plan) (int, func(int) []any) {
		all, workers := once(p, planSupport).visits, once(p, planAllocations)
		return len(all), func(i int) []any {
			v := all[i]
			var plan any
			if v.plan != nil {
				plan = v.plan.id
			}
			return []any{int64(i + 1), v.of.child.id, v.of.id, plan, date(v.on), v.seen, v.alone, v.plan != nil && v.seen && i%3 > 0, workers.worker(v.of, v.on)}
		}
	},
})
