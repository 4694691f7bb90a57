package access

// Sign-ins by the organisation that have begun: a browser went there with a secret of
// ours in its cookie, and comes back once, soon.

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// BegunLasts is how long somebody may take to sign in there.
const BegunLasts = 10 * time.Minute

// Begun is what a sign-in was begun for.
type Begun struct {
	Next    string // the page that was asked for
	Account int64  // who is signed in and is to show again that they are there; 0: somebody signs in

	At time.Time // when it began, as EndSignIn gives it
}

// ErrBegun: no sign-in was begun on that browser, or it was too long ago, or it has
// come back before.
var ErrBegun = errors.New("no sign-in was begun here, or it has ended")

// BeginSignIn keeps that a sign-in by the organisation has begun, and gives the secret
// by which its browser is known.
func (a *Accounts) BeginSignIn(ctx context.Context, b Begun) (secret string, err error) {
	random := make([]byte, 32)
	rand.Read(random) // never fails (crypto/rand)
	secret = base64.RawURLEncoding.EncodeToString(random)
	batch := &pgx.Batch{}
	batch.Queue(`/* access.Accounts.BeginSignIn */ DELETE FROM sign_in_begun WHERE begun_at < $1`, a.now().Add(-BegunLasts))
	batch.Queue(`/* access.Accounts.BeginSignIn */ INSERT INTO sign_in_begun VALUES ($1, $2, $3, $4)`, digest(secret), shortened(clean(b.Next), 2000), number(b.Account), a.now())
	if err := a.pool.SendBatch(ctx, batch).Close(); err != nil {
		return "", fmt.Errorf("begin a sign-in by the organisation: %w", err)
	}
	return secret, nil
}

// EndSignIn gives what the sign-in of that secret was begun for, once.
func (a *Accounts) EndSignIn(ctx context.Context, secret string) (Begun, error) {
	var b Begun
	err := a.pool.QueryRow(ctx, `/* access.Accounts.EndSignIn */
		DELETE FROM sign_in_begun WHERE secret_hash = $1 RETURNING next, coalesce(account_id, 0), begun_at`,
		digest(secret)).Scan(&b.Next, &b.Account, &b.At)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && a.now().Sub(b.At) > BegunLasts {
		return Begun{}, ErrBegun
	}
	if err != nil {
		return Begun{}, fmt.Errorf("end a sign-in by the organisation: %w", err)
	}
	return b, nil
}
