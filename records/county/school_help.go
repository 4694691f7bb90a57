package county

// The parts of the county that the education welfare and transport services keep:
// reduced timetables, penalty notices, home-to-school transport.

import "github.com/shopspring/decimal"

// Published and estimated numbers. Six penalty notices for each hundred pupils in a year
// (DfE, parental responsibility measures 2023/24, England). Of pupils about 1 % have a
// reduced timetable and 8 % transport: no figure by authority is published.
const (
	noticesOf100 = 6.0
	reducedOf100 = 1.0
	carriedOf100 = 8.0
)

type notice struct {
	child                    *child
	school                   *school
	issued, first, last      day
	sessions                 int64
	paid, withdrawn, pursued day
}

type reducedWeek struct {
	child    *child
	school   *school
	reason   string
	sessions int64
	from, to day
}

type carried struct {
	child              *child
	school             *school
	why, mode          string
	miles              float64
	helped, wheelchair bool
	from               day
}

// schoolHelp is what these services have on record of the pupils of this year.
type schoolHelp struct {
	notices []notice
	reduced []reducedWeek
	carried []carried
}

func planSchoolHelp(p *plan) *schoolHelp {
	all := &schoolHelp{}
	began := september(p.thisYear)
	for _, c := range p.children {
		if c.born == never {
			continue
		}
		at := c.schoolOn(p.today)
		if age := c.born.age(began); at == nil || age < 5 || age > 15 {
			continue
		}
		r := chance(p.seed, "school help", c.id)
		if c.truancy > 1.2 && r.Float64() < noticesOf100/100*2.4 || len(all.notices) == 0 {
			issued := p.calendar.weekdayFrom(began + day(among(r, 60, 85)))
			n := notice{child: c, school: at, issued: issued, first: began + day(among(r, 5, 15)), last: issued - day(among(r, 8, 20)), sessions: int64(among(r, 10, 24)), paid: never, withdrawn: never, pursued: never}
			if issued >= p.today { // of the year before
				n.issued, n.first, n.last = n.issued-year, n.first-year, n.last-year
			}
			if c.schoolOn(n.issued) == at {
				switch u := r.Float64(); {
				case u < 0.72:
					n.paid = n.issued + day(among(r, 5, 27))
				case u < 0.80:
					n.withdrawn = n.issued + day(among(r, 5, 25))
				case u < 0.92:
					n.pursued = n.issued + day(among(r, 60, 120))
				}
				for _, d := range []*day{&n.paid, &n.withdrawn, &n.pursued} {
					if *d != never && *d >= p.today {
						*d = never
					}
				}
				all.notices = append(all.notices, n)
			}
		}
		if r.Float64() < reducedOf100/100*1.6 || len(all.reduced) == 0 {
			from := p.calendar.weekdayFrom(began + day(among(r, 10, 70)))
			if from < p.today {
				all.reduced = append(all.reduced, reducedWeek{c, at, choose(r, []weighted[string]{{"reintegration", 25}, {"mental-health", 25}, {"behaviour", 20}, {"sen", 15}, {"medical", 12}, {"other", 3}}), int64(among(r, 3, 8)), from, from + day(among(r, 28, 84))})
			}
		}
		often := carriedOf100 / 100
		if at.phase == "special" {
			often = 0.7
		}
		if r.Float64() < often || len(all.carried) == 0 {
			t := carried{child: c, school: at, from: max(began, c.stayFrom(p, at)), miles: 3 + r.ExpFloat64()*3, why: "statutory-distance", mode: "contract-bus"}
			if at.phase == "special" || r.Float64() < 0.2 {
				t.why, t.mode, t.helped, t.wheelchair = "sen-mobility", choose(r, []weighted[string]{{"taxi", 60}, {"minibus", 35}, {"mileage", 5}}), r.Float64() < 0.4, r.Float64() < 0.08
			} else if r.Float64() < 0.15 {
				t.why = choose(r, []weighted[string]{{"low-income", 50}, {"unsafe-route", 50}})
			}
			all.carried = append(all.carried, t)
		}
	}
	return all
}

// stayFrom is the first day of the child's stay at the school.
func (c *child) stayFrom(p *plan, s *school) day {
	first := september(p.thisYear)
	for _, stay := range c.stays {
		if stay.school == s {
			first = max(first, stay.from)
		}
	}
	return first
}

var _ = contribute(contribution{
	kind:    "penalty-notice",
	columns: []string{"id", "child_id", "school_id", "date", "parent", "offence_from", "offence_to", "sessions", "paid_date", "withdrawn_date", "prosecution_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSchoolHelp).notices
		return len(all), func(i int) []any {
			n := all[i]
			return []any{int64(i + 1), n.child.id, n.school.id, date(n.issued), "Parent of " + n.child.forename + " " + n.child.surname, date(n.first), date(n.last), n.sessions, date(n.paid), date(n.withdrawn), date(n.pursued)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "reduced-timetable",
	columns: []string{"id", "child_id", "school_id", "main_reason", "sessions", "parents_agreed", "review_date", "from_date", "to_date"},
	measure: unmeasured,
	ahead:   true, // until a day to come
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSchoolHelp).reduced
		return len(all), func(i int) []any {
			w := all[i]
			return []any{int64(i + 1), w.child.id, w.school.id, w.reason, w.sessions, true, date(w.from + 27), date(w.from), date(w.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "transport",
	columns: []string{"id", "child_id", "school_id", "eligibility", "mode", "distance_miles", "passenger_assistant", "wheelchair", "application_date", "decision_date", "from_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSchoolHelp).carried
		return len(all), func(i int) []any {
			t := all[i]
			applied := t.from - 60
			return []any{int64(i + 1), t.child.id, t.school.id, t.why, t.mode, decimal.NewFromFloat(t.miles).Round(1), t.helped, t.wheelchair, date(applied), date(applied + 20), date(t.from)}
		}
	},
})
