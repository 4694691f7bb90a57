package county

// The parts of the county that are child protection: strategy discussions, section 47
// enquiries, conferences, plans and their reviews.

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
)

// Published numbers of the example authority (DfE, children in need 2025).
const (
	enquiriesRate   = 162.6 // section 47 enquiries for each 10,000 children
	conferencesRate = 55.3
	plansStarted    = 613
	plansOpen       = 424
	conferences15   = 71.6 // within 15 working days
	plansAgain      = 25.9 // of plans begun, of a child who had one before
	plansReviewed   = 96.2
)

// enquiry is one under section 47, begun by a strategy discussion.
type enquiry struct {
	id       int64
	of       *socialCase
	from, to day
	outcome  string
}

type conference struct {
	id       int64
	of       *socialCase
	enquiry  *enquiry
	on       day
	category string // "": no plan was made
}

type protectionPlan struct {
	id         int64
	conference *conference
	from, to   day // to: never while it lasts
	latest     string
	end        string
	reviews    []day
}

// protection is everything from strategy discussions to the reviews of plans.
type protection struct {
	discussions []discussion
	enquiries   []*enquiry
	conferences []*conference
	plans       []*protectionPlan
	of          map[*socialCase][]*protectionPlan
	had         map[*child]bool
}

type discussion struct {
	of      *socialCase
	on      day
	outcome string
}

func planProtection(p *plan) *protection {
	all := &protection{of: map[*socialCase][]*protectionPlan{}, had: map[*child]bool{}}
	for _, c := range p.cases {
		if c.nfa {
			continue
		}
		r := chance(p.seed, "protection", c.id)
		end := p.end(c)
		free := c.from
		for again := 0; again < 4; again++ {
			from := p.calendar.weekdayFrom(free + day(among(r, 0, 9)))
			if from >= end || from >= p.today || r.Float64() >= p.enquiryLikely(all, c, end-from, again) {
				break
			}
			free = p.enquire(r, all, c, from, end) + day(among(r, 40, 420))
		}
	}
	return all
}

// enquiryLikely is how likely the case has an enquiry, or after so many another one.
func (p *plan) enquiryLikely(all *protection, c *socialCase, left day, again int) float64 {
	switch {
	case again > 0:
		return 0.5
	case !c.inNeed():
		return 0.17
	case c.need == "N2":
		return 0.15
	case all.had[c.child]:
		return 0.85
	case left > 100:
		return 0.6
	}
	return 0.36
}

// enquire makes the enquiry and what follows from it, and gives the day after
// which there can be another.
func (p *plan) enquire(r *rand.Rand, all *protection, c *socialCase, from, end day) day {
	joint := "s47-single"
	if r.Float64() < 0.55 {
		joint = "s47-joint"
	}
	all.discussions = append(all.discussions, discussion{c, from, joint})
	e := &enquiry{id: int64(len(all.enquiries) + 1), of: c, from: from, to: never}
	all.enquiries = append(all.enquiries, e)
	days := choose(r, []weighted[int]{{among(r, 6, 10), 3}, {among(r, 11, 15), 69}, {among(r, 16, 20), 17}, {among(r, 21, 35), 11}})
	on := p.calendar.workingAfter(from, days)
	likely := 0.17
	switch left := end - on; {
	case all.had[c.child]:
		likely = 0.97
	case left > 300:
		likely = 0.95
	case left > 100:
		likely = 0.62
	}
	if !c.inNeed() || end-on < 45 || r.Float64() >= likely || c.child.careOn(from) != nil || c.child.born != never && on+120 > c.child.born.birthday(18) {
		done := min(p.calendar.workingAfter(from, among(r, 5, 14)), end-1)
		if done < p.today {
			e.to, e.outcome = done+1, choose(r, []weighted[string]{{"nfa-continue-assessment", 50}, {"services-s17", 25}, {"no-further-action", 15}, {"other-agency-monitors", 5}, {"other", 5}})
			return e.to
		}
		return end
	}
	if on >= p.today {
		return end
	}
	e.to, e.outcome = on+1, "initial-conference"
	f := &conference{id: int64(len(all.conferences) + 1), of: c, enquiry: e, on: on}
	all.conferences = append(all.conferences, f)
	if r.Float64() < 0.22 || c.child.careOn(on) != nil {
		return on + 1
	}
	f.category = choose(r, []weighted[string]{{"NEG", 49}, {"EMO", 36}, {"PHY", 8}, {"SAB", 5}, {"MUL", 2}})
	return p.protect(r, all, f, end)
}

// protect makes the plan of a conference, with its reviews: at its end is one, but
// where the child came into care, grew up or the case was closed.
func (p *plan) protect(r *rand.Rand, all *protection, f *conference, end day) day {
	c := f.of.child
	m := &protectionPlan{id: int64(len(all.plans) + 1), conference: f, from: f.on, to: never, latest: f.category}
	all.plans = append(all.plans, m)
	all.of[f.of], all.had[c] = append(all.of[f.of], m), true
	if r.Float64() < 0.08 {
		m.latest = "EMO"
	}
	to, reason := f.on+100+day(r.ExpFloat64()*430), "no-longer-at-risk"
	if f.of.to != never && to > f.of.to-1 {
		to, reason = f.of.to-1, "other"
	}
	for _, care := range c.care {
		if care.from > f.on && care.from+10 < to {
			to, reason = care.from+10, "looked-after"
		}
	}
	if c.born != never && to > c.born.birthday(18) {
		to, reason = c.born.birthday(18), "turned-18"
	}
	if to <= f.on {
		to = f.on + 1
	}
	last := min(to, p.today)
	for on, first := f.on, true; ; first = false {
		next := on + day(among(r, 140, 180))
		if first {
			next = on + day(among(r, 70, 88))
		}
		if r.Float64() < 0.012 {
			next += day(among(r, 12, 40))
		}
		if next = p.calendar.weekdayFrom(next); next >= last {
			break
		}
		m.reviews = append(m.reviews, next)
		on = next
	}
	if to >= p.today {
		return end
	}
	if reason == "no-longer-at-risk" {
		if on := p.calendar.weekdayFrom(to); on < p.today && on < end && (len(m.reviews) == 0 || on > m.reviews[len(m.reviews)-1]) {
			m.reviews = append(m.reviews, on)
			to = on + 1
		}
	}
	m.to, m.end = to, reason
	return to
}

var _ = contribute(contribution{
	kind:    "strategy-discussion",
	columns: []string{"id", "child_id", "case_id", "date", "outcome", "police_present", "health_present"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planProtection).discussions
		return len(all), func(i int) []any {
			d, r := all[i], chance(p.seed, "discussion", int64(i))
			return []any{int64(i + 1), d.of.child.id, d.of.id, date(d.on), d.outcome, d.outcome == "s47-joint" || r.Float64() < 0.5, r.Float64() < 0.8}
		}
	},
})

var _ = contribute(contribution{
	kind:    "section-47",
	columns: []string{"id", "child_id", "case_id", "from_date", "to_date", "conference_not_required", "outcome", "worker_id"},
	plan: func(p *plan) (int, func(int) []any) {
		all, workers := once(p, planProtection).enquiries, once(p, planAllocations)
		return len(all), func(i int) []any {
			e := all[i]
			return []any{e.id, e.of.child.id, e.of.id, date(e.from), date(e.to), e.outcome != "" && e.outcome != "initial-conference", text(e.outcome), workers.worker(e.of, e.from+3)}
		}
	},
	figures: []figure{
		{"enquiries", "Section 47 enquiries in the year", Number, enquiriesRate * under18 / 10_000, inNeed2025},
	},
	measure: (*measure).protection,
})

var _ = contribute(contribution{
	kind:    "initial-conference",
	columns: []string{"id", "child_id", "case_id", "section_47_id", "date", "plan", "category", "transfer_in", "quorate"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planProtection).conferences
		return len(all), func(i int) []any {
			f := all[i]
			return []any{f.id, f.of.child.id, f.of.id, f.enquiry.id, date(f.on), f.category != "", text(f.category), false, chance(p.seed, "quorate", f.id).Float64() < 0.97}
		}
	},
	figures: []figure{
		{"conferences", "Initial conferences in the year", Number, conferencesRate * under18 / 10_000, inNeed2025},
		{"conferences 15", "Initial conferences within 15 working days", Percent, conferences15, inNeed2025},
	},
})

var _ = contribute(contribution{
	kind:    "child-protection-plan",
	columns: []string{"id", "child_id", "case_id", "conference_id", "from_date", "to_date", "initial_category", "latest_category", "end_reason"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planProtection).plans
		return len(all), func(i int) []any {
			m := all[i]
			return []any{m.id, m.conference.of.child.id, m.conference.of.id, m.conference.id, date(m.from), date(m.to), m.conference.category, m.latest, text(m.end)}
		}
	},
	figures: []figure{
		{"plans begun", "Child protection plans begun in the year", Number, plansStarted, inNeed2025},
		{"plans open", "Children on a child protection plan", Number, plansOpen, inNeed2025},
		{"plans again", "Plans begun of a child who had one before", Percent, plansAgain, inNeed2025},
	},
})

// reviewed is a review of a plan.
type reviewed struct {
	plan *protectionPlan
	on   day
	last bool
}

var _ = contribute(contribution{
	kind:    "cpp-review",
	columns: []string{"id", "child_id", "plan_id", "date", "continues", "quorate", "participation"},
	plan: func(p *plan) (int, func(int) []any) {
		var all []reviewed
		for _, m := range once(p, planProtection).plans {
			for i, on := range m.reviews {
				all = append(all, reviewed{m, on, m.end == "no-longer-at-risk" && i == len(m.reviews)-1})
			}
		}
		return len(all), func(i int) []any {
			v, r := all[i], chance(p.seed, "cpp review", int64(i))
			part := choose(r, []weighted[string]{{"PN1", 20}, {"PN3", 5}, {"PN5", 15}, {"PN6", 40}, {"PN7", 20}})
			if c := v.plan.conference.of.child; c.born == never || c.born.age(v.on) < 4 {
				part = "PN0"
			}
			return []any{int64(i + 1), v.plan.conference.of.child.id, v.plan.id, date(v.on), !v.last, r.Float64() < 0.96, part}
		}
	},
})

func fmtSQL(sql string, args ...any) string { return fmt.Sprintf(sql, args...) }

// protection is measured over the year to the last 31 March, as published.
func (m *measure) protection(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "measure child protection", fmtSQL(`/* county.protection */
		WITH year AS (SELECT $1::date - interval '1 year' AS before)
		SELECT 'enquiries', count(*)::float8 FROM section_47, year WHERE from_date > before AND from_date <= $1
		UNION ALL SELECT 'conferences', count(*) FROM initial_conference, year WHERE date > before AND date <= $1
		UNION ALL SELECT 'conferences 15', 100.0 * avg((`+workingDays+` <= 15)::int) FROM initial_conference f JOIN section_47 s ON s.id = f.section_47_id, year WHERE f.date > before AND f.date <= $1
		UNION ALL SELECT 'plans begun', count(*) FROM child_protection_plan, year WHERE from_date > before AND from_date <= $1
		UNION ALL SELECT 'plans open', count(*) FROM child_protection_plan WHERE from_date <= $1 AND coalesce(to_date, 'infinity') > $1
		UNION ALL SELECT 'plans again', 100.0 * avg((EXISTS (SELECT FROM child_protection_plan b WHERE b.child_id = a.child_id AND b.from_date < a.from_date))::int)
			FROM child_protection_plan a, year WHERE from_date > before AND from_date <= $1`, "s.from_date", "f.date"), m.march().time())
}
