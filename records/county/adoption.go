package county

// The part of the county that is on its way to adopters: decided, matched, placed.

// Published numbers (DfE, adoption scorecards 2024/25): ten months from the decision to
// the match in England. The authority's own are published rounded away.
const decidedBefore = 155 // days between the decision and the placement order, in the mean

type decided struct {
	care         *period
	on, reversed day
	reason       string
}

type adopted struct {
	care                          *period
	matched, order, placed, final day
	carer                         bool
}

// toAdopters is of all the children with a placement order.
type toAdopters struct {
	decisions []decided
	adoptions []adopted
}

func planToAdopters(p *plan) *toAdopters {
	all := &toAdopters{}
	homes := map[*period][]*placement{}
	for _, h := range p.homes {
		homes[h.care] = append(homes[h.care], h)
	}
	for _, s := range p.statuses {
		if s.code != "E1" {
			continue
		}
		r := chance(p.seed, "adoption", s.id)
		care := s.care
		d := decided{care: care, on: max(care.from, s.from-day(among(r, 90, 2*decidedBefore-90))), reversed: never}
		a := adopted{care: care, order: s.from, matched: never, placed: never, final: never}
		if s.from > p.today {
			continue
		}
		list := homes[care]
		last := list[len(list)-1]
		if last.kind[0] == 'A' {
			a.placed = last.from
			a.matched = max(d.on, last.from-day(among(r, 8, 35)))
			a.carer = last.kind == "A3" || last.kind == "A5"
			if care.end == "E11" || care.end == "E12" {
				a.final = care.to - 1
			}
		} else if over := p.today - d.on; care.to != never || over > 400 && r.Float64() < 0.5 {
			end := care.to
			if end == never {
				end = p.today
			}
			d.reversed, d.reason = min(end, d.on+day(among(r, 200, 400))), choose(r, []weighted[string]{{"RD1", 45}, {"RD3", 35}, {"RD2", 5}, {"RD4", 15}})
		}
		all.decisions = append(all.decisions, d)
		if a.placed != never {
			all.adoptions = append(all.adoptions, a)
		}
	}
	// So that the smallest county has one of each.
	if len(p.periods) > 0 && len(all.decisions) == 0 {
		all.decisions = append(all.decisions, decided{care: p.periods[0], on: p.periods[0].from, reversed: never})
	}
	if len(all.decisions) > 0 && len(all.adoptions) == 0 {
		d := all.decisions[0]
		all.adoptions = append(all.adoptions, adopted{care: d.care, matched: d.on, order: never, placed: never, final: never})
	}
	return all
}

var _ = contribute(contribution{
	kind:    "adoption-decision",
	columns: []string{"id", "child_id", "period_id", "date", "ceased_date", "ceased_reason"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planToAdopters).decisions
		return len(all), func(i int) []any {
			d := all[i]
			return []any{int64(i + 1), d.care.child.id, d.care.id, date(d.on), date(d.reversed), text(d.reason)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "adoption",
	columns: []string{"id", "child_id", "period_id", "matched_date", "placement_order_date", "placed_date", "order_date", "by_foster_carer", "adopters", "adopters_sex", "adopters_status"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planToAdopters).adoptions
		return len(all), func(i int) []any {
			a := all[i]
			// Of ten who adopt, eight are couples of a man and a woman (DfE, SSDA903, adopters).
			r := chance(p.seed, "adopters", a.care.id)
			who := choose(r, []weighted[[3]string]{{[3]string{"2", "MF", "L11"}, 62}, {[3]string{"2", "MF", "L3"}, 12}, {[3]string{"2", "MM", "L12"}, 6}, {[3]string{"2", "FF", "L12"}, 6}, {[3]string{"2", "FF", "L2"}, 2}, {[3]string{"1", "F1", "L0"}, 11}, {[3]string{"1", "M1", "L0"}, 1}})
			return []any{int64(i + 1), a.care.child.id, a.care.id, date(a.matched), date(a.order), date(a.placed), date(a.final), a.carer, int64(who[0][0] - '0'), who[1], who[2]}
		}
	},
})
