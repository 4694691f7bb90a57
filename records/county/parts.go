package county

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/records"
)

// part is one kind of record and its rows.
type part struct {
	kind    string
	columns []string // of the values, by their names in the kind's table
	rows    int
	row     func(i int) []any
}

// contribution is a kind's part of the county in a file of its own: its records,
// worked out once the rest of the plan stands, the published figures that they
// follow, and how these are measured in a record store.
type contribution struct {
	kind    string
	columns []string // of the values, by their names in the kind's table
	ahead   bool     // its days may lie ahead
	plan    func(p *plan) (rows int, row func(i int) []any)
	figures []figure
	measure func(m *measure, ctx context.Context, tx pgx.Tx) error
}

// contributions are all of them. A file adds its own by contribute, and nothing
// else names it: the order in which parts are entered follows from the kinds.
var contributions []contribution

func contribute(c contribution) bool {
	contributions = append(contributions, c)
	return true
}

// planContributions works out what stands in files of its own.
func (p *plan) planContributions() error {
	for _, c := range contributions {
		rows, row := c.plan(p)
		p.contributed = append(p.contributed, part{c.kind, c.columns, rows, row})
	}
	return nil
}

// parts are in the order of foreign keys, which is that of the kinds.
// Attendance, most of the county by far, has a way of its own (see
// loadAttendance).
func (p *plan) parts() []part {
	order := map[string]int{}
	for i, k := range records.Kinds() {
		order[k.Name] = i
	}
	all := slices.Concat(p.ownParts(), p.returnParts(), p.contributed)
	slices.SortStableFunc(all, func(a, b part) int { return order[a.kind] - order[b.kind] })
	return all
}

// ownParts are those whose records refer to each other in memory.
func (p *plan) ownParts() []part {
	return []part{
		{"school", []string{"id", "laestab", "urn", "name", "phase", "district", "from_date"}, len(p.schools), func(i int) []any {
			s := p.schools[i]
			return []any{s.id, s.laestab, s.urn, s.name, s.phase, s.district, date(dateOf(1990, time.September, 1))}
		}},
		{"team", []string{"id", "name", "service", "telephone", "from_date"}, len(p.teams), func(i int) []any {
			t := p.teams[i]
			return []any{t.id, t.name, t.service, telephone(t.id), date(dateOf(2015, time.April, 1))}
		}},
		{"worker", []string{"id", "team_id", "name", "email", "telephone", "registration", "from_date", "to_date"}, len(p.workers), func(i int) []any {
			w := p.workers[i]
			return []any{w.id, w.team.id, w.name, w.email, telephone(100 + w.id), text(w.number), date(w.from), date(w.to)}
		}},
		{"child", []string{"id", "public_id", "date_of_birth", "expected_date", "sex", "ethnicity", "upn", "nhs_number"}, len(p.children), func(i int) []any {
			c := p.children[i]
			return []any{c.id, [16]byte(c.public), date(c.born), date(c.expected), c.sex, c.ethnicity, text(c.upn), text(c.nhs)}
		}},
		{"child-name", []string{"id", "child_id", "type", "forename", "middle_names", "surname", "from_date"}, len(p.children), func(i int) []any {
			c := p.children[i]
			return []any{c.id, c.id, "legal", c.forename, text(c.middle), c.surname, date(c.known(p))}
		}},
		{"address", []string{"id", "child_id", "type", "lines", "postcode", "confidential", "district", "from_date"}, len(p.children), func(i int) []any {
			c := p.children[i]
			return []any{c.id, c.id, "home", c.lines, c.postcode, false, c.district.code, date(c.livedSince)}
		}},
		{"enrolment", []string{"id", "child_id", "school_id", "status", "from_date", "to_date"}, len(p.stays), func(i int) []any {
			s := p.stays[i]
			return []any{s.id, s.child.id, s.school.id, "C", date(s.from), date(s.to)}
		}},
		{"ks4-result", []string{"id", "child_id", "school_id", "year", "attainment8", "english_grade", "maths_grade"}, len(p.results), func(i int) []any {
			s := p.results[i]
			return []any{s.id, s.child.id, s.school.id, int64(s.year), decimal.NewFromFloat(s.attainment8).Round(2), s.english, s.maths}
		}},
		{"looked-after-period", []string{"id", "child_id", "need", "from_date", "to_date", "end_reason"}, len(p.periods), func(i int) []any {
			c := p.periods[i]
			return []any{c.id, c.child.id, c.need, date(c.from), date(c.to), text(c.end)}
		}},
		{"legal-status", []string{"id", "child_id", "period_id", "status", "from_date", "to_date"}, len(p.statuses), func(i int) []any {
			s := p.statuses[i]
			return []any{s.id, s.care.child.id, s.care.id, s.code, date(s.from), date(s.to)}
		}},
		{"placement", []string{"id", "child_id", "period_id", "type", "provider", "postcode", "district", "home_postcode", "change_reason", "from_date", "to_date"}, len(p.homes), func(i int) []any {
			h := p.homes[i]
			return []any{h.id, h.care.child.id, h.care.id, h.kind, h.provider, h.postcode, h.district, h.care.child.postcode, text(p.change(h)), date(h.from), date(h.to)}
		}},
		{"social-care-case", []string{"id", "child_id", "from_date", "to_date", "referral_source", "need", "no_further_action", "closure"}, len(p.cases), func(i int) []any {
			c := p.cases[i]
			return []any{c.id, c.child.id, date(c.from), date(c.to), c.source, c.need, c.nfa, text(c.closure)}
		}},
		{"involvement", []string{"id", "child_id", "case_id", "worker_id", "team_id", "role", "allocated", "from_date", "to_date"}, len(p.involved), func(i int) []any {
			v := p.involved[i]
			var of any
			if v.of != nil {
				of = v.of.id
			}
			return []any{v.id, v.child.id, of, v.worker.id, v.worker.team.id, v.role, v.allocated, date(v.from), date(v.to)}
		}},
	}
}

// load enters a part through the record store's bulk path, each value in the
// column that bears its name; a column of the kind that the part does not give
// is NULL, or false.
func (p part) load(ctx context.Context, bulk *records.Bulk) (int64, error) {
	kind, ok := records.KindOf(p.kind)
	if !ok {
		return 0, fmt.Errorf("load %s: there is no such kind of record", p.kind)
	}
	place := map[string]int{}
	for i, c := range p.columns {
		place[c] = i
	}
	order := make([]int, 0, len(p.columns))
	for _, c := range kind.BulkColumns() {
		i, ok := place[c]
		if !ok {
			i = -1
		}
		order = append(order, i)
		delete(place, c)
	}
	for c := range place {
		return 0, fmt.Errorf("load %s: the kind has no column %s", p.kind, c)
	}
	absent := make([]any, len(order))
	for _, f := range kind.Fields {
		if f.Go.Kind() == reflect.Bool {
			absent[slices.Index(kind.BulkColumns(), f.Column)] = false
		}
	}
	i := 0
	n, err := bulk.Load(ctx, kind, func() ([]any, bool, error) {
		if i == p.rows {
			return nil, false, ctx.Err()
		}
		given := p.row(i)
		i++
		values := slices.Clone(absent)
		for j, from := range order {
			if from >= 0 {
				values[j] = given[from]
			}
		}
		return values, true, nil
	})
	if err != nil {
		return n, fmt.Errorf("load %s: %w", p.kind, err)
	}
	return n, nil
}

// date is the day for the record store, nil for never.
func date(d day) any {
	if d == never {
		return nil
	}
	return records.DateOf(d.time())
}

// telephone is one of the numbers that are kept for invented people (Ofcom).
func telephone(n int64) string { return fmt.Sprintf("01632 960%03d", n%1000) }

// text is the words for the record store, nil for none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// known is the day from which the child has their name.
func (c *child) known(p *plan) day {
	if c.born == never {
		return c.livedSince
	}
	return c.born
}
