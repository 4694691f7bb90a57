package indicators

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// value makes, from the measures in one pass, the headline and each breakdown,
// with how much of what each needs has been received.
func (k *computation) value(ctx context.Context) error {
	sets, which, member := []string{"(period_id)"}, "", ""
	for _, b := range breakdowns {
		if slices.Contains(k.definition.Breakdowns, b.name) {
			sets = append(sets, "(period_id, "+b.column+")")
			which += " WHEN GROUPING(" + b.column + ") = 0 THEN '" + b.name + "'"
			member += " WHEN GROUPING(" + b.column + ") = 0 THEN coalesce(" + b.column + "::VARCHAR, '')"
		}
	}
	breakdown, name := "''", "''"
	if which != "" {
		breakdown, name = "CASE"+which+" ELSE '' END", "CASE"+member+" ELSE '' END"
	}
	rule := completenessRules[k.definition.Complete.Rule]
	counted := rule.sql
	if counted == "" {
		counted = `SELECT NULL::VARCHAR AS period_id, NULL::BIGINT AS school_id, NULL::BIGINT AS received, NULL::BIGINT AS expected WHERE false`
	}
	if err := k.exec(ctx, "count what was received", `/* indicators.value */
		CREATE OR REPLACE TEMP TABLE fresh_complete AS
		SELECT period_id, CASE WHEN GROUPING(school_id) = 0 THEN 'school' ELSE '' END AS breakdown, CASE WHEN GROUPING(school_id) = 0 THEN school_id::VARCHAR ELSE '' END AS member,
		       sum(received)::BIGINT AS received, sum(expected)::BIGINT AS expected
		FROM (`+counted+`) GROUP BY GROUPING SETS ((period_id), (period_id, school_id))`); err != nil {
		return err
	}
	if !slices.Contains(k.definition.Breakdowns, "school") {
		if err := k.exec(ctx, "count what was received", `/* indicators.value */ DELETE FROM fresh_complete WHERE breakdown <> ''`); err != nil {
			return err
		}
	}
	if err := k.exec(ctx, "find when periods are complete", `/* indicators.value */
		CREATE OR REPLACE TEMP TABLE fresh_from AS `+rule.from); err != nil {
		return err
	}
	return k.exec(ctx, "value", `/* indicators.value */
		CREATE OR REPLACE TEMP TABLE fresh_value AS
		WITH figure AS (
			SELECT period_id, `+breakdown+` AS breakdown, `+name+` AS member,
			       sum(numerator)::DECIMAL(38,4) AS numerator, sum(denominator)::DECIMAL(38,4) AS denominator,
			       count(DISTINCT child_id) AS children, count(DISTINCT child_id) FILTER (WHERE numerator <> 0) AS numerator_children
			FROM fresh_measure GROUP BY GROUPING SETS (`+strings.Join(sets, ", ")+`)
		)
		SELECT period_id, breakdown, member, f.numerator, f.denominator, coalesce(f.children, 0) AS children, coalesce(f.numerator_children, 0) AS numerator_children,
		       c.received, c.expected, x.complete_from
		FROM figure f FULL OUTER JOIN fresh_complete c USING (period_id, breakdown, member) JOIN fresh_from x USING (period_id)`)
}

// write replaces the periods of which measures or values changed; where all
// periods were computed, those that are no longer kept go.
func (k *computation) write(ctx context.Context, all bool) (int, error) {
	if err := k.exec(ctx, "sum the results", `/* indicators.write */
		CREATE OR REPLACE TEMP TABLE fresh_sum AS
		WITH m AS (
			SELECT period_id, bit_xor(hash(child_id, school_id, team_id, numerator, denominator, n)) AS sum
			FROM (SELECT *, count(*) AS n FROM fresh_measure GROUP BY ALL) GROUP BY period_id
		), v AS (
			SELECT period_id, bit_xor(hash(breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from)) AS sum
			FROM fresh_value GROUP BY period_id
		)
		SELECT p.period_id, coalesce(m.sum, 0::UBIGINT) AS measures, coalesce(v.sum, 0::UBIGINT) AS figures
		FROM period p LEFT JOIN m USING (period_id) LEFT JOIN v USING (period_id)`); err != nil {
		return 0, err
	}
	if err := k.exec(ctx, "compare the results", `/* indicators.write */
		DELETE FROM fresh_sum f WHERE EXISTS (SELECT 1 FROM results.checksum c
			WHERE c.indicator = ? AND c.period_id = f.period_id AND c.measures = f.measures AND c.figures = f.figures)`, k.definition.ID); err != nil {
		return 0, err
	}
	var changed int
	if err := k.conn.QueryRowContext(ctx, `/* indicators.write */ SELECT count(*) FROM fresh_sum`).Scan(&changed); err != nil {
		return 0, fmt.Errorf("compare the results of %s: %w", k.definition.ID, err)
	}
	gone := `period_id IN (SELECT period_id FROM fresh_sum)`
	if all {
		gone = `(` + gone + ` OR period_id NOT IN (SELECT period_id FROM period))`
	}
	for _, table := range []string{"measure", "value", "checksum"} {
		if changed == 0 && !all {
			break
		}
		if err := k.exec(ctx, "replace the results", `/* indicators.write */ DELETE FROM results.`+table+` WHERE indicator = ? AND `+gone, k.definition.ID); err != nil {
			return 0, err
		}
	}
	if changed > 0 {
		if err := k.exec(ctx, "write the measures", `/* indicators.write */
			INSERT INTO results.measure (indicator, period_id, child_id, school_id, team_id, numerator, denominator)
			SELECT ?, period_id, child_id, school_id, team_id, numerator, denominator FROM fresh_measure WHERE period_id IN (SELECT period_id FROM fresh_sum)
			ORDER BY period_id, child_id`, k.definition.ID); err != nil {
			return 0, err
		}
		if err := k.exec(ctx, "write the values", `/* indicators.write */
			INSERT INTO results.value (indicator, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, definition_hash, run, position, computed_at)
			SELECT ?, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, ?, ?, ?, ?::TIMESTAMPTZ FROM fresh_value WHERE period_id IN (SELECT period_id FROM fresh_sum)`,
			k.definition.ID, k.definition.Hash, k.run, k.at.Text, k.now.UTC().Format(time.RFC3339Nano)); err != nil {
			return 0, err
		}
		if err := k.exec(ctx, "write the checksums", `/* indicators.write */
			INSERT INTO results.checksum (indicator, period_id, measures, figures) SELECT ?, period_id, measures, figures FROM fresh_sum`, k.definition.ID); err != nil {
			return 0, err
		}
	}
	return changed, k.writePeriods(ctx)
}

// writePeriods keeps the days and names of the periods.
func (k *computation) writePeriods(ctx context.Context) error {
	if len(k.periods) == 0 {
		return nil
	}
	if err := k.exec(ctx, "replace the periods", `/* indicators.writePeriods */ DELETE FROM results.period WHERE period_id IN (SELECT period_id FROM period)`); err != nil {
		return err
	}
	var rows []string
	var args []any
	for _, p := range k.periods {
		rows = append(rows, "(?, ?, ?::DATE, ?::DATE, ?)")
		args = append(args, p.ID, string(p.Kind), p.First.Format(time.DateOnly), p.Last.Format(time.DateOnly), p.Name)
	}
	return k.exec(ctx, "write the periods", `/* indicators.writePeriods */
		INSERT INTO results.period (period_id, kind, first_day, last_day, name) VALUES `+strings.Join(rows, ", "), args...)
}

// record says that the indicator is computed, by which definition and from what.
func (k *computation) record(ctx context.Context) error {
	if err := k.exec(ctx, "record the run", `/* indicators.record */ DELETE FROM results.computed WHERE indicator = ?`, k.definition.ID); err != nil {
		return err
	}
	return k.exec(ctx, "record the run", `/* indicators.record */
		INSERT INTO results.computed (indicator, definition_hash, run, position, as_at, computed_at, unit) VALUES (?, ?, ?, ?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?)`,
		k.definition.ID, k.definition.Hash, k.run, k.at.Text, k.at.AsAt.UTC().Format(time.RFC3339Nano), k.now.UTC().Format(time.RFC3339Nano), string(k.definition.Unit))
}

// drop removes the temporary tables. The transaction may have failed, and then
// they are gone with it: nothing is made of an error.
func (k *computation) drop() {
	for _, table := range scratch {
		k.conn.ExecContext(context.Background(), `/* indicators.drop */ DROP TABLE IF EXISTS temp.`+table)
	}
}
