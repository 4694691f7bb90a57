package indicators

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators/comparators"
)

// targetRow is a line of targets.yaml and of indicator_target.
type targetRow struct {
	Indicator string `yaml:"indicator"`
	Breakdown string `yaml:"breakdown"` // "": the authority as a whole
	Member    string `yaml:"member"`
	From      string `yaml:"from"`
	To        string `yaml:"to"`
	Target    string `yaml:"target"`
	Tolerance string `yaml:"tolerance"`

	from, to          time.Time
	target, tolerance decimal.Decimal
}

// targetsFile stands at the top of a library.
const targetsFile = "targets.yaml"

func (l *Library) loadTargets(dir fs.FS) error {
	var doc struct {
		Targets []targetRow `yaml:"targets"`
	}
	f, err := optional(dir, targetsFile, &doc)
	if f == nil || err != nil {
		return err
	}
	var all []error
	for i, t := range doc.Targets {
		at := func(key string) string { return fmt.Sprintf("$.targets[%d].%s", i, key) }
		var err error
		if t.from, err = time.Parse(time.DateOnly, t.From); err != nil {
			all = append(all, f.problem(at("from"), "from %q is no date such as 2026-04-01", t.From))
		}
		if t.To != "" {
			if t.to, err = time.Parse(time.DateOnly, t.To); err != nil {
				all = append(all, f.problem(at("to"), "to %q is no date such as 2026-04-01", t.To))
			}
		}
		if t.target, err = decimal.NewFromString(t.Target); err != nil {
			all = append(all, f.problem(at("target"), "target %q is no number", t.Target))
		}
		if t.Tolerance != "" {
			if t.tolerance, err = decimal.NewFromString(t.Tolerance); err != nil || t.tolerance.IsNegative() {
				all = append(all, f.problem(at("tolerance"), "tolerance %q is no number from 0", t.Tolerance))
			}
		}
		if t.Indicator == "" {
			all = append(all, f.problem(fmt.Sprintf("$.targets[%d]", i), "a target needs an indicator"))
		}
		l.targets = slices.DeleteFunc(l.targets, func(o targetRow) bool { // a later library's is in the place of an earlier one's
			return o.Indicator == t.Indicator && o.Breakdown == t.Breakdown && o.Member == t.Member && o.from.Equal(t.from)
		})
		l.targets = append(l.targets, t)
	}
	return errors.Join(all...)
}

// optional decodes a file that need not be there; the file is nil if it is not.
func optional(dir fs.FS, name string, v any) (*file, error) {
	if _, err := fs.Stat(dir, name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	f, err := readFile(dir, name)
	if err != nil {
		return nil, err
	}
	return f, f.decode(v)
}

// benchmarks are the targets and comparators in force.
type benchmarks struct {
	targets     []targetRow
	comparators *comparators.Set
}

// fillTargets writes the library's targets to their table, from which alone
// they are read. They are defaults: a row that says something else than what a
// library wrote there before is the authority's own, and stays. Comparators look
// after themselves.
func (e *Engine) fillTargets(ctx context.Context) error {
	return access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		for _, t := range e.Defined().targets {
			_, err := tx.Exec(ctx, `/* indicators.fillTargets */
				INSERT INTO indicator_target AS t (indicator, breakdown, member, from_date, to_date, target, tolerance, default_to_date, default_target, default_tolerance)
				VALUES ($1, $2, $3, $4, $5::date, $6::numeric, $7::numeric, $5::date, $6::numeric, $7::numeric)
				ON CONFLICT (indicator, breakdown, member, from_date) DO UPDATE
				SET to_date = excluded.to_date, target = excluded.target, tolerance = excluded.tolerance,
				    default_to_date = excluded.to_date, default_target = excluded.target, default_tolerance = excluded.tolerance
				WHERE (t.to_date, t.target, t.tolerance) IS NOT DISTINCT FROM (t.default_to_date, t.default_target, t.default_tolerance)`,
				t.Indicator, t.Breakdown, t.Member, t.from, day(t.to), t.target.String(), t.tolerance.String())
			if err != nil {
				return fmt.Errorf("write the target of %s: %w", t.Indicator, err)
			}
		}
		return nil
	})
}

func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// readBenchmarks reads the targets' table and the comparators in force.
func (e *Engine) readBenchmarks(ctx context.Context) (benchmarks, error) {
	var y benchmarks
	err := access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* indicators.readBenchmarks */
			SELECT indicator, breakdown, member, from_date, coalesce(to_date, '9999-12-31'), target::text, tolerance::text FROM indicator_target ORDER BY from_date DESC`)
		if err != nil {
			return err
		}
		y.targets, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t targetRow, err error) {
			if err = r.Scan(&t.Indicator, &t.Breakdown, &t.Member, &t.from, &t.to, &t.Target, &t.Tolerance); err != nil {
				return t, err
			}
			if t.target, err = decimal.NewFromString(t.Target); err != nil {
				return t, err
			}
			t.tolerance, err = decimal.NewFromString(t.Tolerance)
			return t, err
		})
		return err
	})
	if err != nil {
		return benchmarks{}, fmt.Errorf("read the targets: %w", err)
	}
	if y.comparators, err = e.comparators.Set(ctx, access.System(access.Computing)); err != nil {
		return benchmarks{}, err
	}
	return y, nil
}

// target in force on the last day of a period, for the whole or for a member: a
// target of the breakdown without a member is for each of its members.
func (y benchmarks) target(indicator, breakdown, member string, on time.Time) (targetRow, bool) {
	for _, exact := range []bool{true, false} {
		for _, t := range y.targets {
			if t.Indicator == indicator && t.Breakdown == breakdown && (t.Member == member) == exact && (exact || t.Member == "") && !on.Before(t.from) && on.Before(t.to) {
				return t, true
			}
		}
	}
	return targetRow{}, false
}

// openTargets are the library's own, with an open end written as a far day.
func (l *Library) openTargets() []targetRow {
	out := append([]targetRow(nil), l.targets...)
	for i := range out {
		if out[i].to.IsZero() {
			out[i].to = date(9999, time.December, 31)
		}
	}
	return out
}
