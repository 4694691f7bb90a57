package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Throttled says that too many attempts failed for this account or from this
// network, and how long it is until the next one is looked at. It ends by
// itself, and a device on which somebody has signed in before does not meet what
// others failed at (see KnowDevice): nobody can lock somebody out by typing their
// name.
type Throttled struct{ Wait time.Duration }

func (t Throttled) Error() string {
	return fmt.Sprintf("too many attempts to sign in: wait %d seconds", int(t.Wait.Round(time.Second)/time.Second))
}

// patience is how many failures are free, how long it takes to forget one, and
// the longest wait. Between, each failure doubles the wait, from one second.
type patience struct {
	free    int
	forget  time.Duration
	longest time.Duration
}

// A network is often a whole council behind one address, so it has more
// patience than an account, and forgets as fast as an office mistypes.
var (
	withAccount = patience{free: 5, forget: 5 * time.Minute, longest: 2 * time.Minute}
	withNetwork = patience{free: 50, forget: 10 * time.Second, longest: time.Minute}
)

// wait is how long after the last of so many failures the next attempt is
// looked at.
func (p patience) wait(failures int) time.Duration {
	over := failures - p.free
	if over < 0 {
		return 0
	}
	if over > 20 {
		return p.longest
	}
	return min(time.Second<<over, p.longest)
}

// left is how many failures are still remembered after so long.
func (p patience) left(failures int, since time.Duration) int {
	return max(0, failures-int(max(since, 0)/p.forget))
}

// allowed is a subject whose attempts are counted, and how many it has.
type allowed struct {
	subject  string
	patience patience
}

// attempt counts an attempt as failed before its password is looked at, so that
// many at once are no way round; succeeded takes it back. An attempt that has
// to wait is not counted, or waiting would never end.
func (a *Accounts) attempt(ctx context.Context, counted []allowed) error {
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		for _, c := range counted {
			if err := a.count(ctx, tx, c.subject, c.patience); err != nil {
				return err
			}
		}
		return nil
	})
	var t Throttled
	if err != nil && !errors.As(err, &t) {
		return fmt.Errorf("count an attempt to sign in: %w", err)
	}
	return err
}

func (a *Accounts) count(ctx context.Context, tx pgx.Tx, subject string, p patience) error {
	now := a.now()
	var failures int
	var last time.Time
	// The row is locked until the transaction ends: attempts on one account are
	// counted one after another.
	err := tx.QueryRow(ctx, `/* access.Accounts.count */
		INSERT INTO sign_in_attempt AS s (subject, failures, last_at) VALUES ($1, 0, $2)
		ON CONFLICT (subject) DO UPDATE SET subject = s.subject
		RETURNING failures, last_at`, subject, now).Scan(&failures, &last)
	if err != nil {
		return err
	}
	if failures > 0 {
		if until := last.Add(p.wait(failures)); until.After(now) {
			return Throttled{Wait: until.Sub(now)}
		}
	}
	_, err = tx.Exec(ctx, `/* access.Accounts.count */
		UPDATE sign_in_attempt SET failures = $2, last_at = $3 WHERE subject = $1`,
		subject, p.left(failures, now.Sub(last))+1, now)
	return err
}

// succeeded forgets the account's failures, or its own on the device, and the network's one that this
// attempt was counted as; those of others from there stay. What is a day old
// says nothing any more and goes.
func (a *Accounts) succeeded(ctx context.Context, tx pgx.Tx, counted []allowed) error {
	var err error
	for i, c := range counted {
		statement := `/* access.Accounts.succeeded */ DELETE FROM sign_in_attempt WHERE subject = $1`
		if i > 0 { // the network
			statement = `/* access.Accounts.succeeded */ UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0) WHERE subject = $1`
		}
		if err == nil {
			_, err = tx.Exec(ctx, statement, c.subject)
		}
	}
	if err == nil {
		_, err = tx.Exec(ctx, `/* access.Accounts.succeeded */
			DELETE FROM sign_in_attempt WHERE subject IN (
				SELECT subject FROM sign_in_attempt WHERE last_at < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)`, a.now().Add(-24*time.Hour))
	}
	if err != nil {
		return fmt.Errorf("forget failed attempts to sign in: %w", err)
	}
	return nil
}

// accountSubject is a digest of the typed name: people type passwords into the
// wrong field.
func accountSubject(username string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(username)))
	return "account:" + hex.EncodeToString(sum[:16])
}

// networkSubject is the address, or for IPv6 the /64 that one customer has.
func networkSubject(network string) string {
	if ap, err := netip.ParseAddrPort(network); err == nil {
		network = ap.Addr().String()
	}
	addr, err := netip.ParseAddr(network)
	if err != nil {
		return "network:unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return "network:" + p.String()
		}
	}
	return "network:" + addr.String()
}
