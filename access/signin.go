package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access/internal/mint"
)

// ErrSignIn is the one answer to a wrong name, a wrong password and a disabled
// account: which it was is nobody's business outside.
var ErrSignIn = errors.New("the username or the password is not right")

// anonymous is whoever is not signed in, in the audit: the name that was typed
// may be a password, so it is kept nowhere.
const anonymous = "anonymous"

// Authenticate gives the viewer whose username and password these are. network
// is the address that the request came from, with or without a port. The error
// is ErrSignIn, or Throttled with how long to wait, whether the account exists
// or not; a wrong name takes as long as a wrong password.
func (a *Accounts) Authenticate(ctx context.Context, username, password, network string) (Viewer, error) {
	return a.AuthenticateOn(ctx, username, password, network, "")
}

// AuthenticateOn is Authenticate on a device that may be known to the account by the
// secret that KnowDevice gave it.
func (a *Accounts) AuthenticateOn(ctx context.Context, username, password, network, device string) (Viewer, error) {
	counted, err := a.allowance(ctx, strings.TrimSpace(clean(username)), network, device)
	if err != nil {
		return Viewer{}, err
	}
	return a.authenticate(ctx, username, password, counted, "sign-in")
}

func (a *Accounts) authenticate(ctx context.Context, username, password string, counted []allowed, act string) (Viewer, error) {
	// Cleaned before it is counted: otherwise one account would have as many
	// names to try as there are places for a zero byte.
	username = strings.TrimSpace(clean(username))
	if err := a.attempt(ctx, counted); err != nil {
		return Viewer{}, err
	}
	person, hashed, err := a.lookUp(ctx, username)
	if err != nil {
		return Viewer{}, err
	}
	same, stale, err := a.matches(ctx, password, hashed)
	if err != nil {
		return Viewer{}, err
	}
	if !same {
		return Viewer{}, errors.Join(ErrSignIn, a.refused(ctx, person.Account))
	}
	v := Mint(person)
	rehashed := hashed
	if stale {
		if rehashed, err = a.hash(ctx, password); err != nil {
			return Viewer{}, err
		}
	}
	err = InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		// Nobody who was disabled meanwhile comes in, nor with a password that
		// was changed meanwhile.
		tag, err := tx.Exec(ctx, `/* access.Accounts.Authenticate */
			UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL`,
			person.Account, hashed, rehashed)
		if err != nil {
			return fmt.Errorf("sign in account %d: %w", person.Account, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrSignIn
		}
		if err := a.succeeded(ctx, tx, counted); err != nil {
			return err
		}
		return Audit(ctx, tx, v, Entry{Action: act, Kind: "account", Record: person.Account, Reason: byPassword})
	})
	if err != nil {
		return Viewer{}, err
	}
	return v, nil
}

// Confirm has somebody who is signed in give their password again, before an act
// that nobody else may do in their place. The error is that of Authenticate; the
// attempts are counted by themselves, since only who is signed in has any. Somebody
// who has just signed in anew by the organisation for this act (ConfirmAs) gives none.
func (a *Accounts) Confirm(ctx context.Context, v Viewer, password string) error {
	if password == "" {
		if anew, err := a.confirmed(ctx, v.Account()); anew || err != nil {
			return err
		}
		return ErrSignIn
	}
	account, err := a.ByID(ctx, v.Account())
	if err != nil {
		return err
	}
	again, err := a.authenticate(ctx, account.Username, password, []allowed{{fmt.Sprintf("confirm:%d", v.Account()), withAccount}}, "confirm-password")
	if err == nil && again.Account() != v.Account() {
		return ErrSignIn
	}
	return err
}

// lookUp gives the enabled account of that name and its hash, or a hash that no
// password has.
func (a *Accounts) lookUp(ctx context.Context, username string) (mint.Person, string, error) {
	var p mint.Person
	var hashed *string
	var enabled bool
	err := a.pool.QueryRow(ctx, `/* access.Accounts.lookUp */
		SELECT id, display_name, role, password_hash, disabled_at IS NULL FROM account WHERE lower(username) = lower($1)`,
		username).Scan(&p.Account, &p.Name, &p.Role, &hashed, &enabled)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return mint.Person{}, nobodys, nil
	case err != nil:
		return mint.Person{}, "", fmt.Errorf("look an account up: %w", err)
	case !enabled || hashed == nil:
		return p, nobodys, nil
	}
	return p, *hashed, nil
}

// refused writes the audit line of a sign-in that failed: whose account it was,
// if anybody's. Who tried is not known.
func (a *Accounts) refused(ctx context.Context, account int64) error {
	v := Viewer{account: account, actor: anonymous}
	return InTx(ctx, a.pool, Viewer{}, func(tx pgx.Tx) error {
		return Audit(ctx, tx, v, Entry{Action: "sign-in-refused", Kind: "account", Record: account})
	})
}

// clean makes typed text fit to be asked about: PostgreSQL refuses a zero byte
// and what is not UTF-8.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}
