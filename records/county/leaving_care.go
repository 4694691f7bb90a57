package county

// The parts of the county that are care leavers and what is known of them.

// Published numbers of the example authority (DfE, care leavers 2025), in percent.
const (
	leaversSuitable = 92.0
	leaversActive   = 58.0 // aged 19 to 21 in education, employment or training
	leaversActive17 = 77.0
	leaversInTouch  = 95.0
)

// leaver is a status of a young person who is or was looked after.
type leaver struct {
	child       *child
	eligibility string
	from, to    day
	staying     bool
}

type leaverContact struct {
	child                 *child
	birthday              int64
	on                    day
	touch, activity, home string
	suitable              bool
}

// leavingCare is of all those who were looked after for thirteen weeks after their 14th
// birthday, some of it after the 16th.
type leavingCare struct {
	statuses []leaver
	contacts []leaverContact
}

func planLeavingCare(p *plan) *leavingCare {
	all := &leavingCare{}
	for _, care := range p.periods {
		c := care.child
		sixteen, adult := c.born.birthday(16), c.born.birthday(18)
		end := care.to
		if end == never {
			end = p.today
		}
		if sixteen >= p.today || end <= sixteen || end-max(care.from, c.born.birthday(14)) < 91 {
			continue
		}
		r := chance(p.seed, "leaving care", c.id)
		from := max(sixteen, care.from+91)
		stays := care.end == "E17"
		until := care.to
		if until == never || until > from {
			all.statuses = append(all.statuses, leaver{c, "eligible", from, until, false})
		}
		if until != never && until < adult {
			to := adult
			if adult > p.today {
				to = never
			}
			all.statuses = append(all.statuses, leaver{c, "relevant", until, to, false})
		}
		if adult < p.today {
			all.statuses = append(all.statuses, leaver{c, "former-relevant", max(adult, end), never, stays})
		}
		for n := int64(17); n <= 21; n++ {
			day := c.born.birthday(int(n)) + day(among(r, -40, 25))
			if day <= end || day >= p.today {
				continue
			}
			m := leaverContact{child: c, birthday: n, on: day, touch: "YES"}
			active := leaversActive
			if n < 19 {
				active = leaversActive17
			}
			switch u := r.Float64() * 100; {
			case u > leaversInTouch+2.5:
				m.touch = "NO"
			case u > leaversInTouch:
				m.touch = "REFU"
			default:
				m.activity = choose(r, []weighted[string]{{"G4", 35}, {"G5", 45}, {"G6", 20}})
				if r.Float64()*100 < active/leaversInTouch*100 {
					m.activity = choose(r, []weighted[string]{{"F2", 42}, {"F5", 25}, {"P5", 10}, {"F1", 10}, {"F4", 9}, {"P2", 4}})
				}
				homes := []weighted[string]{{"U", 38}, {"D", 20}, {"B", 14}, {"K", 8}, {"E", 6}, {"Y", 3}}
				if n > 17 {
					homes = append(homes, weighted[string]{"Z", 10})
				}
				m.home, m.suitable = choose(r, homes), true
				if r.Float64()*100 > leaversSuitable/leaversInTouch*100 {
					m.home, m.suitable = choose(r, []weighted[string]{{"S", 25}, {"X", 40}, {"W", 15}, {"V", 20}}), false
				}
			}
			all.contacts = append(all.contacts, m)
		}
	}
	return all
}

var _ = contribute(contribution{
	kind:    "care-leaver",
	columns: []string{"id", "child_id", "eligibility", "from_date", "to_date", "staying_put"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planLeavingCare).statuses
		return len(all), func(i int) []any {
			s := all[i]
			return []any{int64(i + 1), s.child.id, s.eligibility, date(s.from), date(s.to), s.staying}
		}
	},
})

var _ = contribute(contribution{
	kind:    "care-leaver-contact",
	columns: []string{"id", "child_id", "birthday", "date", "in_touch", "activity", "accommodation", "suitable"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planLeavingCare).contacts
		return len(all), func(i int) []any {
			m := all[i]
			return []any{int64(i + 1), m.child.id, m.birthday, date(m.on), m.touch, text(m.activity), text(m.home), m.suitable}
		}
	},
})
