package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"onevision/access"
)

// Explanation is where a number comes from, for whoever has to defend it.
type Explanation struct {
	Definition Definition
	Relations  []string // that its query reads
	Facts      []string // tables of which a change changes it
	Computed   bool
	ComputedAt time.Time
	AsAt       time.Time
	Position   string
	Values     int64
	Periods    int64
}

// Explain says where an indicator's numbers come from and what is kept of them.
// ErrNotFound for a viewer who may not ask about it.
func (e *Engine) Explain(ctx context.Context, v access.Viewer, id string) (Explanation, error) {
	d, ok := e.Defined().Definition(id)
	if !mayAsk(v) && !v.May(access.OperateSystem) || !ok {
		return Explanation{}, ErrNotFound
	}
	x := Explanation{Definition: d}
	err := e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, at Position) error {
		s, err := parseStatement(ctx, c, d.SQL)
		if err != nil {
			return err
		}
		x.Relations, x.Facts = s.relations, beneathDefinition(d, s.relations)
		if there, err := laidOut(ctx, c); err != nil || !there {
			return err
		}
		err = c.QueryRowContext(ctx, `/* indicators.Explain */
			SELECT computed_at, as_at, position, (SELECT count(*) FROM results.value WHERE indicator = ?), (SELECT count(DISTINCT period_id) FROM results.value WHERE indicator = ?)
			FROM results.computed WHERE indicator = ?`, id, id, id).Scan(&x.ComputedAt, &x.AsAt, &x.Position, &x.Values, &x.Periods)
		if err == sql.ErrNoRows {
			return nil
		}
		x.Computed = err == nil
		return err
	})
	if err != nil {
		return Explanation{}, fmt.Errorf("explain %s: %w", id, err)
	}
	return x, nil
}

// String is the explanation as lines of text.
func (x Explanation) String() string {
	d := x.Definition
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-13s%s\n", name, fmt.Sprintf(format, args...))
	}
	var periods []string
	for _, p := range d.Periods {
		periods = append(periods, string(p))
	}
	line("indicator", "%s (%s)", d.ID, d.File)
	line("title", "%s", d.Title)
	line("meaning", "%s", d.Meaning)
	line("unit", "%s: %s%s", d.Unit, d.Counts, map[bool]string{true: "", false: " of " + d.Of}[d.Of == ""])
	line("source", "%s", d.Source)
	line("periods", "%s", strings.Join(periods, ", "))
	line("breakdowns", "%s", strings.Join(d.Breakdowns, ", "))
	line("judged when", "%s", describeComplete(d.Complete))
	line("schedule", "%s (Europe/London), and when one of these changes: %s", d.Schedule, strings.Join(x.Facts, ", "))
	line("reads", "%s", strings.Join(x.Relations, ", "))
	line("definition", "%s", d.Hash)
	if !x.Computed {
		line("computed", "not yet")
	} else {
		line("computed", "%s from data as at %s (%s)", x.ComputedAt.In(London()).Format("2 January 2006 15:04:05"), x.AsAt.In(London()).Format("2 January 2006 15:04:05"), x.Position)
		line("kept", "%d values of %d periods", x.Values, x.Periods)
	}
	b.WriteString("\n" + strings.TrimRight(d.SQL, "\n") + "\n")
	return b.String()
}

func describeComplete(c Complete) string {
	rule := completenessRules[c.Rule]
	if rule.what == "" {
		return c.Rule
	}
	return fmt.Sprintf("the last school day has passed and %d%% of the %s expected have been received", c.Share, rule.what)
}
