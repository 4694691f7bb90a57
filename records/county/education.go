package county

// The parts of the county that are education but for marks and results: entitlements,
// education at home, children missing education.

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Of pupils in the example authority, in percent (DfE, schools, pupils and their
// characteristics 2025).
const freeMeals = 21.6

// offRoll is a time of compulsory school age on no roll.
type offRoll struct {
	child *child
	from  day
	last  *school
}

// planOffRolls are the children of compulsory school age who are on no roll today.
func planOffRolls(p *plan) (all []offRoll) {
	for _, c := range p.children {
		if c.born == never {
			continue
		}
		group := c.yearGroup(p.thisYear)
		if group < 1 || group > 10 || c.schoolOn(p.today) != nil {
			continue
		}
		o := offRoll{c, september(c.cohort() + 6), nil}
		ahead := false
		for _, s := range c.stays {
			if s.to == never || s.to > p.today || s.from > p.today {
				ahead = true
			} else if s.to > o.from {
				o.from, o.last = s.to, s.school
			}
		}
		if !ahead && o.from+20 < p.today {
			all = append(all, o)
		}
	}
	return all
}

// offRoll is a share of them by chance, from a place of it on, so that nobody is in
// two shares; the rest go to schools that are not the authority's. Each has one at
// least.
func (p *plan) offRoll(share, from float64) (some []offRoll) {
	for i, o := range once(p, planOffRolls) {
		if u := chance(p.seed, "off roll", o.child.id).Float64(); u >= from && u < from+share || len(some) == 0 && i == int(from*4) {
			some = append(some, o)
		}
	}
	return some
}

var _ = contribute(contribution{
	kind:    "elective-home-education",
	columns: []string{"id", "child_id", "main_reason", "from_date", "notified_date", "suitability", "reviewed_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := p.offRoll(0.13, 0)
		return len(all), func(i int) []any {
			o, r := all[i], chance(p.seed, "home education", all[i].child.id)
			reason := choose(r, []weighted[string]{{"philosophical", 14}, {"lifestyle", 9}, {"religious", 2}, {"mental-health", 16}, {"send", 6}, {"bullying", 4}, {"school", 6}, {"other", 13}, {"not-given", 13}, {"unknown", 17}})
			notified := min(o.from+day(r.IntN(30)), p.today-1)
			var reviewed any
			suitability := "not-yet-assessed"
			if at := notified + day(among(r, 40, 200)); at < p.today {
				reviewed, suitability = date(at), choose(r, []weighted[string]{{"suitable", 84}, {"not-suitable", 4}, {"unknown", 12}})
			}
			return []any{int64(i + 1), o.child.id, reason, date(o.from), date(notified), suitability, reviewed}
		}
	},
})

var _ = contribute(contribution{
	kind:    "missing-education",
	columns: []string{"id", "child_id", "main_reason", "last_school_id", "from_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := p.offRoll(0.03, 0.5)
		return len(all), func(i int) []any {
			o, r := all[i], chance(p.seed, "missing education", all[i].child.id)
			var last any
			if o.last != nil {
				last = o.last.id
			}
			from := max(o.from, p.today-day(among(r, 10, 300)))
			return []any{int64(i + 1), o.child.id, choose(r, []weighted[string]{{"awaiting-place", 40}, {"moved-in", 20}, {"moved-unknown", 18}, {"refusal", 6}, {"exclusion", 4}, {"other", 12}}), last, date(from)}
		}
	},
})

// meals is an entitlement of a child, and the premium that goes with it.
type meals struct {
	child    *child
	from, to day
}

func planMeals(p *plan) (all []meals) {
	for _, c := range p.children {
		if c.born == never || c.born.birthday(4) >= p.today {
			continue
		}
		r := chance(p.seed, "free meals", c.id)
		// The fifth of all who are most likely to be in need are entitled, nearly.
		if c.need*lognormal(r, 0.6) < 1.08 {
			continue
		}
		m := meals{c, september(c.cohort()+5) - 30, never}
		if r.Float64() < 0.4 {
			m.from += day(r.IntN(2000))
		}
		if out := c.born.birthday(19); out < p.today {
			m.to = out
		}
		if m.from < p.today && (m.to == never || m.from < m.to) {
			all = append(all, m)
		}
	}
	return all
}

var _ = contribute(contribution{
	kind:    "entitlement",
	columns: []string{"id", "child_id", "type", "from_date", "to_date"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planMeals)
		return 2 * len(all), func(i int) []any {
			m := all[i/2]
			return []any{int64(i + 1), m.child.id, []string{"fsm", "pupil-premium"}[i%2], date(m.from), date(m.to)}
		}
	},
	figures: []figure{{"free meals", "Pupils entitled to free school meals", Percent, freeMeals, "DfE, schools, pupils and their characteristics 2025"}},
	measure: (*measure).meals,
})

func (m *measure) meals(ctx context.Context, tx pgx.Tx) error {
	on := dateOf(m.today.time().Year(), time.January, 16)
	return m.ask(ctx, tx, "measure free school meals", `/* county.meals */
		SELECT 'free meals', 100.0 * avg((EXISTS (SELECT FROM entitlement f WHERE f.child_id = e.child_id AND f.type = 'fsm' AND f.from_date <= $1 AND coalesce(f.to_date, 'infinity') > $1))::int)::float8
		FROM enrolment e WHERE e.status IN ('C', 'M') AND e.from_date <= $1 AND coalesce(e.to_date, 'infinity') > $1`, on.time())
}
