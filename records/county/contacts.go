package county

// The part of the county that is contacts with the front door of social care.

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Contacts a year, and for how many years back they are on record: about 2,300 for
// each 10,000 children in England (ADCS, Safeguarding Pressures).
const (
	contactsInYear = 30_000
	contactHistory = 3
)

// contact is one with the front door: every referral begins with one.
type contact struct {
	child       *child
	of          *socialCase // nil: of none
	source      string
	on, decided day // decided: never, not yet
	outcome     string
}

func planContacts(p *plan) []contact {
	var all []contact
	begin := p.today - contactHistory*year
	type once struct {
		child *child
		on    day
	}
	taken := map[once]bool{}
	referred := 0
	for _, c := range p.cases {
		if c.from < begin {
			continue
		}
		referred++
		r := chance(p.seed, "contact", c.id)
		on := c.from - day(choose(r, []weighted[int]{{0, 70}, {1, 25}, {3, 5}}))
		if c.child.born != never {
			on = max(on, c.child.born)
		}
		taken[once{c.child, on}] = true
		all = append(all, contact{c.child, c, c.source, on, c.from, "cin-referral"})
	}
	r := chance(p.seed, "contacts", 0)
	sum, total := make([]float64, len(p.children)), 0.0
	for i, c := range p.children {
		if c.born != never {
			total += c.need
		}
		sum[i] = total
	}
	for wanted := about(r, p.share(contactsInYear)*contactHistory) - referred; wanted > 0; wanted-- {
		i, _ := slices.BinarySearch(sum, r.Float64()*total)
		c := p.children[min(i, len(p.children)-1)]
		on := begin + day(r.IntN(int(p.today-begin)))
		if w := on.weekday(); (w == time.Saturday || w == time.Sunday) && r.Float64() < 0.7 {
			on -= 3
		}
		if c.born == never || on <= c.born || on >= c.born.birthday(18) || on >= p.today || taken[once{c, on}] {
			continue
		}
		taken[once{c, on}] = true
		m := contact{child: c, source: referrer(r), on: on, decided: p.calendar.workingAfter(on, 1)}
		switch late := r.Float64(); {
		case late < 0.5 && p.calendar.schoolDay(on):
			m.decided = on
		case late > 0.94:
			m.decided = p.calendar.workingAfter(on, among(r, 2, 6))
		}
		for _, o := range c.cases {
			if o.on(on) {
				m.of = o
			}
		}
		switch {
		case m.decided >= p.today:
			m.decided = never
		case m.of != nil:
			m.outcome = "open-case"
		default:
			m.outcome = choose(r, []weighted[string]{{"no-further-action", 45}, {"information-and-advice", 36}, {"early-help-referral", 15}, {"other", 4}})
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b contact) int { return int(a.on - b.on) })
	return all
}

var _ = contribute(contribution{
	kind:    "contact",
	columns: []string{"id", "child_id", "date", "contact_source", "decision_date", "outcome", "case_id"},
	plan: func(p *plan) (int, func(int) []any) {
		all := once(p, planContacts)
		return len(all), func(i int) []any {
			m := all[i]
			var of any
			if m.of != nil {
				of = m.of.id
			}
			return []any{int64(i + 1), m.child.id, date(m.on), m.source, date(m.decided), text(m.outcome), of}
		}
	},
	figures: []figure{{"contacts", "Contacts in the year", Number, contactsInYear, "ADCS, Safeguarding Pressures, about"}},
	measure: (*measure).contacts,
})

func (m *measure) contacts(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the contacts", `/* county.contacts */
		SELECT 'contacts', count(*)::float8 FROM contact WHERE date > $1::date - interval '1 year' AND date <= $1`, m.march().time())
}
