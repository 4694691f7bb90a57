package records

// Changes that are tried and rolled back.

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB is what the store's statements run on: the program's pool, or the one
// transaction of a trial.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Trial has fn see what would come of changes: of all that the store that it is given
// does, nothing stays, whatever fn returns. Until fn returns, it keeps the locks that
// the changes take, so it must not take long; for another's lock it waits ten seconds.
func (s *Store) Trial(ctx context.Context, fn func(store *Store, db DB) error) error {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a trial: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // the connection is given up where that fails
	if _, err := tx.Exec(ctx, `/* records.Store.Trial */ SET LOCAL lock_timeout = '10s'`); err != nil {
		return fmt.Errorf("begin a trial: %w", err)
	}
	return fn(&Store{pool: tx, now: s.now, london: s.london, codes: s.codes, tried: map[string]bool{}}, tx)
}
