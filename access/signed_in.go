package access

// The browsers on which somebody is signed in, as people see and end them.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SignedIn is one session.
type SignedIn struct {
	ID      int64
	Agent   string // what the browser says that it is
	Since   time.Time
	Used    time.Time // to the minute
	Current bool      // it is the one that asks
}

// ErrNoSession: the account is not signed in there, or not any more.
var ErrNoSession = errors.New("there is no such session, or it has ended")

// SignedIn gives the account's sessions, the latest used first, to itself and to who
// manages accounts.
func (a *Accounts) SignedIn(ctx context.Context, by Viewer, account int64) ([]SignedIn, error) {
	return a.signedIn(ctx, by, account, nil)
}

// SignedIn is Accounts.SignedIn for the browser that makes the request, which is
// marked.
func (s *Sessions) SignedIn(ctx context.Context, by Viewer, account int64) ([]SignedIn, error) {
	return (&Accounts{pool: s.pool, now: s.now}).signedIn(ctx, by, account, digest(s.manager.Token(ctx)))
}

func (a *Accounts) signedIn(ctx context.Context, by Viewer, account int64, current []byte) ([]SignedIn, error) {
	if !a.mayAnswerFor(by, account) {
		return nil, ErrNotAllowed
	}
	rows, _ := a.pool.Query(ctx, `/* access.Accounts.SignedIn */
		SELECT id, agent, created_at, expires_at, token_hash FROM session WHERE account_id = $1 AND expires_at > $2 ORDER BY expires_at DESC, id DESC`, account, a.now())
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s SignedIn, err error) {
		var ends time.Time
		var hash []byte
		err = row.Scan(&s.ID, &s.Agent, &s.Since, &ends, &hash)
		if s.Used = ends.Add(-IdleTimeout); s.Used.Before(s.Since) {
			s.Used = s.Since
		}
		s.Current = bytes.Equal(hash, current)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the sessions of account %d: %w", account, err)
	}
	return list, nil
}

// EndSession ends one of the account's sessions.
func (a *Accounts) EndSession(ctx context.Context, by Viewer, account, id int64) error {
	return a.endSessions(ctx, by, account, "end-session", `id = $2`, id)
}

// EndSessions signs the account out everywhere.
func (a *Accounts) EndSessions(ctx context.Context, by Viewer, account int64) error {
	return a.endSessions(ctx, by, account, "end-sessions", `id <> $2`, 0)
}

func (a *Accounts) endSessions(ctx context.Context, by Viewer, account int64, act, which string, id int64) error {
	if !a.mayAnswerFor(by, account) {
		return ErrNotAllowed
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.endSessions */ DELETE FROM session WHERE account_id = $1 AND `+which, account, id)
		if err != nil {
			return fmt.Errorf("end sessions of account %d: %w", account, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoSession
		}
		return Audit(ctx, tx, by, Entry{Action: act, Kind: "account", Record: account})
	})
}
