package county

// The parts of the county that are recorded of children while they are looked after:
// health, teeth, immunisations, SDQ, missing episodes, visits, PEP, immigration status.

import (
	"math"
	"math/rand/v2"
	"time"
)

// Published numbers of the example authority (DfE, children looked after 2025), in
// percent.
const (
	wentMissing   = 12.0
	healthChecked = 85.0
	teethChecked  = 67.0
	immunised     = 81.0
	sdqReturned   = 31.0
	sdqMean       = 13.9
	misused       = 6.0  // of those of 10 and over; England's of all is 3 (DfE, SSDA903, OC2)
	alone         = 14.0 // unaccompanied asylum-seeking children, of those looked after
)

// dated is something of a looked-after period on a day.
type dated struct {
	care   *period
	on     day
	code   string
	number int64
	flag   bool
}

type missing struct {
	care            *period
	from, to        day
	code, interview string
	talked          day
}

// careRecord is what is on record of children while they are looked after.
type careRecord struct {
	missing                                    []missing
	visits, health, teeth, immunised, sdq, pep []dated
	misuse                                     []dated
	alone                                      []*period
}

func planInCare(p *plan) *careRecord {
	all := &careRecord{}
	for _, care := range p.periods {
		r := chance(p.seed, "in care", care.id)
		end := care.to
		if end == never {
			end = p.today
		}
		c := care.child
		p.goMissing(r, all, care, end)
		p.visitCare(r, all, care, end)
		p.checkHealth(r, all, care, end)
		p.planEducation(r, all, care, end)
		if age := c.born.age(care.from); age >= 13 && r.Float64() < 0.5 || len(all.alone) == 0 && age >= 10 {
			all.alone = append(all.alone, care)
		}
	}
	if len(all.alone) == 0 && len(p.periods) > 0 {
		all.alone = append(all.alone, p.periods[0])
	}
	return all
}

// goMissing: a few of the young and a third of those from 14 on, some of them often.
func (p *plan) goMissing(r *rand.Rand, all *careRecord, care *period, end day) {
	often := 0.015
	if age := care.child.born.age(min(end, p.today)); age >= 14 {
		often = 0.3
	} else if age >= 10 {
		often = 0.1
	}
	if r.Float64() >= often && (len(all.missing) > 0 || end-care.from < 30) {
		return
	}
	for at := care.from + day(r.ExpFloat64()*120); at < end-3; at += day(20 + r.ExpFloat64()*160) {
		m := missing{care: care, from: at, to: at + day(choose(r, []weighted[int]{{1, 60}, {2, 25}, {4, 10}, {9, 5}})), code: "M", talked: never}
		if r.Float64() < 0.15 {
			m.code = "A"
		}
		m.to = min(m.to, end)
		m.interview = choose(r, []weighted[string]{{"yes", 85}, {"no", 12}, {"not-applicable", 3}})
		if talked := m.to + day(among(r, 0, 5)); m.interview == "yes" && talked < p.today && r.Float64() < 0.85 {
			m.talked = talked
		}
		all.missing = append(all.missing, m)
		at = m.to
	}
}

// visitCare visits within a week of a placement's beginning, then every six weeks,
// nine times in ten when it is due.
func (p *plan) visitCare(r *rand.Rand, all *careRecord, care *period, end day) {
	for at := max(care.from+day(among(r, 1, 6)), p.today-visitHistory); ; {
		on := p.calendar.weekdayFrom(at)
		if on >= end || on >= p.today {
			return
		}
		all.visits = append(all.visits, dated{care: care, on: on, flag: r.Float64() < 0.9})
		at = on + day(among(r, 28, 40))
		if r.Float64() < 0.1 {
			at = on + day(among(r, 43, 70))
		}
	}
}

// checkHealth: a first assessment, one a year from the age of 5 and two before, the
// teeth once a year, immunisations and questionnaire in March.
func (p *plan) checkHealth(r *rand.Rand, all *careRecord, care *period, end day) {
	c := care.child
	first := p.calendar.workingAfter(care.from, choose(r, []weighted[int]{{among(r, 8, 20), 60}, {among(r, 21, 60), 40}}))
	if first < end {
		all.health = append(all.health, dated{care: care, on: first, code: "initial"})
	}
	apart := func(age int) day {
		if age < 5 {
			return day(among(r, 150, 180))
		}
		return day(among(r, 300, 360))
	}
	for at := first + apart(c.born.age(first)); at < end; at += apart(c.born.age(at)) {
		if r.Float64()*100 < healthChecked+6 {
			all.health = append(all.health, dated{care: care, on: p.calendar.weekdayFrom(at), code: "review"})
		}
	}
	for at := care.from + day(among(r, 20, 300)); at < end; at += day(among(r, 300, 380)) {
		if r.Float64()*100 < teethChecked && c.born.age(at) >= 1 {
			all.teeth = append(all.teeth, dated{care: care, on: p.calendar.weekdayFrom(at), code: "completed"})
		}
	}
	for y := care.from.time().Year(); y <= p.today.time().Year(); y++ {
		on := march(y)
		if on < care.from || on >= end {
			continue
		}
		all.immunised = append(all.immunised, dated{care: care, on: on, flag: r.Float64()*100 < immunised})
		if c.born.age(on) >= 10 {
			all.misuse = append(all.misuse, dated{care: care, on: on, flag: chance(p.seed, "misuse", care.id*100+int64(y%100)).Float64()*100 < misused})
		}
		if age := c.born.age(on); age >= 4 && age < 17 {
			d := dated{care: care, on: on - day(among(r, 5, 100)), number: int64(math.Max(0, math.Min(40, math.Round(sdqMean+6.5*r.NormFloat64()))))}
			if r.Float64()*100 >= sdqReturned {
				d.code = choose(r, []weighted[string]{{"SDQ4", 70}, {"SDQ2", 15}, {"SDQ5", 8}, {"SDQ3", 7}})
			}
			if d.on > care.from {
				all.sdq = append(all.sdq, d)
			}
		}
	}
	if len(all.teeth) == 0 && first < end {
		all.teeth = append(all.teeth, dated{care: care, on: first, code: "completed"})
	}
	if len(all.immunised) == 0 && first < end {
		all.immunised = append(all.immunised, dated{care: care, on: first, flag: true})
	}
	if len(all.misuse) == 0 && first < end {
		all.misuse = append(all.misuse, dated{care: care, on: first})
	}
	if len(all.sdq) == 0 && first < end {
		all.sdq = append(all.sdq, dated{care: care, on: first, number: 12})
	}
}

// planEducation makes a personal education plan in each term of those of school age,
// nineteen times in twenty.
func (p *plan) planEducation(r *rand.Rand, all *careRecord, care *period, end day) {
	for y := max(care.from.academicYear(), p.firstYear-1); y <= p.thisYear; y++ {
		if age := care.child.born.age(september(y)); age < 4 || age > 16 {
			continue
		}
		for n, name := range []string{"autumn", "spring", "summer"} {
			from := []day{dateOf(y, time.October, 1), dateOf(y+1, time.January, 20), dateOf(y+1, time.May, 1)}[n]
			on := p.calendar.weekdayFrom(from + day(among(r, 0, 50)))
			if on > care.from+5 && on < end && (r.Float64() < 0.95 || len(all.pep) == 0) {
				all.pep = append(all.pep, dated{care: care, on: on, code: name, number: int64(y)})
			}
		}
	}
}

// datedPart is the part of a kind whose records are of a period on a day.
func datedPart(kind string, columns []string, of func(*careRecord) []dated, values func(p *plan, d dated, r *rand.Rand) []any) bool {
	return contribute(contribution{
		kind: kind, columns: append([]string{"id", "child_id", "period_id", "date"}, columns...), measure: unmeasured,
		plan: func(p *plan) (int, func(int) []any) {
			all := of(once(p, planInCare))
			return len(all), func(i int) []any {
				d := all[i]
				return append([]any{int64(i + 1), d.care.child.id, d.care.id, date(d.on)}, values(p, d, chance(p.seed, kind, int64(i)))...)
			}
		},
	})
}

var (
	_ = datedPart("looked-after-visit", []string{"seen", "seen_alone"}, func(a *careRecord) []dated { return a.visits },
		func(_ *plan, d dated, r *rand.Rand) []any { return []any{true, d.flag} })
	_ = datedPart("health-assessment", []string{"type", "status"}, func(a *careRecord) []dated { return a.health },
		func(_ *plan, d dated, r *rand.Rand) []any { return []any{d.code, "completed"} })
	_ = datedPart("dental-check", []string{"status"}, func(a *careRecord) []dated { return a.teeth },
		func(_ *plan, d dated, r *rand.Rand) []any { return []any{d.code} })
	_ = datedPart("immunisation-status", []string{"up_to_date"}, func(a *careRecord) []dated { return a.immunised },
		func(_ *plan, d dated, r *rand.Rand) []any { return []any{d.flag} })
	_ = datedPart("sdq", []string{"score", "no_score_reason", "completed_by"}, func(a *careRecord) []dated { return a.sdq },
		func(_ *plan, d dated, r *rand.Rand) []any {
			if d.code != "" {
				return []any{nil, d.code, nil}
			}
			return []any{d.number, nil, "carer"}
		})
	_ = datedPart("substance-misuse", []string{"misused", "intervention_received", "intervention_offered"}, func(a *careRecord) []dated { return a.misuse },
		func(_ *plan, d dated, r *rand.Rand) []any {
			helped := d.flag && r.Float64() < 0.45
			return []any{d.flag, helped, helped || d.flag && r.Float64() < 0.8}
		})
	_ = datedPart("pep", []string{"academic_year", "term", "quality", "child_took_part"}, func(a *careRecord) []dated { return a.pep },
		func(_ *plan, d dated, r *rand.Rand) []any {
			return []any{d.number, d.code, choose(r, []weighted[string]{{"good", 78}, {"requires-improvement", 19}, {"inadequate", 3}}), r.Float64() < 0.8}
		})
)

var _ = contribute(contribution{
	kind:    "missing-episode",
	columns: []string{"id", "child_id", "period_id", "type", "from_date", "to_date", "interview_offered", "interview_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planInCare).missing
		return len(all), func(i int) []any {
			m := all[i]
			return []any{int64(i + 1), m.care.child.id, m.care.id, m.code, date(m.from), date(m.to), m.interview, date(m.talked)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "previous-permanence",
	columns: []string{"id", "child_id", "period_id", "previous"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		return len(p.periods), func(i int) []any {
			care := p.periods[i]
			return []any{care.id, care.child.id, care.id, choose(chance(p.seed, "permanence", care.id), []weighted[string]{{"Z1", 94}, {"P2", 3}, {"P1", 1}, {"P3", 1.5}, {"P4", 0.5}})}
		}
	},
})

var _ = contribute(contribution{
	kind:    "immigration-status",
	columns: []string{"id", "child_id", "status", "unaccompanied", "from_date", "to_date"},
	measure: unmeasured,
	ahead:   true, // until the 18th birthday
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planInCare).alone
		return len(all), func(i int) []any {
			care := all[i]
			return []any{int64(i + 1), care.child.id, "UASC", true, date(care.from), date(care.child.born.birthday(18))}
		}
	},
})
