package county

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// The school year as records: the half terms, the bank holidays of years that
// the record store does not have from the beginning, and the days on which one
// school was closed.

func unmeasured(*measure, context.Context, pgx.Tx) error { return nil }

var _ = contribute(contribution{
	kind: "half-term", columns: []string{"id", "academic_year", "number", "first_day", "last_day"}, measure: unmeasured, ahead: true,
	plan: func(p *plan) (int, func(int) []any) {
		return len(p.calendar.halfTerms), func(i int) []any {
			t := p.calendar.halfTerms[i]
			return []any{int64(i + 1), int64(t.year), int64(t.number), date(t.first), date(t.last)}
		}
	},
})

var _ = contribute(contribution{
	kind: "bank-holiday", columns: []string{"id", "day", "name"}, measure: unmeasured, ahead: true,
	plan: func(p *plan) (int, func(int) []any) {
		var others []holiday // the record store has those of 2015 to 2030
		for _, h := range p.calendar.holidays {
			if h.day < dateOf(2015, time.January, 1) || h.day >= dateOf(2031, time.January, 1) {
				others = append(others, h)
			}
		}
		return len(others), func(i int) []any { return []any{int64(1000 + i), date(others[i].day), others[i].name} }
	},
})

var _ = contribute(contribution{
	kind: "school-day-exception", columns: []string{"id", "school_id", "date", "open", "reason_code"}, measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		type closure struct {
			school *school
			day    day
		}
		var all []closure
		for _, s := range p.schools {
			for y := p.firstYear; y <= p.thisYear; y++ {
				for _, d := range p.calendar.before(y, p.today) {
					if s.closed[d] {
						all = append(all, closure{s, d})
					}
				}
			}
		}
		return len(all), func(i int) []any {
			return []any{int64(i + 1), all[i].school.id, date(all[i].day), false, "premises"}
		}
	},
})
