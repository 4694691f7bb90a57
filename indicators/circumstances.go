package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// circumstanceSources are the tables of facts beneath kept.circumstances. Each has
// the child in child_id, but for child itself.
func circumstanceSources() []string { return keptRelation("circumstances").Facts }

// circumstanceFacts are the tables beneath a column of circumstances that is no
// breakdown's: all of them where it is not known here which.
func circumstanceFacts(column string) []string {
	switch column {
	case "child_id", "from_date", "to_date": // by which each query finds the row of a day
		return nil
	case "looked_after":
		return []string{"legal_status", "looked_after_period"}
	case "case_open":
		return []string{"social_care_case"}
	}
	if slices.Contains(breakdownColumns(), column) {
		return nil // its breakdown says
	}
	return circumstanceSources()
}

// refreshCircumstances brings kept.circumstances up to the facts and leaves in the
// temporary table changed_child the children whose rows it replaced. Which those
// are is found by comparing, child by child, a sum over the rows of each of the
// tables (those told of as changed) with the sum of the time before; only they are
// computed again.
func refreshCircumstances(ctx context.Context, c *sql.Conn, tables []string) (changed int64, err error) {
	exec := func(what, statement string) {
		if err != nil {
			return
		}
		if _, failed := c.ExecContext(ctx, `/* indicators.refreshCircumstances */ `+statement); failed != nil {
			err = fmt.Errorf("%s: %w", what, failed)
		}
	}
	exec("make room for the changed children", emptyChangedChild)
	if len(tables) == 0 {
		return 0, err
	}
	var sums, quoted []string
	for _, t := range tables {
		child := "child_id"
		if t == "child" {
			child = "id"
		}
		sums = append(sums, `SELECT '`+t+`' AS source, f.`+child+` AS child_id, bit_xor(hash(f)) AS sum FROM facts.`+t+` f GROUP BY f.`+child)
		quoted = append(quoted, `'`+t+`'`)
	}
	before := `SELECT source, child_id, sum FROM kept.circumstances_source WHERE source IN (` + strings.Join(quoted, ", ") + `)`
	exec("sum up the facts of each child", `CREATE OR REPLACE TEMP TABLE child_sum AS `+strings.Join(sums, " UNION ALL "))
	exec("find the changed children", `INSERT INTO changed_child SELECT DISTINCT child_id FROM (
		(SELECT source, child_id, sum FROM child_sum EXCEPT (`+before+`)) UNION ALL ((`+before+`) EXCEPT SELECT source, child_id, sum FROM child_sum)) WHERE child_id IS NOT NULL`)
	if err != nil {
		return 0, err
	}
	if err := c.QueryRowContext(ctx, `/* indicators.refreshCircumstances */ SELECT count(*) FROM changed_child`).Scan(&changed); err != nil {
		return 0, fmt.Errorf("count the changed children: %w", err)
	}
	if changed > 0 {
		exec("drop circumstances", `DELETE FROM kept.circumstances WHERE child_id IN (SELECT child_id FROM changed_child)`)
		exec("compute circumstances", `INSERT INTO kept.circumstances `+keptRelation("circumstances").sql+` ORDER BY 1, 2`)
		exec("note the facts of the children", `DELETE FROM kept.circumstances_source WHERE source IN (`+strings.Join(quoted, ", ")+`) AND child_id IN (SELECT child_id FROM changed_child)`)
		exec("note the facts of the children", `INSERT INTO kept.circumstances_source SELECT source, child_id, sum FROM child_sum SEMI JOIN changed_child USING (child_id)`)
	}
	exec("drop the sums", `DROP TABLE child_sum`)
	return changed, err
}

const emptyChangedChild = `CREATE OR REPLACE TEMP TABLE changed_child (child_id BIGINT)`

// asAt is the SQL of a circumstance in a query that joined c, the last row begun
// by the day: a child who had died by then has none.
func asAtDay(column, day string) string {
	return `CASE WHEN c.to_date IS NULL OR c.to_date > ` + day + ` THEN c.` + column + ` END`
}

// createKept makes the empty table of a relation of kept/, its columns being those
// of its query.
func createKept(r Relation) string {
	query := r.sql
	if r.Name == "kept.period_attendance" {
		query = periodAttendance()
	}
	return emptyChangedChild + `; CREATE OR REPLACE TEMP TABLE ` + attendanceSum + `;
		CREATE TABLE IF NOT EXISTS ` + r.Name + ` AS ` + query + ` LIMIT 0; DROP TABLE attendance_sum`
}

// without is all of a that is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
