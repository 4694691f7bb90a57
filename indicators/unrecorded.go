// What a figure rests on and nobody has recorded yet: said in words beside the
// figure, so that "no data" on the first afternoon says what to record next.

package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// unrecorded says, a sentence each, which facts that d counts have no record at all,
// and whether the half terms of today's academic year are missing where d's
// periods or what is expected of them come from them. Facts of breakdowns are left
// out: a figure stands without them.
func unrecorded(ctx context.Context, c *sql.Conn, d Definition, today time.Time) ([]string, error) {
	s, err := parseStatement(ctx, c, d.SQL)
	if err != nil {
		return nil, err
	}
	facts := slices.Clone(completenessRules[d.Complete.Rule].facts)
	for _, r := range Relations() {
		if slices.Contains(s.relations, r.Name) {
			facts = append(facts, r.Facts...)
		}
	}
	slices.Sort(facts)
	var out []string
	for _, table := range slices.Compact(facts) {
		if table == "half_term" || table == "bank_holiday" {
			continue // said of the year below; years without bank holidays are rare, and shipped ones are there
		}
		var some bool
		if err := c.QueryRowContext(ctx, `/* indicators.unrecorded */ SELECT EXISTS (SELECT 1 FROM facts.`+table+`)`).Scan(&some); err != nil {
			return nil, fmt.Errorf("look whether anything is recorded for %s: %w", d.ID, err)
		}
		if !some {
			out = append(out, fmt.Sprintf("No records of %s have been received", inWords(table)))
		}
	}
	needsCalendar := slices.Contains(facts, "half_term") || slices.ContainsFunc(d.Periods, func(k PeriodKind) bool { e, _ := k.entry(); return e.recorded })
	if !needsCalendar {
		return out, nil
	}
	year := yearFrom(time.September, today).First.Year()
	var some bool
	if err := c.QueryRowContext(ctx, `/* indicators.unrecorded */ SELECT EXISTS (SELECT 1 FROM facts.half_term WHERE academic_year = ?)`, year).Scan(&some); err != nil {
		return nil, fmt.Errorf("look for the school calendar for %s: %w", d.ID, err)
	}
	if !some {
		out = append(out, "No half terms are recorded for "+span(year))
	}
	return out, nil
}

// inWords is the name of a table of facts as people say it.
func inWords(table string) string {
	words := map[string]string{"attendance": "attendance marks", "child": "children", "ks4_result": "GCSE results", "looked_after_period": "periods of being looked after",
		"social_care_case": "social care cases", "enrolment": "enrolments", "legal_status": "legal statuses", "placement": "placements", "involvement": "involvements of workers", "school": "schools", "address": "addresses", "suspension": "suspensions"}
	if w, ok := words[table]; ok {
		return w
	}
	return strings.ReplaceAll(table, "_", " ")
}
