// Values: the sums over what a query answered, headline and breakdowns in one
// pass, and the tables that they are kept in.

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
	if err := k.received(ctx); err != nil {
		return err
	}
	children, behind, from, err := k.children(ctx)
	if err != nil {
		return err
	}
	sets, breakdown, member := "(number)", "''", "''"
	for i, name := range k.definition.Breakdowns {
		column := fmt.Sprintf("m_%d", i)
		sets += ", (number, " + column + ")"
		breakdown = "CASE WHEN GROUPING(" + column + ") = 0 THEN '" + name + "' ELSE " + breakdown + " END"
		member = "CASE WHEN GROUPING(" + column + ") = 0 THEN coalesce(" + column + "::VARCHAR, '') ELSE " + member + " END"
	}
	return k.exec(ctx, "value", `/* indicators.value */
		INSERT INTO fresh_value (period_id, kind, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from)
		WITH figure AS (
			SELECT number, `+breakdown+` AS breakdown, `+member+` AS member,
			       sum(numerator)::DECIMAL(38,4) AS numerator, sum(denominator)::DECIMAL(38,4) AS denominator,
			       `+children+` AS children, `+behind+` AS numerator_children
			FROM `+from+` GROUP BY GROUPING SETS (`+sets+`)
		), named AS (SELECT p.period_id, f.* EXCLUDE (number) FROM figure f JOIN numbered_period p USING (number))
		SELECT period_id, p.kind, breakdown, member, f.numerator, f.denominator, coalesce(f.children, 0) AS children, coalesce(f.numerator_children, 0) AS numerator_children,
		       c.received, c.expected, x.complete_from
		FROM named f FULL OUTER JOIN fresh_complete c USING (period_id, breakdown, member) JOIN fresh_from x USING (period_id) JOIN period p USING (period_id)`)
}

// received counts what was received of what is expected, for the whole and for
// each member of the rule's breakdown.
func (k *computation) received(ctx context.Context) error {
	rule := completenessRules[k.definition.Complete.Rule]
	counted := `SELECT period_id, '' AS breakdown, '' AS member, NULL::BIGINT AS received, NULL::BIGINT AS expected FROM period WHERE false`
	if rule.sql != "" {
		counted = `WITH each AS (` + rule.sql + `) SELECT period_id, '' AS breakdown, '' AS member, sum(received)::BIGINT AS received, sum(expected)::BIGINT AS expected FROM each GROUP BY period_id`
	}
	if slices.Contains(k.definition.Breakdowns, rule.by) {
		counted += ` UNION ALL SELECT period_id, '` + rule.by + `', member, received, expected FROM each`
	}
	if err := k.exec(ctx, "count what was received", `/* indicators.received */ CREATE OR REPLACE TEMP TABLE fresh_complete AS `+counted); err != nil {
		return err
	}
	return k.exec(ctx, "find when periods are complete", `/* indicators.received */ CREATE OR REPLACE TEMP TABLE fresh_from AS `+rule.from)
}

// children are the expressions that count the children of a cell, and those
// behind its numerator, over from. To count distinct children takes ten times as
// long as to count rows, and nearly every child has one row in a period: so rows
// are counted, and distinct children only where there are two (a pupil of two
// schools); that is so for a child whose periods are fewer than its rows.
func (k *computation) children(ctx context.Context) (all, behind, from string, err error) {
	if k.columns["child_id"] == "" {
		return "0", "0", "fresh_measure", nil
	}
	if err := k.exec(ctx, "find children with two rows", `/* indicators.children */
		CREATE OR REPLACE TEMP TABLE twice AS
		WITH crowded AS (SELECT child_id FROM fresh_measure WHERE child_id IS NOT NULL GROUP BY child_id HAVING count(*) <> bit_count(bit_or(1::HUGEINT << number::INTEGER)))
		SELECT child_id, number FROM fresh_measure SEMI JOIN crowded USING (child_id) GROUP BY ALL HAVING count(*) > 1`); err != nil {
		return "", "", "", err
	}
	var n int
	if err := k.conn.QueryRowContext(ctx, `/* indicators.children */ SELECT count(*) FROM twice`).Scan(&n); err != nil {
		return "", "", "", fmt.Errorf("find children with two rows of %s: %w", k.definition.ID, err)
	}
	if n == 0 {
		return "count(child_id)", "count(child_id) FILTER (WHERE numerator <> 0)", "fresh_measure", nil
	}
	return "count(child_id) FILTER (WHERE NOT again) + count(DISTINCT child_id) FILTER (WHERE again)",
		"count(child_id) FILTER (WHERE NOT again AND numerator <> 0) + count(DISTINCT child_id) FILTER (WHERE again AND numerator <> 0)",
		"(SELECT m.*, t.child_id IS NOT NULL AS again FROM fresh_measure m LEFT JOIN twice t ON t.child_id = m.child_id AND t.number = m.number)", nil
}

// write replaces the periods of which values changed; where all periods were
// computed, those that are no longer kept go.
func (k *computation) write(ctx context.Context) (int, error) {
	if err := k.exec(ctx, "sum the results", `/* indicators.write */
		CREATE OR REPLACE TEMP TABLE fresh_sum AS
		SELECT period_id, bit_xor(hash(breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from)) AS figures
		FROM fresh_value GROUP BY period_id`); err != nil {
		return 0, err
	}
	if err := k.exec(ctx, "compare the results", `/* indicators.write */
		DELETE FROM fresh_sum f WHERE EXISTS (SELECT 1 FROM results.checksum c
			WHERE c.indicator = ? AND c.period_id = f.period_id AND c.figures = f.figures)`, k.definition.ID); err != nil {
		return 0, err
	}
	var changed int
	if err := k.conn.QueryRowContext(ctx, `/* indicators.write */ SELECT count(*) FROM fresh_sum`).Scan(&changed); err != nil {
		return 0, fmt.Errorf("compare the results of %s: %w", k.definition.ID, err)
	}
	// Periods of which nothing came, not even what is expected, are gone as well.
	var chosen []string
	for _, p := range k.periods {
		chosen = append(chosen, "'"+p.ID+"'")
	}
	among := "period_id IN (" + strings.Join(chosen, ", ") + ")"
	if len(chosen) == 0 {
		among = "false"
	}
	gone := `(period_id IN (SELECT period_id FROM fresh_sum) OR ` + among + ` AND period_id NOT IN (SELECT period_id FROM fresh_value))`
	var empty int
	if err := k.conn.QueryRowContext(ctx, `/* indicators.write */ SELECT count(*) FROM results.checksum WHERE indicator = ? AND `+among+` AND period_id NOT IN (SELECT period_id FROM fresh_value)`, k.definition.ID).Scan(&empty); err != nil {
		return 0, fmt.Errorf("compare the results of %s: %w", k.definition.ID, err)
	}
	changed += empty
	if k.all {
		gone = `(` + gone + ` OR NOT ` + among + `)`
	}
	for _, table := range []string{"value", "checksum"} {
		if err := k.exec(ctx, "replace the results", `/* indicators.write */ DELETE FROM results.`+table+` WHERE indicator = ? AND `+gone, k.definition.ID); err != nil {
			return 0, err
		}
	}
	if changed > 0 {
		if err := k.exec(ctx, "write the values", `/* indicators.write */
			INSERT INTO results.value (indicator, kind, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, definition_hash, run, position, computed_at)
			SELECT ?, kind, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, ?, ?, ?, ?::TIMESTAMPTZ
			FROM fresh_value WHERE period_id IN (SELECT period_id FROM fresh_sum) ORDER BY kind, breakdown, member, period_id`,
			k.definition.ID, k.definition.Hash, k.run, k.at.Text, k.now.UTC().Format(time.RFC3339Nano)); err != nil {
			return 0, err
		}
		if err := k.exec(ctx, "write the checksums", `/* indicators.write */
			INSERT INTO results.checksum (indicator, period_id, figures) SELECT ?, period_id, figures FROM fresh_sum`, k.definition.ID); err != nil {
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
	var ids, rows []string
	for _, p := range k.periods {
		ids = append(ids, "'"+p.ID+"'")
		rows = append(rows, fmt.Sprintf("('%s', '%s', %s, '%s')", p.ID, p.Kind, quotedDays([]time.Time{p.First, p.Last}), p.Name))
	}
	if err := k.exec(ctx, "replace the periods", `/* indicators.writePeriods */ DELETE FROM results.period WHERE period_id IN (`+strings.Join(ids, ", ")+`)`); err != nil {
		return err
	}
	return k.exec(ctx, "write the periods", `/* indicators.writePeriods */
		INSERT INTO results.period (period_id, kind, first_day, last_day, name) VALUES `+strings.Join(rows, ", "))
}

// record says that the indicator is computed, by which definition and from what.
func (k *computation) record(ctx context.Context, changed int) error {
	if err := k.exec(ctx, "record the run", `/* indicators.record */
		INSERT INTO results.computed (indicator, definition_hash, run, changed, position, as_at, computed_at, unit)
		SELECT ?, ?, ?, CASE WHEN ? > 0 THEN ? ELSE coalesce((SELECT max(changed) FROM results.computed WHERE indicator = ?), ?) END, ?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?`,
		k.definition.ID, k.definition.Hash, k.run, changed, k.run, k.definition.ID, k.run, k.at.Text, k.at.AsAt.UTC().Format(time.RFC3339Nano), k.now.UTC().Format(time.RFC3339Nano), string(k.definition.Unit)); err != nil {
		return err
	}
	return k.exec(ctx, "record the run", `/* indicators.record */ DELETE FROM results.computed WHERE indicator = ? AND run <> ?`, k.definition.ID, k.run)
}

// drop removes the temporary tables. The transaction may have failed, and then
// they are gone with it: nothing is made of an error.
func (k *computation) drop() {
	k.conn.ExecContext(context.Background(), `/* indicators.drop */ DROP VIEW IF EXISTS temp.period_attendance`)
	for _, table := range scratch {
		k.conn.ExecContext(context.Background(), `/* indicators.drop */ DROP TABLE IF EXISTS temp.`+table)
	}
}
