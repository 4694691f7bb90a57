package layout

// Questions about figures that a person keeps under a name.

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Question is one: what stands in the address of the page that answers it.
type Question struct {
	ID    int64
	Name  string
	Query string
}

// MostQuestions is how many a person keeps at the most, and LongestName how long a
// name may be.
const (
	MostQuestions = 50
	LongestName   = 100
)

// ErrTooMany: somebody keeps as many questions as they may.
var ErrTooMany = errors.New("no more questions can be kept")

// Questions are the viewer's own, by name.
func (s *Store) Questions(ctx context.Context, v access.Viewer) (all []Question, err error) {
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* layout.Questions */ SELECT id, name, query FROM dashboard_question WHERE account_id = $1 ORDER BY name`, v.Account())
		if err != nil {
			return fmt.Errorf("read the questions that are kept: %w", err)
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Question])
		return err
	})
	return all, err
}

// SaveQuestion keeps a question, in the place of one of that name.
func (s *Store) SaveQuestion(ctx context.Context, v access.Viewer, name, query string) error {
	if v.Account() == 0 {
		return access.ErrNotAllowed
	}
	return access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* layout.SaveQuestion */ INSERT INTO dashboard_question (account_id, name, query, changed_at)
			SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM dashboard_question WHERE account_id = $1 AND name <> $2) < $5
			ON CONFLICT (account_id, name) DO UPDATE SET query = EXCLUDED.query, changed_at = EXCLUDED.changed_at`, v.Account(), name, query, s.now(), MostQuestions)
		if err != nil {
			return fmt.Errorf("keep a question: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrTooMany
		}
		return nil
	})
}

// RemoveQuestion forgets one of the viewer's own; one that is not there is forgotten.
func (s *Store) RemoveQuestion(ctx context.Context, v access.Viewer, id int64) error {
	return access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* layout.RemoveQuestion */ DELETE FROM dashboard_question WHERE account_id = $1 AND id = $2`, v.Account(), id)
		return err
	})
}
