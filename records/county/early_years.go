package county

// The parts of the county that are about the youngest: births, health visitors' reviews,
// early help, disabilities.

import "slices"

// Of new births in England visited within 14 days (OHID, health visitor service
// delivery metrics 2024/25), and of 2-year reviews in the example authority that used
// the questionnaire, in percent.
const (
	visitedIn14 = 85.2
	usedASQ     = 87.8
)

// infants are the children born in the last three years.
type infants []*child

func planInfants(p *plan) (all infants) {
	for _, c := range p.children {
		if c.born != never && c.born > p.today-3*year && c.born < p.today-6 {
			all = append(all, c)
		}
	}
	return all
}

var _ = contribute(contribution{
	kind:    "birth-notification",
	columns: []string{"id", "child_id", "date", "weight_g", "gestation_weeks", "number_of_births", "birth_order", "feeding"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planInfants)
		return len(all), func(i int) []any {
			c, r := all[i], chance(p.seed, "birth", all[i].id)
			weeks := choose(r, []weighted[int]{{40, 28}, {39, 28}, {38, 16}, {41, 15}, {37, 6}, {36, 3}, {34, 2}, {31, 1}})
			weight := 3400 - 190*(40-weeks) + int(420*r.NormFloat64())
			return []any{int64(i + 1), c.id, date(c.born + day(choose(r, []weighted[int]{{1, 40}, {2, 35}, {3, 15}, {5, 10}}))), int64(max(700, weight)), int64(weeks), int64(1), int64(1),
				choose(r, []weighted[string]{{"breast", 52}, {"partial", 18}, {"not", 28}, {"unknown", 2}})}
		}
	},
})

// mandated are the reviews that every child is offered: by which day of life, and of
// how many days the one who has it late.
var mandated = []struct {
	name      string
	due       day
	from, to  int
	onTime    float64
	completed float64
}{
	{"new-birth", 14, 10, 14, visitedIn14, 98},
	{"six-to-eight-weeks", 56, 40, 56, 83, 94},
	{"twelve-months", 365, 300, 365, 80, 90},
	{"two-years", 913, 730, 913, 82, 88},
}

type healthReview struct {
	child        *child
	name         string
	due, done    day
	outcome      string
	faceTo, used bool
}

func planHealthReviews(p *plan) (all []healthReview) {
	for _, c := range once(p, planInfants) {
		r := chance(p.seed, "health visitor", c.id)
		for _, m := range mandated {
			v := healthReview{child: c, name: m.name, due: c.born + m.due, done: never}
			if v.due > p.today+30 {
				break
			}
			switch u := r.Float64() * 100; {
			case u < m.onTime:
				v.done = c.born + day(among(r, m.from, m.to))
			case u < m.completed:
				v.done = v.due + day(among(r, 1, 16))
			case v.due+20 < p.today:
				v.outcome = choose(r, []weighted[string]{{"declined", 35}, {"did-not-attend", 35}, {"not-offered", 20}, {"moved-out", 10}})
			}
			if v.done >= p.today {
				v.done = never
			}
			if v.done != never {
				v.outcome, v.faceTo, v.used = "completed", r.Float64() < 0.96, m.name == "two-years" && r.Float64()*100 < usedASQ
			}
			all = append(all, v)
		}
	}
	return all
}

var _ = contribute(contribution{
	kind:    "health-visitor-review",
	columns: []string{"id", "child_id", "type", "due_date", "date", "outcome", "face_to_face", "asq_used"},
	measure: unmeasured,
	ahead:   true, // due
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planHealthReviews)
		return len(all), func(i int) []any {
			v := all[i]
			return []any{int64(i + 1), v.child.id, v.name, date(v.due), date(v.done), text(v.outcome), v.faceTo, v.used}
		}
	},
})

// episode is one of early help.
type episode struct {
	child    *child
	from, to day
}

var _ = contribute(contribution{
	kind:    "early-help-episode",
	columns: []string{"id", "child_id", "main_reason", "from_date", "to_date", "outcome"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		var all []episode
		for _, c := range p.children {
			r := chance(p.seed, "early help", c.id)
			if c.born == never || r.Float64() >= 0.035*min(c.need, 6) {
				continue
			}
			e := episode{c, p.today - day(r.IntN(int(3*year))), never}
			if to := e.from + day(60+r.ExpFloat64()*150); to < p.today {
				e.to = to
			}
			open := slices.ContainsFunc(c.cases, func(o *socialCase) bool {
				return (e.to == never || o.from < e.to) && (o.to == never || o.to > e.from)
			})
			if e.from > c.born && e.from < c.born.birthday(18) && !open {
				all = append(all, e)
			}
		}
		return len(all), func(i int) []any {
			e, r := all[i], chance(p.seed, "early help episode", int64(i))
			outcome := ""
			if e.to != never {
				outcome = choose(r, []weighted[string]{{"needs-met", 62}, {"disengaged", 18}, {"stepped-up", 10}, {"moved", 5}, {"other", 5}})
			}
			reason := choose(r, []weighted[string]{{"mental-health", 28}, {"relationships", 20}, {"education", 18}, {"domestic-abuse", 12}, {"money", 7}, {"housing", 5}, {"early-years", 5}, {"substances", 3}, {"crime", 2}})
			return []any{int64(i + 1), e.child.id, reason, date(e.from), date(e.to), text(outcome)}
		}
	},
})

// disabilityOf is that of a primary need of who has a plan (CIN census codes).
var disabilityOf = map[string]string{"ASD": "AUT", "SLD": "LD", "PMLD": "LD", "MLD": "LD", "HI": "HEAR", "VI": "VIS", "PD": "MOB", "SEMH": "BEH", "SLCN": "COMM"}

var _ = contribute(contribution{
	kind:    "disability",
	columns: []string{"id", "child_id", "code", "from_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		needs := once(p, planSpecialNeeds)
		planned := map[*child]bool{}
		for _, m := range needs.plans {
			planned[m.child] = true
		}
		var all []senNeed
		for _, n := range needs.needs {
			if code := disabilityOf[n.code]; n.rank == 1 && planned[n.child] && code != "" {
				all = append(all, senNeed{child: n.child, code: code, from: n.from})
			}
		}
		return len(all), func(i int) []any {
			return []any{int64(i + 1), all[i].child.id, all[i].code, date(all[i].from)}
		}
	},
})
