package indicators

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
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

// comparatorRow is a line of comparators.yaml and of indicator_comparator.
type comparatorRow struct {
	Indicator   string `yaml:"indicator"`
	Area        string `yaml:"area"`
	Period      string `yaml:"period"`
	Value       string `yaml:"value"`
	LikeForLike bool   `yaml:"like_for_like"`
	Note        string `yaml:"note"`
	Source      string `yaml:"source"`

	value decimal.Decimal
}

func (l *Library) loadTargets(dir fs.FS) error {
	var doc struct {
		Targets []targetRow `yaml:"targets"`
	}
	f, err := optional(dir, "targets.yaml", &doc)
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
		l.targets = append(l.targets, t)
	}
	return errors.Join(all...)
}

func (l *Library) loadComparators(dir fs.FS) error {
	var doc struct {
		Comparators []comparatorRow `yaml:"comparators"`
	}
	f, err := optional(dir, "comparators.yaml", &doc)
	if f == nil || err != nil {
		return err
	}
	var all []error
	for i, c := range doc.Comparators {
		at := fmt.Sprintf("$.comparators[%d]", i)
		if c.Indicator == "" || c.Area == "" || c.Period == "" || c.Source == "" {
			all = append(all, f.problem(at, "a comparator needs indicator, area, period and source"))
		}
		if !c.LikeForLike && c.Note == "" {
			all = append(all, f.problem(at, "a comparator that is not like for like needs a note saying how it differs"))
		}
		var err error
		if c.value, err = decimal.NewFromString(c.Value); err != nil {
			all = append(all, f.problem(at+".value", "value %q is no number", c.Value))
		}
		l.comparators = append(l.comparators, c)
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

// yardsticks are the targets and comparators in force.
type yardsticks struct {
	targets     []targetRow
	comparators []comparatorRow
}

// fillYardsticks writes the library's targets and comparators to their tables,
// from which alone they are read; those of importers stay.
func (e *Engine) fillYardsticks(ctx context.Context) error {
	return access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		for _, t := range e.Library.targets {
			_, err := tx.Exec(ctx, `/* indicators.fillYardsticks */
				INSERT INTO indicator_target (indicator, breakdown, member, from_date, to_date, target, tolerance) VALUES ($1, $2, $3, $4, $5, $6::numeric, $7::numeric)
				ON CONFLICT (indicator, breakdown, member, from_date) DO UPDATE SET to_date = excluded.to_date, target = excluded.target, tolerance = excluded.tolerance`,
				t.Indicator, t.Breakdown, t.Member, t.from, day(t.to), t.target.String(), t.tolerance.String())
			if err != nil {
				return fmt.Errorf("write the target of %s: %w", t.Indicator, err)
			}
		}
		for _, c := range e.Library.comparators {
			_, err := tx.Exec(ctx, `/* indicators.fillYardsticks */
				INSERT INTO indicator_comparator (indicator, area, period, value, like_for_like, note, source) VALUES ($1, $2, $3, $4::numeric, $5, $6, $7)
				ON CONFLICT (indicator, area, period) DO UPDATE SET value = excluded.value, like_for_like = excluded.like_for_like, note = excluded.note, source = excluded.source`,
				c.Indicator, c.Area, c.Period, c.value.String(), c.LikeForLike, c.Note, c.Source)
			if err != nil {
				return fmt.Errorf("write the comparator %s of %s: %w", c.Area, c.Indicator, err)
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

// readYardsticks reads the tables; of one area's comparators the newest period
// comes first.
func (e *Engine) readYardsticks(ctx context.Context) (yardsticks, error) {
	var y yardsticks
	err := access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* indicators.readYardsticks */
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
		if err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `/* indicators.readYardsticks */
			SELECT indicator, area, period, value::text, like_for_like, note, source FROM indicator_comparator ORDER BY indicator, area = 'England' DESC, area, period DESC`)
		if err != nil {
			return err
		}
		y.comparators, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (c comparatorRow, err error) {
			if err = r.Scan(&c.Indicator, &c.Area, &c.Period, &c.Value, &c.LikeForLike, &c.Note, &c.Source); err != nil {
				return c, err
			}
			c.value, err = decimal.NewFromString(c.Value)
			return c, err
		})
		return err
	})
	if err != nil {
		return yardsticks{}, fmt.Errorf("read targets and comparators: %w", err)
	}
	return y, nil
}

// target in force on the last day of a period, for the whole or for a member: a
// target of the breakdown without a member is for each of its members.
func (y yardsticks) target(indicator, breakdown, member string, on time.Time) (targetRow, bool) {
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
