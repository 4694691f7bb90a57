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
// out: a figure stands without them. relations are those that d's query reads.
func unrecorded(ctx context.Context, c *sql.Conn, d Definition, relations []string, today time.Time) ([]string, error) {
	var questions, sentences []string
	calendar := slices.ContainsFunc(d.Periods, func(k PeriodKind) bool { e, _ := k.entry(); return e.recorded })
	for _, table := range countedFacts(d, relations) {
		switch table {
		case "half_term":
			calendar = true
		case "bank_holiday": // those of 2015 to 2030 are shipped
		default:
			questions = append(questions, "NOT EXISTS (SELECT 1 FROM facts."+table+")")
			sentences = append(sentences, "No records of "+inWords(table)+" have been received")
		}
	}
	if calendar {
		year := yearFrom(time.September, today).First.Year()
		questions = append(questions, fmt.Sprintf("NOT EXISTS (SELECT 1 FROM facts.half_term WHERE academic_year = %d)", year))
		sentences = append(sentences, "No half terms are recorded for "+span(year))
	}
	if len(questions) == 0 {
		return nil, nil
	}
	lacking := make([]bool, len(questions))
	targets := make([]any, len(questions))
	for i := range lacking {
		targets[i] = &lacking[i]
	}
	if err := c.QueryRowContext(ctx, `/* indicators.unrecorded */ SELECT `+strings.Join(questions, ", ")).Scan(targets...); err != nil {
		return nil, fmt.Errorf("look whether what %s counts is recorded: %w", d.ID, err)
	}
	var out []string
	for i, sentence := range sentences {
		if lacking[i] {
			out = append(out, sentence)
		}
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
