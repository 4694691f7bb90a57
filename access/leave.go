package access

// Leave: the days on which somebody is away and others are told instead.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Leave is the days [From, To) on which somebody is away: those who answer with them
// are told instead.
type Leave struct {
	ID       int64
	Account  int64
	Name     string
	From, To time.Time // To is the first day back
}

// ErrNoLeave: there is none of that id that the viewer may end.
var ErrNoLeave = errors.New("there is no such leave")

// Leaves are those of today and later: everybody's for who manages accounts, one's
// own for anybody else.
func (r *Responsibilities) Leaves(ctx context.Context, by Viewer, day time.Time) ([]Leave, error) {
	rows, _ := r.pool.Query(ctx, `/* access.Responsibilities.Leaves */
		SELECT l.id, a.id, a.display_name, l.from_date, l.to_date FROM leave l JOIN account a ON a.id = l.account_id
		WHERE l.to_date > $1 AND ($2 OR a.id = $3) ORDER BY l.from_date, l.id`, day, by.May(ManageAccounts), by.account)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Leave])
	if err != nil {
		return nil, fmt.Errorf("read who is away: %w", err)
	}
	return found, nil
}

// TakeLeave notes that an account is away on the days [from, to). by must be
// allowed to manage accounts, or be the account itself.
func (r *Responsibilities) TakeLeave(ctx context.Context, by Viewer, account int64, from, to time.Time) error {
	if !by.May(ManageAccounts) && by.Account() != account || account == 0 {
		return ErrNotAllowed
	}
	if from.IsZero() || !to.After(from) {
		return errors.New("a leave has a first day, and a first day back after it")
	}
	return InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `/* access.Responsibilities.TakeLeave */
			INSERT INTO leave (account_id, from_date, to_date) VALUES ($1, $2, $3) RETURNING id`, account, from, to).Scan(&id)
		if err != nil {
			return fmt.Errorf("note a leave of account %d: %w", account, err)
		}
		return Audit(ctx, tx, by, Entry{Action: "take-leave", Kind: "leave", Record: id})
	})
}

// EndLeave makes back the first day back of a leave. One that has not begun by then
// lasts its first day and counts no more, since it lies before today.
func (r *Responsibilities) EndLeave(ctx context.Context, by Viewer, id int64, back time.Time) error {
	return InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Responsibilities.EndLeave */
			UPDATE leave SET from_date = least(from_date, $2::date - 1), to_date = $2 WHERE id = $1 AND to_date > $2 AND ($3 OR account_id = $4)`, id, back, by.May(ManageAccounts), by.account)
		if err != nil {
			return fmt.Errorf("end leave %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoLeave
		}
		return Audit(ctx, tx, by, Entry{Action: "end-leave", Kind: "leave", Record: id})
	})
}
