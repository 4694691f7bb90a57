package county

// The parts of the county that are what young people do after year 11.

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// Published numbers of the example authority (DfE, NEET and participation 2025), in
// percent of those of academic age 16 and 17.
const (
	neet1617      = 3.4
	offersMade    = 95.1
	participation = "DfE, participation in education, training and NEET 2025"
)

// spell is what a young person does for a time after year 11.
type spell struct {
	child    *child
	activity string
	from, to day
	verified day
}

// currency is for how many months an activity counts as known (see the column months
// of its code).
func currency(activity string) int {
	switch {
	case activity >= "810":
		return 0
	case activity == "540" || activity >= "610" && activity <= "680":
		return 3
	case activity == "330" || activity == "360":
		return 6
	}
	return 12
}

func planPost16(p *plan) []spell {
	var all []spell
	for _, c := range p.children {
		if c.born == never {
			continue
		}
		begins, ends := september(c.cohort()+17), september(c.cohort()+19)
		if begins >= p.today {
			continue
		}
		r := chance(p.seed, "post-16", c.id)
		all = append(all, p.activities(r, c, begins, ends)...)
	}
	return all
}

// activities are those of the two years after year 11. Who is in need, in care or
// does badly at school is more often in none (DfE: 28 % of vulnerable groups are not
// in education, employment or training or not known).
func (p *plan) activities(r *rand.Rand, c *child, begins, ends day) (all []spell) {
	leaves := 0.07
	if len(c.care) > 0 || len(c.cases) > 0 {
		leaves = 0.4
	}
	if c.ability < -1 {
		leaves += 0.05
	}
	learning := choose(r, []weighted[string]{{"210", 38}, {"220", 12}, {"230", 40}, {"310", 5}, {"320", 2}, {"280", 1}, {"460", 0.5}, {"330", 4}})
	for at := begins; at < ends && at < p.today; {
		to, activity := ends, learning
		if r.Float64() < leaves {
			if gone := at + day(r.IntN(400)); gone > at+10 && gone < ends {
				to = gone
			} else {
				activity, to = neetActivity(r), at+day(among(r, 40, 260))
			}
		} else if len(all) > 0 && all[len(all)-1].activity == learning {
			activity, to = neetActivity(r), at+day(among(r, 40, 260))
		}
		to = min(to, ends)
		s := spell{c, activity, at, to, at}
		if to >= p.today {
			s.to = never
		}
		last := min(to, p.today) - 1
		switch n := currency(activity); {
		case n == 0:
		case n == 3: // who is in none is asked every few weeks, and a few are lost sight of
			s.verified = max(at, last-day(among(r, 3, 70)))
			if r.Float64() < 0.04 {
				s.verified = max(at, last-120)
			}
		default:
			if autumn := dateOf(last.academicYear(), time.October, 1) + day(among(r, 0, 40)); autumn > at && autumn <= last {
				s.verified = autumn
			}
		}
		all = append(all, s)
		at = to
	}
	return all
}

func neetActivity(r *rand.Rand) string {
	return choose(r, []weighted[string]{{"619", 62}, {"640", 14}, {"610", 8}, {"630", 4}, {"620", 2}, {"680", 6}, {"650", 1}, {"810", 3}})
}

var _ = contribute(contribution{
	kind:    "activity-spell",
	columns: []string{"id", "child_id", "activity", "from_date", "to_date", "verified_date", "current_until"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planPost16)
		return len(all), func(i int) []any {
			s := all[i]
			until := dayOf(s.verified.time().AddDate(0, currency(s.activity), 0))
			return []any{int64(i + 1), s.child.id, s.activity, date(s.from), date(s.to), date(s.verified), date(until)}
		}
	},
	ahead:   true, // until when it counts
	figures: []figure{{"neet", "Not in education, employment or training, academic age 16 and 17", Percent, neet1617, participation}},
	measure: (*measure).post16,
})

// guarantee is an offer that was due by the end of a September.
type guarantee struct {
	child *child
	year  int
	group int
}

var _ = contribute(contribution{
	kind:    "september-guarantee",
	columns: []string{"id", "child_id", "year", "year_group", "status", "date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		var all []guarantee
		last := p.today.time().Year()
		for _, c := range p.children {
			for y := last - 2; y <= last && c.born != never; y++ {
				if group := y - c.cohort() - 6; (group == 11 || group == 12) && dateOf(y, time.September, 30) < p.today {
					all = append(all, guarantee{c, y, group})
				}
			}
		}
		return len(all), func(i int) []any {
			g, r := all[i], chance(p.seed, "guarantee", int64(i))
			if r.Float64()*100 >= offersMade {
				return []any{int64(i + 1), g.child.id, int64(g.year), int64(g.group), choose(r, []weighted[string]{{"none", 60}, {"needs-met", 30}, {"not-yet", 10}}), nil}
			}
			return []any{int64(i + 1), g.child.id, int64(g.year), int64(g.group), choose(r, []weighted[string]{{"accepted", 93}, {"offered", 5}, {"declined", 2}}), date(dateOf(g.year, time.January, 10) + day(r.IntN(250)))}
		}
	},
})

func (m *measure) post16(ctx context.Context, tx pgx.Tx) error {
	y := m.today.academicYear() - 1
	return m.ask(ctx, tx, "measure activities after 16", fmtSQL(`/* county.post16 */
		SELECT 'neet', 100.0 * avg(coalesce((k.counts_as = 'neet' AND s.current_until >= '%[2]d-01-31')::int, 0))::float8
		FROM child c LEFT JOIN activity_spell s ON s.child_id = c.id AND s.from_date <= '%[2]d-01-31' AND coalesce(s.to_date, 'infinity') > '%[2]d-01-31'
		LEFT JOIN post16_activity k ON k.code = s.activity
		WHERE c.date_of_birth > '%[1]d-08-31'::date - interval '18 years' AND c.date_of_birth <= '%[1]d-08-31'::date - interval '16 years'`, y, y+1))
}
