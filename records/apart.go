package records

// What may not hold on the same day: two records of a kind that agree in what a
// rule names.

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// apartness is a rule: two records that agree in all fields of by may not hold
// on the same day. With a field in among, only those count that have one of
// codes in it.
type apartness struct {
	by    []string
	among string
	codes []string
	// says what is wrong to a person, who is told from when to when the other
	// record holds, and where: what the SQL expression at gives of that one, t.
	at   string
	says func(at string, from, to Date) string
}

// problem is what is wrong with a record that holds on days of another.
func (a *apartness) problem(at string, from, to Date) Problem {
	if a.says != nil {
		return Problem{"from_date", Overlaps, a.says(at, from, to)}
	}
	return Problem{"from_date", Overlaps, "another record of this kind holds on some of these days: end that one first, or correct the dates"}
}

// other is the rule's condition on another record t, whose argument is added to
// args, and what says where that one holds.
func (a *apartness) other(k *Kind, args *[]any) (where, at string) {
	at = "''"
	if a.at != "" {
		at = "coalesce(" + a.at + ", '')"
	}
	if a.among != "" {
		f, _ := k.Field(a.among)
		*args = append(*args, a.codes)
		where = " AND t." + f.Column + " = ANY ($" + strconv.Itoa(len(*args)) + ")"
	}
	return where, at
}

// checkApart wants no other record of the kind to hold on any of the same days.
// It runs under the lock on the child; of a kind that is about none, it takes that of
// the kind.
func (t *Tx) checkApart(ctx context.Context, k *Kind, rec Record, p *Problems) error {
	if k.apart != nil && !k.About() {
		if err := lockKind(ctx, t.tx, k); err != nil {
			return err
		}
	}
	for i := range k.apart {
		if p.On("from_date") || p.On("to_date") {
			return nil
		}
		if err := t.checkApartBy(ctx, k, &k.apart[i], rec, p); err != nil {
			return fmt.Errorf("look for a %s that overlaps: %w", k.Name, err)
		}
	}
	return nil
}

func (t *Tx) checkApartBy(ctx context.Context, k *Kind, a *apartness, rec Record, p *Problems) error {
	v := reflect.ValueOf(rec).Elem()
	if f, ok := k.Field(a.among); ok && !slices.Contains(a.codes, v.Field(f.index).String()) {
		return nil
	}
	args := []any{rec.Head().key, k.date(rec, "from_date"), orInfinity(k.date(rec, "to_date"))}
	where, at := a.other(k, &args)
	for _, name := range a.by {
		f, _ := k.Field(name)
		if !f.given(v) || p.On(name) {
			return nil
		}
		args = append(args, f.write(rec))
		where += " AND t." + f.Column + " = $" + strconv.Itoa(len(args))
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.checkApart */
		SELECT t.from_date, t.to_date, `+at+` FROM `+k.Table+` t
		WHERE t.id <> $1 AND t.from_date < $3 AND coalesce(t.to_date, 'infinity') > $2`+where+` ORDER BY t.from_date LIMIT 1`, args...)
	if err != nil {
		return err
	}
	var from, to Date
	var place string
	_, err = pgx.ForEachRow(rows, []any{&from, &to, &place}, func() error {
		problem := a.problem(place, from, to)
		p.Add(problem.Field, problem.Code, problem.Message)
		return nil
	})
	return err
}

// errOverlap is the error of records that hold on days of others of their kind.
type errOverlap struct{ rows map[*mergeRow]Problem }

func (e *errOverlap) Error() string { return fmt.Sprintf("%d records overlap others", len(e.rows)) }

// apart is checkApart for what was just stored.
func (m *merging) apart(ctx context.Context, stored map[int64]*mergeRow) error {
	if m.checked || m.kind.apart == nil || len(stored) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(stored))
	for id := range stored {
		ids = append(ids, id)
	}
	over := &errOverlap{rows: map[*mergeRow]Problem{}}
	for i := range m.kind.apart {
		if err := m.apartBy(ctx, &m.kind.apart[i], ids, stored, over); err != nil {
			return fmt.Errorf("look for %s that overlap: %w", m.kind.Plural, err)
		}
	}
	if len(over.rows) == 0 {
		return nil
	}
	return over
}

func (m *merging) apartBy(ctx context.Context, a *apartness, ids []int64, stored map[int64]*mergeRow, over *errOverlap) error {
	args := []any{ids}
	where, at := a.other(m.kind, &args)
	on := strings.ReplaceAll(where, "t.", "s.") // the record that was stored is one of those that count
	for _, name := range a.by {
		f, _ := m.kind.Field(name)
		on += " AND t." + f.Column + " = s." + f.Column
	}
	rows, err := m.tx.Query(ctx, `/* records.merging.apart `+m.kind.Name+` */
		SELECT s.id, t.from_date, t.to_date, `+at+` FROM `+m.kind.Table+` s JOIN `+m.kind.Table+` t
		ON t.id <> s.id AND t.from_date < coalesce(s.to_date, 'infinity') AND coalesce(t.to_date, 'infinity') > s.from_date`+where+on+`
		WHERE s.id = ANY ($1)`, args...)
	if err != nil {
		return err
	}
	var id int64
	var from, to Date
	var place string
	_, err = pgx.ForEachRow(rows, []any{&id, &from, &to, &place}, func() error {
		over.rows[stored[id]] = a.problem(place, from, to)
		return nil
	})
	return err
}
