package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sessionStore keeps sessions in the record store for scs: the SHA-256 of the
// token, never the token, and whose session it is, so that one statement signs
// an account out everywhere. It keeps time by the injected clock, which scs
// cannot, so the expiry that scs passes is not used.
type sessionStore struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

// answering is how long the record store may take to say whose session it is: a
// browser is told that it is away rather than left waiting.
const answering = 5 * time.Second

var _ scs.CtxStore = (*sessionStore)(nil)

// FindCtx gives a session that has neither idled too long nor lasted too long,
// and puts off its idling: at most once a minute, so that reading pages seldom
// writes.
func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	now := s.now()
	var data []byte
	var created, expires time.Time
	err := s.pool.QueryRow(ctx, `/* access.sessionStore.FindCtx */
		SELECT data, created_at, expires_at FROM session WHERE token_hash = $1 AND expires_at > $2`,
		digest(token), now).Scan(&data, &created, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	if until := expiry(created, now); until.Sub(expires) >= time.Minute {
		if _, err := s.pool.Exec(ctx, `/* access.sessionStore.FindCtx */
			UPDATE session SET expires_at = $2 WHERE token_hash = $1 AND expires_at < $2`, digest(token), until); err != nil {
			return nil, false, fmt.Errorf("put off a session's end: %w", err)
		}
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.stored[token] = true
	}
	return data, true, nil
}

func expiry(created, now time.Time) time.Time {
	if end, idle := created.Add(Lifetime), now.Add(IdleTimeout); idle.After(end) {
		return end
	} else {
		return idle
	}
}

// CommitCtx keeps a session. One that was there when the request came is only
// changed: if it was ended meanwhile (signed out in another tab, the account
// disabled) it stays ended.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("keep a session: %w", err)
	}
	var account any
	if id, ok := values[accountKey].(int64); ok {
		account = id
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok && v.stored[token] {
		_, err = s.pool.Exec(ctx, `/* access.sessionStore.CommitCtx */
			UPDATE session SET data = $2 WHERE token_hash = $1`, digest(token), data)
	} else {
		now, agent := s.now(), ""
		if ok {
			agent = v.agent
		}
		_, err = s.pool.Exec(ctx, `/* access.sessionStore.CommitCtx */
			INSERT INTO session (token_hash, account_id, data, created_at, expires_at, agent) VALUES ($1, $2, $3, $4, $5, $6)`,
			digest(token), account, data, now, expiry(now, now), agent)
		if ok && err == nil {
			v.stored[token] = true
		}
	}
	if err != nil {
		return fmt.Errorf("keep a session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	if _, err := s.pool.Exec(ctx, `/* access.sessionStore.DeleteCtx */ DELETE FROM session WHERE token_hash = $1`, digest(token)); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// tidy removes some of the sessions that have expired.
func (s *sessionStore) tidy(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `/* access.sessionStore.tidy */
		DELETE FROM session WHERE token_hash IN (
			SELECT token_hash FROM session WHERE expires_at <= $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)`, s.now())
	if err != nil {
		return fmt.Errorf("remove expired sessions: %w", err)
	}
	return nil
}

// The methods without a context are what scs asks of every store; it does not
// call them when the others are there.

func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sessionStore) Commit(token string, data []byte, end time.Time) error {
	return s.CommitCtx(context.Background(), token, data, end)
}

func (s *sessionStore) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}
