// Values: the sums over what a query answered, headline and breakdowns in one
// pass, and the tables that they are kept in.

package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value makes in fresh_value, from the measures in one pass, the headline and each
// breakdown, with how much of what each needs has been received; it gives a checksum
// of each period's figures.
//
// Nearly every child has one row in a period, so rows are counted, and what that is
// too many is taken off for children with two (pupils of two schools): DuckDB takes
// ten times as long to count distinct children of all. Of many rows, a query for each
// breakdown is quicker than one with grouping sets; of few, what a query costs before
// its first row counts, so one takes each row once for each breakdown.
func (k *computation) value(ctx context.Context, m measured) (map[string]uint64, error) {
	children, behind := "count(child_id)", "count(child_id) FILTER (WHERE numerator <> 0)"
	if k.columns["child_id"] == "" {
		children, behind = "0", "0"
	}
	sum := func(breakdown, member, by string) string {
		return `SELECT number, '` + breakdown + `' AS breakdown, ` + member + ` AS member, sum(numerator) AS numerator, sum(denominator) AS denominator, ` +
			children + ` AS children, ` + behind + ` AS numerator_children FROM fresh_measure GROUP BY number` + by
	}
	parts, members := []string{sum("", "''", "")}, []string{"{'breakdown': '', 'member': ''}"}
	for i, name := range k.definition.Breakdowns {
		member := fmt.Sprintf("coalesce(m_%d::VARCHAR, '')", i)
		parts = append(parts, sum(name, member, fmt.Sprintf(", m_%d", i)))
		members = append(members, `{'breakdown': '`+name+`', 'member': `+member+`}`)
	}
	figure := strings.Join(parts, " UNION ALL ")
	if m.rows <= fewRows {
		var breakdowns, of []string
		for i, name := range append([]string{""}, k.definition.Breakdowns...) {
			breakdowns = append(breakdowns, "'"+name+"'")
			if i > 0 {
				of = append(of, fmt.Sprintf("coalesce(m_%d::VARCHAR, '')", i-1))
			}
		}
		figure = `SELECT number, breakdown, member, sum(numerator) AS numerator, sum(denominator) AS denominator, ` + children + ` AS children, ` + behind + ` AS numerator_children
			FROM (SELECT number, child_id, numerator, denominator, unnest([` + strings.Join(breakdowns, ", ") + `]) AS breakdown, unnest([` + strings.Join(append([]string{"''"}, of...), ", ") + `]) AS member FROM fresh_measure)
			GROUP BY number, breakdown, member`
	}
	if m.crowded > 0 {
		figure = `SELECT number, breakdown, member, sum(numerator) AS numerator, sum(denominator) AS denominator, sum(children)::BIGINT AS children, sum(numerator_children)::BIGINT AS numerator_children FROM (` + figure + `
			UNION ALL SELECT number, part.breakdown, part.member, NULL, NULL, count(*) - sum(rows), count_if(behind > 0) - sum(behind) FROM (
				SELECT number, child_id, part, count(*) AS rows, count_if(numerator <> 0) AS behind
				FROM (SELECT f.number, f.child_id, f.numerator, unnest([` + strings.Join(members, ", ") + `]) AS part FROM fresh_measure f JOIN twice t ON t.child_id = f.child_id AND t.number = f.number)
				GROUP BY ALL) GROUP BY ALL
			) GROUP BY ALL`
		if err := k.exec(ctx, "find children with two rows", `/* indicators.value */ CREATE OR REPLACE TEMP TABLE twice AS
			SELECT child_id, number FROM fresh_measure SEMI JOIN (`+crowdedChildren+`) USING (child_id) GROUP BY ALL HAVING count(*) > 1`); err != nil {
			return nil, err
		}
	}
	rule := completenessRules[k.definition.Complete.Rule]
	counted := `SELECT period_id, '' AS breakdown, '' AS member, NULL::BIGINT AS received, NULL::BIGINT AS expected FROM period WHERE false`
	if rule.sql != "" {
		counted = `SELECT period_id, '' AS breakdown, '' AS member, sum(received)::BIGINT AS received, sum(expected)::BIGINT AS expected FROM each GROUP BY period_id`
		if slices.Contains(k.definition.Breakdowns, rule.by) {
			counted += ` UNION ALL SELECT period_id, '` + rule.by + `', member, received, expected FROM each`
		}
		counted = `WITH each AS (` + rule.sql + `) ` + counted
	}
	if err := k.exec(ctx, "value", `/* indicators.value */
		CREATE OR REPLACE TEMP TABLE fresh_value AS
		WITH figure AS (`+figure+`), named AS (SELECT p.period_id, f.* EXCLUDE (number) FROM figure f JOIN numbered_period p USING (number)),
		fresh_complete AS (`+counted+`), fresh_from AS (`+rule.from+`)
		SELECT period_id, p.kind, breakdown, member, f.numerator::DECIMAL(38,4) AS numerator, f.denominator::DECIMAL(38,4) AS denominator,
		       coalesce(f.children, 0) AS children, coalesce(f.numerator_children, 0) AS numerator_children, c.received, c.expected, x.complete_from + `+strconv.Itoa(k.definition.Complete.Days)+` AS complete_from
		FROM named f FULL OUTER JOIN fresh_complete c USING (period_id, breakdown, member) JOIN fresh_from x USING (period_id) JOIN period p USING (period_id)`); err != nil {
		return nil, err
	}
	fresh := map[string]uint64{}
	err := each(ctx, k.conn, `/* indicators.value */
		SELECT period_id::VARCHAR, bit_xor(hash(breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from))
		FROM fresh_value GROUP BY period_id`, func(scan func(...any) error) error {
		var id string
		var figures uint64
		if err := scan(&id, &figures); err != nil {
			return err
		}
		fresh[id] = figures
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sum the results of %s: %w", k.definition.ID, err)
	}
	return fresh, nil
}

// fewRows is up to how many measures it is quicker to take each once for each breakdown.
const fewRows = 20_000

// write replaces the periods of which values changed, and gives how many those
// were; fresh are the checksums of those that were computed. Periods of which
// nothing came, not even what is expected, are gone; where all periods were
// computed, those that are no longer kept go as well.
func (k *computation) write(ctx context.Context, fresh map[string]uint64) (int, error) {
	var changed, gone, rows []string
	for _, p := range k.stale {
		figures, some := fresh[p.ID]
		before, there := k.was.figures[p.ID]
		switch {
		case some && (!there || figures != before):
			changed = append(changed, "'"+p.ID+"'")
			rows = append(rows, fmt.Sprintf("('%s', '%s', %d)", k.definition.ID, p.ID, figures))
		case there && !some:
			changed = append(changed, "'"+p.ID+"'")
		}
		if there && (!some || figures != before) {
			gone = append(gone, "'"+p.ID+"'")
		}
	}
	if k.all {
		for id := range k.was.figures {
			if !slices.ContainsFunc(k.periods, func(p Period) bool { return p.ID == id }) {
				gone = append(gone, "'"+id+"'")
			}
		}
	}
	if len(gone) > 0 {
		for _, table := range []string{"value", "checksum"} {
			if err := k.exec(ctx, "replace the results", `/* indicators.write */ DELETE FROM results.`+table+` WHERE indicator = ? AND period_id IN (`+strings.Join(gone, ", ")+`)`, k.definition.ID); err != nil {
				return 0, err
			}
		}
	}
	if len(rows) > 0 {
		if err := k.exec(ctx, "write the values", `/* indicators.write */
			INSERT INTO results.value (indicator, kind, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, definition_hash, run, position, computed_at)
			SELECT ?, kind, period_id, breakdown, member, numerator, denominator, children, numerator_children, received, expected, complete_from, ?, ?, ?, ?::TIMESTAMPTZ
			FROM fresh_value WHERE period_id IN (`+strings.Join(changed, ", ")+`) ORDER BY kind, breakdown, member, period_id`,
			k.definition.ID, k.definition.Hash, k.run, k.at.Text, k.now.UTC().Format(time.RFC3339Nano)); err != nil {
			return 0, err
		}
		if err := k.exec(ctx, "write the checksums", `/* indicators.write */ INSERT INTO results.checksum (indicator, period_id, figures) VALUES `+strings.Join(rows, ", ")); err != nil {
			return 0, err
		}
	}
	return len(changed), nil
}

// writePeriods keeps the days and names of those periods that are not in written as
// they are, and notes them there.
func writePeriods(ctx context.Context, c *sql.Conn, periods []Period, written map[string]Period) error {
	var ids, rows []string
	for _, p := range periods {
		if written[p.ID] == p {
			continue
		}
		written[p.ID] = p
		ids = append(ids, "'"+p.ID+"'")
		rows = append(rows, fmt.Sprintf("('%s', '%s', %s, '%s')", p.ID, p.Kind, quotedDays([]time.Time{p.First, p.Last}), p.Name))
	}
	if len(ids) == 0 {
		return nil
	}
	run := runner(ctx, c, "writePeriods", "write the periods")
	run(`DELETE FROM results.period WHERE period_id IN (` + strings.Join(ids, ", ") + `)`)
	return run(`INSERT INTO results.period (period_id, kind, first_day, last_day, name) VALUES ` + strings.Join(rows, ", "))
}

// record says that the indicator is computed, by which definition and from what.
func (k *computation) record(ctx context.Context, changed int) error {
	if changed > 0 || k.was.hash == "" {
		k.was.changed = k.run
	}
	statement := `UPDATE results.computed SET definition_hash = ?, run = ?, changed = ?, position = ?, as_at = ?::TIMESTAMPTZ, computed_at = ?::TIMESTAMPTZ, unit = ? WHERE indicator = ?`
	if k.was.hash == "" {
		statement = `INSERT INTO results.computed (definition_hash, run, changed, position, as_at, computed_at, unit, indicator) VALUES (?, ?, ?, ?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?, ?)`
	}
	return k.exec(ctx, "record the run", `/* indicators.record */ `+statement,
		k.definition.Hash, k.run, k.was.changed, k.at.Text, k.at.AsAt.UTC().Format(time.RFC3339Nano), k.now.UTC().Format(time.RFC3339Nano), string(k.definition.Unit), k.definition.ID)
}

// drop removes the temporary tables, of which the measures of a whole county are
// large. The transaction may have failed, and then they are gone with it: nothing
// is made of an error.
func (k *computation) drop() {
	var drop strings.Builder
	drop.WriteString(`/* indicators.drop */ DROP VIEW IF EXISTS temp.period_attendance`)
	for _, table := range []string{"numbered_period", "period", "period_day", "today", "fresh_answer", "fresh_measure", "fresh_value", "twice", "span_attendance"} {
		drop.WriteString(`; DROP TABLE IF EXISTS temp.` + table)
	}
	k.conn.ExecContext(context.Background(), drop.String())
}
