package records

// A record about a child is of a day in the child's life.

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// life is from when to when records about a child can be.
type life struct{ born, expected, died Date }

// lives reads the lives of children, by their keys.
func lives(ctx context.Context, tx pgx.Tx, children []int64) (map[int64]life, error) {
	rows, err := tx.Query(ctx, `/* records.lives */ SELECT id, date_of_birth, expected_date, date_of_death FROM child WHERE id = ANY ($1)`, children)
	all := map[int64]life{}
	var id int64
	var l life
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &l.born, &l.expected, &l.died}, func() error { all[id] = l; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("read the dates of birth and death of %d children: %w", len(children), err)
	}
	return all, nil
}

// check wants a record not to begin, or to be of a day, before the child's birth
// or after the death. Where there can be records of an unborn child, and for a
// child who is not born yet, the day counts from which the child can have been
// expected. A day that stood already is left alone; so is an end, which may be
// recorded when somebody has heard of the death.
func (l life) check(k *Kind, rec, old Record, p *Problems) {
	if k.timeless {
		return
	}
	for _, field := range []string{"from_date", "date"} {
		day := k.date(rec, field)
		if day.IsZero() || p.On(field) || old != nil && day == k.date(old, field) {
			continue
		}
		expected := l.born
		if expected.IsZero() {
			expected = l.expected
		}
		switch {
		case !l.died.IsZero() && day.After(l.died):
			p.Add(field, Outside, "is after the child's death: correct it, or the date of death")
		case expected.IsZero():
		case (l.born.IsZero() || k.unborn) && day.Before(expected.Add(-longestWait)):
			p.Add(field, Outside, "is more than 43 weeks before the child's birth: correct it, or the date of birth or the expected date")
		case !l.born.IsZero() && !k.unborn && day.Before(l.born):
			p.Add(field, Outside, "is before the child's birth: correct it, or the date of birth")
		}
	}
}
