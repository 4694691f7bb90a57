package county

// The parts of the county that are plans and rights of children in care and of young
// people who leave it: care plans, pathway plans, deprivations of liberty, advocates.
// There are no published figures of these but for the number of orders, by court and not
// by authority: how often they come is made up.

import "math/rand/v2"

type carePlan struct {
	care          *period
	aim, parallel string
	from, to      day
}

type libertyOrder struct {
	care     *period
	code     string
	from, to day
}

type offer struct {
	care                *period
	issue, outcome      string
	on, accepted, ended day
}

// permanence is what is planned and decided of children in care.
type permanence struct {
	plans   []carePlan
	pathway []dated
	liberty []libertyOrder
	offers  []offer
}

func planPermanence(p *plan) *permanence {
	all := &permanence{}
	adopters := map[*period]bool{}
	for _, d := range once(p, planToAdopters).decisions {
		adopters[d.care] = true
	}
	for _, care := range p.periods {
		r := chance(p.seed, "permanence plan", care.id)
		end := care.to
		if end == never {
			end = p.today
		}
		age := care.child.born.age(care.from)
		first := carePlan{care: care, from: p.calendar.workingAfter(care.from, among(r, 3, 12)), to: care.to}
		switch {
		case adopters[care]:
			first.aim, first.parallel = "ADOPTION", "RETURN6M"
		case age >= 16:
			first.aim = choose(r, []weighted[string]{{"SUPPLIV", 70}, {"RETURNEV", 10}, {"LTFOST18", 20}})
		default:
			first.aim = choose(r, []weighted[string]{{"LTFOST18", 40}, {"RETURN6M", 25}, {"LTRELFR", 15}, {"RETURNEV", 8}, {"RESPLMT", 8}, {"OTHERPLN", 4}})
		}
		if first.from < end {
			if at := first.from + day(among(r, 150, 500)); at < end && r.Float64() < 0.3 && !adopters[care] {
				second := first
				second.aim, second.from, first.to = choose(r, []weighted[string]{{"LTFOST18", 60}, {"LTRELFR", 20}, {"SUPPLIV", 20}}), at, at
				all.plans = append(all.plans, second)
			}
			all.plans = append(all.plans, first)
		}
		p.planPathway(r, all, care, end)
		if r.Float64() < 0.015 && age >= 10 && end-care.from > 60 || len(all.liberty) == 0 && end-care.from > 60 {
			s := libertyOrder{care: care, code: choose(r, []weighted[string]{{"high-court", 80}, {"secure-accommodation", 15}, {"court-of-protection", 5}}), from: care.from + day(among(r, 5, 40))}
			if s.to = s.from + day(among(r, 14, 90)); s.to > end {
				s.to = care.to
			}
			all.liberty = append(all.liberty, s)
		}
		if r.Float64() < 0.3 || len(all.offers) == 0 {
			o := offer{care: care, on: min(care.from+day(among(r, 3, 120)), p.today-1), accepted: never, ended: never}
			o.issue = choose(r, []weighted[string]{{"review", 45}, {"placement", 20}, {"contact", 15}, {"education", 8}, {"complaint", 7}, {"other", 5}})
			if accepted := o.on + day(among(r, 1, 20)); r.Float64() < 0.4 && accepted < p.today {
				o.accepted = accepted
				if ended := accepted + day(among(r, 20, 120)); ended < p.today {
					o.ended, o.outcome = ended, choose(r, []weighted[string]{{"resolved", 60}, {"partly", 25}, {"not-resolved", 8}, {"withdrawn", 7}})
				}
			}
			all.offers = append(all.offers, o)
		}
	}
	return all
}

// planPathway makes a pathway plan around the 16th birthday of those in care, and reviews
// it about every six months until 21, more seldom in time from 18 on.
func (p *plan) planPathway(r *rand.Rand, all *permanence, care *period, end day) {
	sixteen := care.child.born.birthday(16)
	if end <= sixteen || end-max(care.from, care.child.born.birthday(14)) < 91 {
		return
	}
	at := max(sixteen, care.from+91) + day(among(r, -60, 70))
	for n := 0; at < p.today && at < care.child.born.birthday(21); n++ {
		all.pathway = append(all.pathway, dated{care: care, on: p.calendar.weekdayFrom(at), flag: n > 0})
		at += day(among(r, 140, 205))
	}
}

var _ = contribute(contribution{
	kind:    "care-plan",
	columns: []string{"id", "child_id", "period_id", "aim", "parallel_aim", "from_date", "to_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planPermanence).plans
		return len(all), func(i int) []any {
			c := all[i]
			return []any{int64(i + 1), c.care.child.id, c.care.id, c.aim, text(c.parallel), date(c.from), date(c.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "pathway-plan",
	columns: []string{"id", "child_id", "date", "review", "young_person_took_part"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planPermanence).pathway
		var list []dated
		seen := map[[2]int64]bool{}
		for _, d := range all { // of two periods of one young person
			if k := [2]int64{d.care.child.id, int64(d.on)}; !seen[k] && d.on < p.today {
				seen[k], list = true, append(list, d)
			}
		}
		return len(list), func(i int) []any {
			d := list[i]
			return []any{int64(i + 1), d.care.child.id, date(d.on), d.flag, chance(p.seed, "pathway", int64(i)).Float64() < 0.85}
		}
	},
})

var _ = contribute(contribution{
	kind:    "deprivation-of-liberty",
	columns: []string{"id", "child_id", "period_id", "order_type", "from_date", "to_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planPermanence).liberty
		return len(all), func(i int) []any {
			s := all[i]
			return []any{int64(i + 1), s.care.child.id, s.care.id, s.code, date(s.from), date(s.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "advocacy",
	columns: []string{"id", "child_id", "date", "issue", "accepted_date", "ended_date", "outcome"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planPermanence).offers
		return len(all), func(i int) []any {
			o := all[i]
			return []any{int64(i + 1), o.care.child.id, date(o.on), o.issue, date(o.accepted), date(o.ended), text(o.outcome)}
		}
	},
})
