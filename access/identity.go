package access

// People as the organisation's own sign-in knows them, and the accounts that they are
// here. The sign-in itself is package access/openid.

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access/internal/mint"
)

// Vouched is somebody for whom the organisation's sign-in has vouched. Issuer, Tenant
// and Subject say who it is; the rest is what the sign-in says of them today.
type Vouched struct {
	Issuer  string
	Tenant  string // "": the provider names none
	Subject string

	Username    string // for an account that is made
	DisplayName string
	Email       string // "": none, or none that mail can be sent to
	Role        Role
}

// Refusal is a sentence for somebody who did not come in by the organisation's
// sign-in: why, and whom to ask. Log is the same in one word or two, without anything
// that is about the person.
type Refusal struct{ Why, Log string }

func (r Refusal) Error() string { return r.Why }

// ErrLinked: somebody at the organisation's sign-in has an account already.
var ErrLinked = errors.New("that identifier has an account already: part the two with onevision user unlink first")

// The ways in, as the audit's line of a sign-in says them.
const (
	byPassword     = "by password"
	byOrganisation = "by the organisation’s sign-in"
)

// AuthenticateAs gives the viewer of the account that the identity has; one that has
// none yet gets an account. The role is the identity's from now on, and the name and
// the email address are where it gives them. ask is whom to ask, for the sentence of a Refusal.
func (a *Accounts) AuthenticateAs(ctx context.Context, i Vouched, ask string) (Viewer, error) {
	if !slices.Contains(Roles(), i.Role) || i.Issuer == "" || i.Subject == "" {
		return Viewer{}, ErrNotAllowed
	}
	i = i.trimmed()
	var v Viewer
	err := InTx(ctx, a.pool, Viewer{}, func(tx pgx.Tx) error {
		// Two browsers of one new person must not make two accounts.
		if _, err := tx.Exec(ctx, `/* access.Accounts.AuthenticateAs */ SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, i.Issuer+"\n"+i.Tenant+"\n"+i.Subject); err != nil {
			return fmt.Errorf("sign in by the organisation: %w", err)
		}
		was, err := a.identified(ctx, tx, i)
		if err != nil {
			return err
		}
		if was.ID == 0 {
			v, err = a.addAs(ctx, tx, i, ask)
		} else {
			v, err = a.updateAs(ctx, tx, i, was, ask)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `/* access.Accounts.AuthenticateAs */ UPDATE account_identity SET last_used_at = $4 WHERE issuer = $1 AND tenant = $2 AND subject = $3`,
			i.Issuer, i.Tenant, i.Subject, a.now()); err != nil {
			return fmt.Errorf("note a sign-in of account %d: %w", v.account, err)
		}
		return Audit(ctx, tx, v, Entry{Action: "sign-in", Kind: "account", Record: v.account, Reason: byOrganisation})
	})
	if refusal, ok := errors.AsType[Refusal](err); ok {
		return Viewer{}, errors.Join(refusal, a.RefuseIdentity(ctx, i, refusal))
	}
	if err != nil {
		return Viewer{}, err
	}
	return v, nil
}

// identified is the account of an identity, the zero Account if it has none.
func (a *Accounts) identified(ctx context.Context, tx pgx.Tx, i Vouched) (Account, error) {
	rows, _ := tx.Query(ctx, `/* access.Accounts.identified */
		SELECT p.id, p.username, p.display_name, coalesce(p.email, ''), p.role, p.demo, p.created_at, p.disabled_at
		FROM account_identity n JOIN account p ON p.id = n.account_id WHERE n.issuer = $1 AND n.tenant = $2 AND n.subject = $3 FOR UPDATE OF p`, i.Issuer, i.Tenant, i.Subject)
	found, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, nil
	}
	if err != nil {
		return Account{}, fmt.Errorf("look for the account of an identity: %w", err)
	}
	return found, nil
}

// addAs makes the account of somebody who signs in for the first time.
func (a *Accounts) addAs(ctx context.Context, tx pgx.Tx, i Vouched, ask string) (Viewer, error) {
	n := NewAccount{Username: i.Username, DisplayName: i.DisplayName, Email: i.Email, Role: i.Role}
	if n.DisplayName == "" {
		n.DisplayName = n.Username
	}
	if !usernameShape.MatchString(n.Username) {
		return Viewer{}, Refusal{"Your organisation’s sign-in gave no username that OneVision can take. Ask " + ask + " to look at which claim holds it.", "username"}
	}
	if err := n.check(); err != nil {
		return Viewer{}, fmt.Errorf("make an account at its first sign-in: %w", err)
	}
	p := mint.Person{Name: n.DisplayName, Role: string(n.Role)}
	err := tx.QueryRow(ctx, `/* access.Accounts.addAs */
		INSERT INTO account (username, display_name, email, role, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (lower(username)) DO NOTHING RETURNING id`, n.Username, n.DisplayName, text(n.Email), string(n.Role), a.now()).Scan(&p.Account)
	if errors.Is(err, pgx.ErrNoRows) {
		return Viewer{}, Refusal{"There is an account of the name " + n.Username + " that is not joined to your organisation’s sign-in. If it is yours, ask " + ask +
			" to join it: your identifier there is " + i.Subject + ".", "username is taken"}
	}
	if err != nil {
		return Viewer{}, fmt.Errorf("make an account at its first sign-in: %w", err)
	}
	if err := a.keepIdentity(ctx, tx, i, p.Account); err != nil {
		return Viewer{}, err
	}
	v := Mint(p)
	return v, Audit(ctx, tx, v, Entry{Action: "add-account", Kind: "account", Record: p.Account, Reason: byOrganisation})
}

// updateAs takes what the sign-in says of somebody today.
func (a *Accounts) updateAs(ctx context.Context, tx pgx.Tx, i Vouched, was Account, ask string) (Viewer, error) {
	if !was.Enabled() {
		return Viewer{}, Refusal{"Your account in OneVision is disabled. Ask " + ask + " if you need it.", "disabled"}
	}
	now := was
	now.Role = i.Role
	if i.DisplayName != "" {
		now.DisplayName = i.DisplayName
	}
	if i.Email != "" {
		now.Email = i.Email
	}
	var changed []string
	for field, is := range map[string]bool{"role": now.Role != was.Role, "display_name": now.DisplayName != was.DisplayName, "email": now.Email != was.Email} {
		if is {
			changed = append(changed, field)
		}
	}
	v := Mint(mint.Person{Account: now.ID, Name: now.DisplayName, Role: string(now.Role)})
	if len(changed) == 0 {
		return v, nil
	}
	slices.Sort(changed)
	if _, err := tx.Exec(ctx, `/* access.Accounts.updateAs */ UPDATE account SET role = $2, display_name = $3, email = $4 WHERE id = $1`,
		now.ID, string(now.Role), now.DisplayName, text(now.Email)); err != nil {
		return Viewer{}, fmt.Errorf("update account %d at its sign-in: %w", now.ID, err)
	}
	return v, Audit(ctx, tx, v, Entry{Action: "change-account", Kind: "account", Record: now.ID, Fields: changed, Reason: byOrganisation})
}

// trimmed is the identity with what people may have typed there made fit to keep.
func (i Vouched) trimmed() Vouched {
	i.Issuer, i.Tenant, i.Subject = clean(i.Issuer), clean(i.Tenant), clean(i.Subject)
	i.Username = strings.TrimSpace(clean(i.Username))
	i.DisplayName = shortened(strings.Join(strings.Fields(clean(i.DisplayName)), " "), 200)
	i.Email = strings.TrimSpace(clean(i.Email))
	if at, err := mail.ParseAddress(i.Email); err != nil || at.Address != i.Email {
		i.Email = ""
	}
	return i
}

func (a *Accounts) keepIdentity(ctx context.Context, tx pgx.Tx, i Vouched, account int64) error {
	_, err := tx.Exec(ctx, `/* access.Accounts.keepIdentity */ INSERT INTO account_identity (issuer, tenant, subject, account_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
		i.Issuer, i.Tenant, i.Subject, account, a.now())
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "account_identity_pkey" {
		return ErrLinked
	}
	if err != nil {
		return fmt.Errorf("keep the identity of account %d: %w", account, err)
	}
	return nil
}

// RefuseIdentity writes the audit's line of a sign-in by the organisation that was
// refused: whose account it was, if the identity has one.
func (a *Accounts) RefuseIdentity(ctx context.Context, i Vouched, why Refusal) error {
	return InTx(ctx, a.pool, Viewer{}, func(tx pgx.Tx) error {
		account, err := a.identified(ctx, tx, i.trimmed())
		if err != nil {
			return err
		}
		return Audit(ctx, tx, Viewer{account: account.ID, actor: anonymous}, Entry{Action: "sign-in-refused", Kind: "account", Record: account.ID, Reason: byOrganisation + ": " + why.Log})
	})
}

// Link joins an account to an identity: its person signs in by the organisation from
// now on, in the role that it gives. ErrLinked: the identity has an account.
func (a *Accounts) Link(ctx context.Context, by Viewer, account int64, i Vouched) error {
	if !by.May(ManageAccounts) {
		return ErrNotAllowed
	}
	if i = i.trimmed(); i.Issuer == "" || i.Subject == "" || utf8.RuneCountInString(i.Subject) > 255 {
		return errors.New("an identity is an issuer and a subject of at most 255 letters")
	}
	if _, err := a.ByID(ctx, account); err != nil {
		return err
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		if err := a.keepIdentity(ctx, tx, i, account); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "link-account", Kind: "account", Record: account})
	})
}

// Unlink takes every identity from the account, and ends its sessions and tokens.
func (a *Accounts) Unlink(ctx context.Context, by Viewer, account int64) error {
	if !by.May(ManageAccounts) {
		return ErrNotAllowed
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.Unlink */ DELETE FROM account_identity WHERE account_id = $1`, account)
		if err != nil {
			return fmt.Errorf("unlink account %d: %w", account, err)
		}
		if tag.RowsAffected() == 0 {
			return errors.New("the account is not linked to the organisation's sign-in")
		}
		if err := a.shutOut(ctx, tx, account); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "unlink-account", Kind: "account", Record: account})
	})
}

// confirmLasts is how long an act may wait for which somebody signed in anew.
const confirmLasts = 10 * time.Minute

// ConfirmAs notes that whoever is signed in has signed in by the organisation anew,
// because an act asks for it (Confirm). ErrNotAllowed: the identity is somebody else's.
func (a *Accounts) ConfirmAs(ctx context.Context, account int64, i Vouched) (v Viewer, err error) {
	i = i.trimmed()
	if v, err = a.Viewer(ctx, account); err != nil {
		return Viewer{}, err
	}
	return v, InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.ConfirmAs */ UPDATE account_identity SET confirmed_at = $5 WHERE issuer = $1 AND tenant = $2 AND subject = $3 AND account_id = $4`,
			i.Issuer, i.Tenant, i.Subject, account, a.now())
		if err != nil {
			return fmt.Errorf("confirm who account %d is: %w", account, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotAllowed
		}
		return Audit(ctx, tx, v, Entry{Action: "confirm-sign-in", Kind: "account", Record: account, Reason: byOrganisation})
	})
}

// confirmed uses up that the account has signed in anew: it serves one act.
func (a *Accounts) confirmed(ctx context.Context, account int64) (bool, error) {
	tag, err := a.pool.Exec(ctx, `/* access.Accounts.confirmed */ UPDATE account_identity SET confirmed_at = NULL WHERE account_id = $1 AND confirmed_at > $2`, account, a.now().Add(-confirmLasts))
	if err != nil {
		return false, fmt.Errorf("look whether account %d signed in anew: %w", account, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Organisational reports whether the account is signed in to by the organisation
// alone: it has no password of its own.
func (a *Accounts) Organisational(ctx context.Context, account int64) (is bool, err error) {
	err = a.pool.QueryRow(ctx, `/* access.Accounts.Organisational */
		SELECT EXISTS (SELECT FROM account p JOIN account_identity n ON n.account_id = p.id WHERE p.id = $1 AND p.password_hash IS NULL)`, account).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("look how account %d signs in: %w", account, err)
	}
	return is, nil
}
