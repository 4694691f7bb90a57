package county

// The parts of the county that are core groups of child protection plans, and
// pre-proceedings: of those who came into care by an order most had them.

type metGroup struct {
	plan *protectionPlan
	on   day
}

type gateway struct {
	of                         *socialCase
	from, to, letter, meeting  day
	decided, outcome, planned  string
	reviews, hearings, offered int64
}

func planCoreGroups(p *plan) []metGroup {
	var all []metGroup
	for _, m := range once(p, planProtection).plans {
		r := chance(p.seed, "core group", m.id)
		end := m.to
		if end == never {
			end = p.today
		}
		// Nine in ten of the first within ten working days, and then about every six weeks.
		at := p.calendar.workingAfter(m.from, choose(r, []weighted[int]{{among(r, 4, 10), 90}, {among(r, 11, 20), 10}}))
		for at < end {
			all = append(all, metGroup{m, at})
			at = p.calendar.weekdayFrom(at + day(among(r, 28, 45)))
		}
	}
	return all
}

func planGateways(p *plan) []gateway {
	var all []gateway
	ordered := map[*period]day{}
	for _, s := range p.statuses {
		if s.code == "C1" || s.code == "C2" {
			if was, ok := ordered[s.care]; !ok || s.from < was {
				ordered[s.care] = s.from
			}
		}
	}
	for _, c := range p.cases {
		if !c.inNeed() {
			continue
		}
		r := chance(p.seed, "gateway", c.id)
		for _, care := range c.child.care {
			order, ok := ordered[care]
			if !ok || order > p.today || !c.on(order) || r.Float64() < 0.3 {
				continue
			}
			all = append(all, gateway{of: c, from: max(c.from, order-day(among(r, 60, 180))), to: order, outcome: "proceedings", decided: "B", hearings: int64(among(r, 2, 6))})
		}
		if len(c.child.care) == 0 && c.to != never && c.to-c.from > 300 && r.Float64() < 0.03 {
			from := c.from + day(among(r, 80, 150))
			all = append(all, gateway{of: c, from: from, to: from + day(among(r, 70, 140)), outcome: "step-down", decided: "B"})
		}
	}
	if len(all) == 0 {
		for _, c := range p.cases {
			if c.inNeed() && c.to == never && p.today-c.from > 20 {
				all = append(all, gateway{of: c, from: c.from + 10, to: never, decided: "B"})
				break
			}
		}
	}
	for i := range all {
		g := &all[i]
		r := chance(p.seed, "letter", g.of.id)
		g.letter, g.meeting, g.offered = min(g.from+day(among(r, 3, 12)), p.today-1), never, int64(among(r, 0, 1))
		if g.letter < g.from {
			g.letter = never
		} else if meeting := g.letter + day(among(r, 5, 15)); meeting < p.today {
			g.meeting, g.reviews = meeting, int64(among(r, 1, 3))
		}
	}
	return all
}

var _ = contribute(contribution{
	kind:    "core-group",
	columns: []string{"id", "child_id", "plan_id", "date", "parents_took_part"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		var all []metGroup
		seen := map[[2]int64]bool{}
		for _, m := range planCoreGroups(p) { // where one plan ends and another begins
			if k := [2]int64{m.plan.conference.of.child.id, int64(m.on)}; !seen[k] {
				seen[k], all = true, append(all, m)
			}
		}
		return len(all), func(i int) []any {
			m := all[i]
			return []any{int64(i + 1), m.plan.conference.of.child.id, m.plan.id, date(m.on), chance(p.seed, "parents", int64(i)).Float64() < 0.85}
		}
	},
})

var _ = contribute(contribution{
	kind: "pre-proceedings",
	columns: []string{"id", "child_id", "case_id", "gateway", "from_date", "to_date", "letter_date", "meeting_date", "review_meetings", "family_group_offered", "family_group_held", "outcome",
		"initial_plan", "final_plan", "hearings"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := planGateways(p)
		return len(all), func(i int) []any {
			g := all[i]
			var first, last, hearings any
			if g.outcome == "proceedings" {
				first, last, hearings = "A", "A", g.hearings
			}
			return []any{int64(i + 1), g.of.child.id, g.of.id, g.decided, date(g.from), date(g.to), date(g.letter), date(g.meeting), g.reviews, g.offered == 1, g.offered == 1 && i%2 == 0, text(g.outcome), first, last, hearings}
		}
	},
})
