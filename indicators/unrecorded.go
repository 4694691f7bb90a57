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

// readRecorded says which tables of facts hold anything, of those that the
// definitions read.
func readRecorded(ctx context.Context, c *sql.Conn, reads map[string][]string) (map[string]bool, error) {
	var tables, exist []string
	for _, of := range reads {
		tables = append(tables, of...)
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	there := map[string]bool{} // a warehouse of an older release lacks the kinds of this one until they are loaded
	if err := each(ctx, c, `/* indicators.readRecorded */ SELECT table_name FROM duckdb_tables() WHERE schema_name = 'facts'`, func(scan func(...any) error) error {
		var t string
		err := scan(&t)
		there[t] = true
		return err
	}); err != nil {
		return nil, fmt.Errorf("look which facts there are: %w", err)
	}
	tables = slices.DeleteFunc(tables, func(t string) bool { return !there[t] })
	for _, t := range tables {
		exist = append(exist, `EXISTS (SELECT 1 FROM facts.`+t+`)`)
	}
	out := map[string]bool{}
	if len(tables) == 0 {
		return out, nil
	}
	some, into := make([]bool, len(tables)), make([]any, len(tables))
	for i := range some {
		into[i] = &some[i]
	}
	if err := c.QueryRowContext(ctx, `/* indicators.readRecorded */ SELECT `+strings.Join(exist, ", ")).Scan(into...); err != nil {
		return nil, fmt.Errorf("look which facts are recorded: %w", err)
	}
	for i, t := range tables {
		out[t] = some[i]
	}
	return out, nil
}

// unrecorded says, a sentence each, which facts that d counts have no record at all,
// and whether the half terms of today's academic year are missing where d's
// periods or what is expected of them come from them. Facts of breakdowns are left
// out: a figure stands without them. relations are those that d's query reads.
func unrecorded(d Definition, relations []string, recorded map[string]bool, today time.Time, calendar []HalfTermDates) []string {
	var out []string
	needsCalendar := slices.ContainsFunc(d.Periods, func(k PeriodKind) bool { e, _ := k.entry(); return e.recorded })
	for _, table := range countedFacts(d, relations) {
		switch {
		case table == "half_term":
			needsCalendar = true
		case table == "bank_holiday": // those of 2015 to 2030 are shipped
		case !recorded[table]:
			out = append(out, "No records of "+inWords(table)+" have been received")
		}
	}
	year := yearFrom(time.September, today).First.Year()
	if needsCalendar && !slices.ContainsFunc(calendar, func(h HalfTermDates) bool { return h.AcademicYear == year }) {
		out = append(out, "No half terms are recorded for "+span(year))
	}
	return out
}

// inWords is the name of a table of facts as people say it.
func inWords(table string) string {
	words := map[string]string{"attendance": "attendance marks", "child": "children", "ks4_result": "GCSE results", "looked_after_period": "periods of being looked after",
		"social_care_case": "social care cases", "enrolment": "enrolments", "legal_status": "legal statuses", "placement": "placements", "involvement": "involvements of workers", "school": "schools", "address": "addresses", "suspension": "suspensions", "population": "the population",
		"ehc_request": "requests for EHC assessments", "ehc_assessment": "EHC assessments", "ehc_plan": "EHC plans", "ehc_review": "annual reviews of EHC plans", "sen_status": "SEN statuses",
		"activity_spell": "activities after year 11", "post16_activity": "activity codes", "sdq": "strengths and difficulties questionnaires", "pep": "personal education plans", "care_leaver": "care leavers",
		"care_leaver_contact": "contacts with care leavers", "health_visitor_review": "health visitor reviews", "birth_notification": "birth notifications", "health_assessment": "health assessments",
		"dental_check": "dental checks", "immunisation_status": "immunisations", "missing_episode": "missing episodes", "missing_education": "children missing education", "immigration_status": "immigration statuses",
		"looked_after_visit": "visits to children in care", "elective_home_education": "education at home", "september_guarantee": "offers of the September guarantee"}
	if w, ok := words[table]; ok {
		return w
	}
	return strings.ReplaceAll(table, "_", " ")
}
