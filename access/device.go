package access

// Devices on which somebody has signed in before. They have an allowance of attempts
// of their own, so that nobody who guesses at an account from elsewhere keeps its
// owner out.

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	devicesKept   = 10 // for each account, the latest used
	devicesForget = 180 * 24 * time.Hour
)

// DeviceLasts is how long a device stays known after it was last used.
const DeviceLasts = devicesForget

// KnowDevice makes the browser on which the viewer has just signed in known to their
// account, and returns the secret by which it is known. One that is known already
// keeps its secret.
func (a *Accounts) KnowDevice(ctx context.Context, v Viewer, device string) (secret string, err error) {
	if v.Account() == 0 {
		return "", ErrNotAllowed
	}
	now := a.now()
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.KnowDevice */ UPDATE known_device SET last_used_at = $3 WHERE token_hash = $1 AND account_id = $2`, digest(device), v.Account(), now)
		if secret = device; err != nil || tag.RowsAffected() == 1 {
			return err
		}
		var shared bool // somebody else has signed in on it
		if err := tx.QueryRow(ctx, `/* access.Accounts.KnowDevice */ SELECT EXISTS (SELECT FROM known_device WHERE token_hash = $1)`, digest(device)).Scan(&shared); err != nil {
			return err
		}
		if !shared {
			random := make([]byte, 32)
			rand.Read(random) // never fails (crypto/rand)
			secret = base64.RawURLEncoding.EncodeToString(random)
		}
		if _, err := tx.Exec(ctx, `/* access.Accounts.KnowDevice */ INSERT INTO known_device VALUES ($1, $2, $3, $3)`, digest(secret), v.Account(), now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/* access.Accounts.KnowDevice */ DELETE FROM known_device WHERE account_id = $1 AND token_hash NOT IN (
			SELECT token_hash FROM known_device WHERE account_id = $1 ORDER BY last_used_at DESC LIMIT $2)`, v.Account(), devicesKept)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("note a device: %w", err)
	}
	return secret, nil
}

// allowance is whose attempts are counted: of the account on the device, if it is
// known to the account of that name; else of the name and of the network. A success
// forgets the failures of that account alone, so that nobody who shares a browser
// guesses at a colleague's password without end.
func (a *Accounts) allowance(ctx context.Context, username, network, device string) ([]allowed, error) {
	if device != "" {
		var account int64
		err := a.pool.QueryRow(ctx, `/* access.Accounts.allowance */
			SELECT p.id FROM known_device d JOIN account p ON p.id = d.account_id WHERE d.token_hash = $1 AND lower(p.username) = lower($2) AND d.last_used_at > $3`,
			digest(device), username, a.now().Add(-devicesForget)).Scan(&account)
		if err == nil {
			return []allowed{{fmt.Sprintf("device:%x:%d", digest(device)[:16], account), withAccount}}, nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("look for a device: %w", err)
		}
	}
	return []allowed{{accountSubject(username), withAccount}, {networkSubject(network), withNetwork}}, nil
}
