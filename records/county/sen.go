package county

// The parts of the county that are special educational needs: statuses, needs, and EHC
// requests, assessments, plans and reviews.

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// Published numbers of the example authority (DfE, education, health and care plans,
// calendar year 2024; special educational needs in England, January 2025).
const (
	ehcRequests   = 1_869 // a year
	ehcRefused    = 8.5   // of decisions, in percent
	ehcIn20       = 8.8   // plans issued within 20 weeks, no exceptions
	ehcNoPlan     = 8.8   // assessments after which no plan was issued
	ehcPlansOpen  = 8_007 // maintained in January 2025, to the age of 25
	pupilsPlan    = 5.8   // of pupils
	pupilsSupport = 13.0
	reviewIn4     = 11.5 // review decisions within four weeks
	reviewsHeld   = 94.8
	senCurrent    = "DfE, special educational needs 2025"
	sen22024      = "DfE, education, health and care plans 2024"
)

// senNeed is one of a child's, from a day on.
type senNeed struct {
	child *child
	code  string
	rank  int64
	from  day
	to    day
}

type senStatus struct {
	stay      *stay
	provision string
	from, to  day
}

type ehcRequest struct {
	id          int64
	child       *child
	on, decided day
	outcome     string
	by          string
}

type ehcAssessment struct {
	id         int64
	request    *ehcRequest
	from, done day
	outcome    string
	exception  string
}

type ehcPlan struct {
	id         int64
	child      *child
	assessment *ehcAssessment // nil: before records began, or of another authority
	from, to   day
	cease      string
}

type ehcReview struct {
	plan               *ehcPlan
	due, held, decided day
	decision           string
}

// specialNeeds is everything that there is of special educational needs.
type specialNeeds struct {
	statuses    []senStatus
	needs       []senNeed
	requests    []*ehcRequest
	assessments []*ehcAssessment
	plans       []*ehcPlan
	reviews     []ehcReview
}

// senHistory is for how many years back requests and reviews are on record.
const senHistory = 4

func planSpecialNeeds(p *plan) *specialNeeds {
	all := &specialNeeds{}
	for _, c := range p.children {
		if c.born == never {
			continue
		}
		r := chance(p.seed, "special needs", c.id)
		p.needsOf(r, all, c)
	}
	return all
}

// needsOf decides what the child has: a plan more often who is in a special school,
// in care or in need (DfE, outcomes of children in social care: nearly half of those
// in care, a third of those in need), boys twice as often as girls, and who does less
// well at school.
func (p *plan) needsOf(r *rand.Rand, all *specialNeeds, c *child) {
	plan, support := 0.045, 0.143
	known := false
	for _, o := range c.cases {
		known = known || o.inNeed()
	}
	switch {
	case len(c.care) > 0:
		plan, support = 0.5, 0.25
	case known:
		plan, support = 0.18, 0.26
	}
	if c.sex == "M" {
		plan, support = plan*1.35, support*1.2
	} else {
		plan, support = plan*0.65, support*0.8
	}
	if c.ability < -0.5 {
		plan, support = plan*1.7, support*1.8
	} else {
		plan, support = plan*0.6, support*0.6
	}
	if c.special {
		plan = 0.98
	}
	u := r.Float64()
	begins := c.born.birthday(choose(r, []weighted[int]{{3, 12}, {4, 14}, {5, 16}, {6, 14}, {7, 12}, {8, 10}, {9, 8}, {10, 6}, {11, 4}, {12, 2}, {13, 2}})) + day(r.IntN(360))
	if c.special {
		begins = min(begins, c.born.birthday(4)+200)
	}
	hasPlan := u < plan
	if !hasPlan && u >= plan+support {
		if age := c.born.age(p.today); age > 2 && r.Float64() < 0.0021 { // asked for, and refused
			on := p.today - day(r.IntN(int(senHistory*year)))
			p.ask(r, all, c, max(on, c.born+700), false)
		}
		return
	}
	if begins >= p.today {
		return
	}
	issued := never
	if hasPlan {
		issued = p.plan(r, all, c, begins+day(among(r, 100, 700)))
	}
	p.senSpans(all, c, begins, issued)
	code := choose(r, senNeeds(hasPlan, c.sex))
	all.needs = append(all.needs, senNeed{c, code, 1, begins, never})
	if second := choose(r, senNeeds(hasPlan, c.sex)); second != code && r.Float64() < 0.35 && second != "NSA" && code != "NSA" {
		all.needs = append(all.needs, senNeed{c, second, 2, begins, never})
	}
}

// senNeeds are the primary needs of those with a plan or with SEN support (DfE,
// special educational needs 2025).
func senNeeds(plan bool, sex string) []weighted[string] {
	if plan {
		return []weighted[string]{{"ASD", 33}, {"SLCN", 21}, {"SEMH", 21}, {"MLD", 7}, {"SLD", 8}, {"SPLD", 4}, {"PD", 3}, {"PMLD", 3}, {"HI", 2}, {"VI", 1}, {"OTH", 2}}
	}
	return []weighted[string]{{"SLCN", 26}, {"SEMH", 23}, {"SPLD", 15}, {"MLD", 13}, {"ASD", 11}, {"OTH", 4}, {"NSA", 4}, {"PD", 2}, {"HI", 2}, {"VI", 1}}
}

// senSpans are the school census's statuses, one for each time on a roll and each
// change to a plan.
func (p *plan) senSpans(all *specialNeeds, c *child, begins, issued day) {
	for _, s := range c.stays {
		from, to := max(s.from, begins), s.to
		if from > p.today || to != never && to <= from {
			continue
		}
		if issued == never || to != never && to <= issued || issued >= p.today {
			all.statuses = append(all.statuses, senStatus{s, "K", from, to})
			continue
		}
		if from < issued {
			all.statuses = append(all.statuses, senStatus{s, "K", from, issued})
			from = issued
		}
		all.statuses = append(all.statuses, senStatus{s, "E", from, to})
	}
}

// plan makes the child's plan, with the request and the assessment where these are
// within what is on record, and its reviews. It gives the day of issue, never where
// that lies ahead.
func (p *plan) plan(r *rand.Rand, all *specialNeeds, c *child, asked day) day {
	begin := p.today - senHistory*year
	m := &ehcPlan{child: c, to: never}
	if asked < begin {
		m.from = asked + day(among(r, 140, 300))
	} else {
		a := p.ask(r, all, c, asked, true)
		if a == nil || a.outcome != "Y" {
			return never
		}
		m.assessment, m.from = a, a.done
	}
	if m.from >= p.today || m.from >= c.born.birthday(19) {
		return never
	}
	m.id = int64(len(all.plans) + 1)
	all.plans = append(all.plans, m)
	for due := m.from.plusYears(1); ; {
		if due > p.today {
			all.reviews = append(all.reviews, ehcReview{m, due, never, never, ""})
			break
		}
		held := due - day(among(r, 0, 40))
		if r.Float64() < 0.15 {
			held = due + day(among(r, 1, 60))
		}
		v := ehcReview{m, due, never, never, ""}
		if held >= p.today || r.Float64()*100 > reviewsHeld+3 {
			if due >= begin {
				all.reviews = append(all.reviews, v)
			}
			due = due.plusYears(1)
			continue
		}
		v.held = held
		after := day(among(r, 35, 120))
		if r.Float64()*100 < reviewIn4 {
			after = day(among(r, 7, 28))
		}
		if held+after < p.today {
			v.decided, v.decision = held+after, choose(r, []weighted[string]{{"keep", 55}, {"amend", 42}, {"cease", 3}})
			if v.decision == "cease" && held+after > begin {
				m.to, m.cease = held+after+1, "2"
			} else if v.decision == "cease" {
				v.decision = "keep"
			}
		}
		if due >= begin {
			all.reviews = append(all.reviews, v)
		}
		if m.to != never {
			break
		}
		due = held.plusYears(1)
	}
	return m.from
}

// ask makes a request and what follows from it; granted leads to a plan, mostly.
func (p *plan) ask(r *rand.Rand, all *specialNeeds, c *child, on day, granted bool) *ehcAssessment {
	if on >= p.today {
		return nil
	}
	q := &ehcRequest{id: int64(len(all.requests) + 1), child: c, on: on, decided: never, by: choose(r, []weighted[string]{{"school", 58}, {"parent", 38}, {"other", 4}})}
	all.requests = append(all.requests, q)
	decided := on + day(among(r, 20, 42))
	if r.Float64() < 0.2 {
		decided = on + day(among(r, 43, 80))
	}
	if decided >= p.today {
		return nil
	}
	if !granted {
		if r.Float64() < 0.12 {
			q.outcome = "W"
			return nil
		}
		q.decided, q.outcome = decided, "N"
		return nil
	}
	q.decided, q.outcome = decided, "Y"
	a := &ehcAssessment{id: int64(len(all.assessments) + 1), request: q, from: decided, done: never}
	all.assessments = append(all.assessments, a)
	days := 150 + int(r.ExpFloat64()*90)
	in20 := ehcIn20
	if on < dateOf(p.today.time().Year()-2, time.July, 1) { // it was better before (DfE: 64.9 % in 2023)
		in20 = 50
	}
	if r.Float64()*100 < in20 {
		days = among(r, 115, 140)
	}
	if r.Float64() < 0.1 {
		a.exception = choose(r, []weighted[string]{{"school-closed", 60}, {"circumstances", 25}, {"absent", 10}, {"early-years-closed", 5}})
		days += 20
	}
	if on+day(days) >= p.today {
		return a
	}
	a.done, a.outcome = max(on+day(days), decided+1), "Y"
	if r.Float64()*100 < ehcNoPlan {
		a.outcome = "N"
	}
	return a
}

var _ = contribute(contribution{
	kind:    "sen-status",
	columns: []string{"id", "child_id", "school_id", "provision", "from_date", "to_date"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).statuses
		return len(all), func(i int) []any {
			s := all[i]
			return []any{int64(i + 1), s.stay.child.id, s.stay.school.id, s.provision, date(s.from), date(s.to)}
		}
	},
	figures: []figure{
		{"pupils K", "Pupils with SEN support", Percent, pupilsSupport, senCurrent},
		{"pupils E", "Pupils with an EHC plan", Percent, pupilsPlan, senCurrent},
	},
	measure: (*measure).specialNeeds,
})

var _ = contribute(contribution{
	kind:    "sen-need",
	columns: []string{"id", "child_id", "need", "rank", "from_date", "to_date"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).needs
		return len(all), func(i int) []any {
			n := all[i]
			return []any{int64(i + 1), n.child.id, n.code, n.rank, date(n.from), date(n.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "ehc-request",
	columns: []string{"id", "child_id", "date", "requested_by", "outcome", "outcome_date", "mediation", "tribunal"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).requests
		return len(all), func(i int) []any {
			q, r := all[i], chance(p.seed, "ehc appeal", all[i].id)
			mediation := q.outcome == "N" && r.Float64() < 0.4
			return []any{q.id, q.child.id, date(q.on), q.by, text(q.outcome), date(q.decided), mediation, mediation && r.Float64() < 0.3}
		}
	},
	figures: []figure{
		{"ehc requests", "Requests for EHC assessments in the last calendar year", Number, ehcRequests, sen22024},
		{"ehc refused", "Requests for EHC assessments refused", Percent, ehcRefused, sen22024},
	},
})

var _ = contribute(contribution{
	kind:    "ehc-assessment",
	columns: []string{"id", "child_id", "request_id", "from_date", "outcome", "outcome_date", "exception", "exception_reason"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).assessments
		return len(all), func(i int) []any {
			a := all[i]
			return []any{a.id, a.request.child.id, a.request.id, date(a.from), text(a.outcome), date(a.done), a.exception != "", text(a.exception)}
		}
	},
	figures: []figure{{"ehc in 20", "EHC plans within 20 weeks, no exceptions", Percent, ehcIn20, sen22024}},
})

var _ = contribute(contribution{
	kind:    "ehc-plan",
	columns: []string{"id", "child_id", "assessment_id", "from_date", "to_date", "transferred_in", "school_id", "residential", "personal_budget", "cease_reason"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).plans
		return len(all), func(i int) []any {
			m, r := all[i], chance(p.seed, "ehc plan", all[i].id)
			var assessment, school any
			if m.assessment != nil {
				assessment = m.assessment.id
			}
			if s := m.child.schoolOn(max(m.from, min(p.today, m.from+30))); s != nil {
				school = s.id
			}
			return []any{m.id, m.child.id, assessment, date(m.from), date(m.to), m.assessment == nil && r.Float64() < 0.1, school, "none", r.Float64() < 0.06, text(m.cease)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "ehc-review",
	columns: []string{"id", "child_id", "plan_id", "due_date", "meeting_date", "decision", "decision_date"},
	ahead:   true,
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planSpecialNeeds).reviews
		return len(all), func(i int) []any {
			v := all[i]
			return []any{int64(i + 1), v.plan.child.id, v.plan.id, date(v.due), date(v.held), text(v.decision), date(v.decided)}
		}
	},
})

func (m *measure) specialNeeds(ctx context.Context, tx pgx.Tx) error {
	y := m.today.time().Year()
	return m.ask(ctx, tx, "measure special educational needs", fmtSQL(`/* county.specialNeeds */
		WITH roll AS (
			SELECT e.child_id, (SELECT provision FROM sen_status s WHERE s.child_id = e.child_id AND s.from_date <= '%[1]d-01-16' AND coalesce(s.to_date, 'infinity') > '%[1]d-01-16') AS provision
			FROM enrolment e WHERE e.status IN ('C', 'M') AND e.from_date <= '%[1]d-01-16' AND coalesce(e.to_date, 'infinity') > '%[1]d-01-16')
		SELECT 'pupils K', 100.0 * avg(coalesce((provision = 'K')::int, 0))::float8 FROM roll
		UNION ALL SELECT 'pupils E', 100.0 * avg(coalesce((provision = 'E')::int, 0)) FROM roll
		UNION ALL SELECT 'ehc requests', count(*) FROM ehc_request WHERE extract(year FROM date) = %[2]d
		UNION ALL SELECT 'ehc refused', 100.0 * avg((outcome = 'N')::int) FROM ehc_request WHERE extract(year FROM outcome_date) = %[2]d
		UNION ALL SELECT 'ehc in 20', 100.0 * avg((a.outcome_date <= q.date + 140)::int) FROM ehc_assessment a JOIN ehc_request q ON q.id = a.request_id
			WHERE a.outcome = 'Y' AND NOT a.exception AND extract(year FROM a.outcome_date) = %[2]d`, y, y-1))
}
