package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access/internal/mint"
)

// Errors of this package, for errors.Is.
var (
	ErrNotAllowed = errors.New("not allowed")              // the viewer may not do this
	ErrNoAccount  = errors.New("there is no such account") // or it is disabled, where only an enabled one will do
	ErrTaken      = errors.New("the username is taken")
)

// Account is somebody who can come in.
type Account struct {
	ID          int64
	Username    string
	DisplayName string
	Email       string // "": no mail goes to this account
	Role        Role
	Demo        bool
	CreatedAt   time.Time
	DisabledAt  time.Time // zero: enabled
}

// Enabled reports whether the account may come in.
func (a Account) Enabled() bool { return a.DisabledAt.IsZero() }

// NeedsSMTPUTF8 reports whether mail to the account needs an extension that not
// every mail server on the way may know (RFC 6531).
func (a Account) NeedsSMTPUTF8() bool {
	return strings.ContainsFunc(a.Email, func(r rune) bool { return r > unicode.MaxASCII })
}

// NewAccount is what it takes to add one. Without a password the account
// cannot sign in with one; a token can still be issued for it.
type NewAccount struct {
	Username    string
	DisplayName string
	Email       string
	Role        Role
	Password    string
	Demo        bool // of the demo county; serve refuses a database that has any
}

// Accounts are those who can come in.
type Accounts struct {
	pool    *pgxpool.Pool
	now     func() time.Time
	hashing chan struct{} // a place for each password that is hashed at once
}

// NewAccounts gives the accounts in the record store.
func NewAccounts(pool *pgxpool.Pool, now func() time.Time) *Accounts {
	return &Accounts{pool: pool, now: now, hashing: make(chan struct{}, hashesAtOnce)}
}

// Add makes an account. by must be allowed to manage accounts (ErrNotAllowed);
// an operator on the command line is System(Operating). ErrTaken means that the
// username is, in whatever case; a password that breaks the rules is a
// WeakPassword.
func (a *Accounts) Add(ctx context.Context, by Viewer, n NewAccount) (Account, error) {
	if !by.May(ManageAccounts) {
		return Account{}, ErrNotAllowed
	}
	n.Username, n.DisplayName, n.Email = strings.TrimSpace(n.Username), strings.TrimSpace(n.DisplayName), strings.TrimSpace(n.Email)
	if err := n.check(); err != nil {
		return Account{}, err
	}
	if n.Password != "" {
		if err := a.checkPassword(ctx, n.Password, n.Username, n.DisplayName); err != nil {
			return Account{}, err
		}
	}
	var hash any
	if n.Password != "" {
		h, err := a.hash(ctx, n.Password)
		if err != nil {
			return Account{}, err
		}
		hash = h
	}
	added := Account{Username: n.Username, DisplayName: n.DisplayName, Email: n.Email, Role: n.Role, Demo: n.Demo, CreatedAt: a.now()}
	err := InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `/* access.Accounts.Add */
			INSERT INTO account (username, display_name, email, role, password_hash, demo, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			n.Username, n.DisplayName, text(n.Email), string(n.Role), hash, n.Demo, added.CreatedAt).Scan(&added.ID)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.ConstraintName == "account_username" {
			return ErrTaken
		}
		if err != nil {
			return fmt.Errorf("add an account: %w", err)
		}
		return Audit(ctx, tx, by, Entry{Action: "add-account", Kind: "account", Record: added.ID})
	})
	if err != nil {
		return Account{}, err
	}
	return added, nil
}

// A username is one word, so that it can stand on a command line and in a log.
var usernameShape = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{1,99}$`)

func (n NewAccount) check() error {
	switch {
	case !usernameShape.MatchString(n.Username):
		return errors.New("a username is one word of 2 to 100 letters, figures, full stops, hyphens and @ signs")
	case n.DisplayName == "" || len(n.DisplayName) > 200:
		return errors.New("a name to show is needed, of at most 200 letters")
	case !slices.Contains(Roles(), n.Role):
		return errors.New("the role is not one of those that an account may have")
	}
	if n.Email != "" {
		if at, err := mail.ParseAddress(n.Email); err != nil || at.Address != n.Email {
			return errors.New("the email address is not one that mail can be sent to")
		}
	}
	return nil
}

// List gives every account, disabled ones included, by username.
func (a *Accounts) List(ctx context.Context, by Viewer) ([]Account, error) {
	if !by.May(ManageAccounts) {
		return nil, ErrNotAllowed
	}
	rows, _ := a.pool.Query(ctx, `/* access.Accounts.List */
		SELECT id, username, display_name, coalesce(email, ''), role, demo, created_at, disabled_at FROM account ORDER BY lower(username)`)
	accounts, err := pgx.CollectRows(rows, scanAccount)
	if err != nil {
		return nil, fmt.Errorf("list the accounts: %w", err)
	}
	return accounts, nil
}

// ByID gives one account, disabled or not, or ErrNoAccount. It is for the
// program's own use: whether somebody may see the account is the caller's to
// know.
func (a *Accounts) ByID(ctx context.Context, id int64) (Account, error) {
	return a.one(ctx, `/* access.Accounts.ByID */
		SELECT id, username, display_name, coalesce(email, ''), role, demo, created_at, disabled_at FROM account WHERE id = $1`, id)
}

// ByUsername gives one account, disabled or not, or ErrNoAccount.
func (a *Accounts) ByUsername(ctx context.Context, by Viewer, username string) (Account, error) {
	if !by.May(ManageAccounts) {
		return Account{}, ErrNotAllowed
	}
	return a.one(ctx, `/* access.Accounts.ByUsername */
		SELECT id, username, display_name, coalesce(email, ''), role, demo, created_at, disabled_at FROM account WHERE lower(username) = lower($1)`, username)
}

// Viewer is the viewer that an enabled account is when it asks, for what the
// program shows it of itself (an alert's letter). ErrNoAccount for one that is
// disabled or not there.
func (a *Accounts) Viewer(ctx context.Context, id int64) (Viewer, error) {
	return viewerOf(ctx, a.pool, id)
}

// answersToday are an account a's mint.Person.Answers. Nobody sees more of the whole
// authority for working with it.
const answersToday = `ARRAY(SELECT DISTINCT r.subject || ':' || coalesce(r.member::text, r.area, '') FROM responsibility r, (SELECT (now() AT TIME ZONE 'Europe/London')::date AS today) d
	WHERE r.account_id = a.id AND r.from_date <= d.today AND coalesce(r.to_date, 'infinity') > d.today ORDER BY 1)`

func viewerOf(ctx context.Context, pool *pgxpool.Pool, id int64) (Viewer, error) {
	var p mint.Person
	err := pool.QueryRow(ctx, `/* access.viewerOf */
		SELECT a.id, a.display_name, a.role, `+answersToday+` FROM account a WHERE a.id = $1 AND a.disabled_at IS NULL`, id).Scan(&p.Account, &p.Name, &p.Role, &p.Answers)
	if errors.Is(err, pgx.ErrNoRows) {
		return Viewer{}, ErrNoAccount
	}
	if err != nil {
		return Viewer{}, fmt.Errorf("read account %d: %w", id, err)
	}
	return Mint(p), nil
}

func (a *Accounts) one(ctx context.Context, sql string, arg any) (Account, error) {
	rows, _ := a.pool.Query(ctx, sql, arg)
	found, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, ErrNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	return found, nil
}

func scanAccount(row pgx.CollectableRow) (Account, error) {
	var a Account
	var disabled *time.Time
	err := row.Scan(&a.ID, &a.Username, &a.DisplayName, &a.Email, &a.Role, &a.Demo, &a.CreatedAt, &disabled)
	if disabled != nil {
		a.DisabledAt = *disabled
	}
	return a, err
}

// Disable keeps the account out from now on: every session of it ends, every
// token is revoked, and no mail goes to it. Nobody disables themselves.
func (a *Accounts) Disable(ctx context.Context, by Viewer, id int64) error {
	if !by.May(ManageAccounts) || by.Account() == id {
		return ErrNotAllowed
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.Disable */
			UPDATE account SET disabled_at = coalesce(disabled_at, $2) WHERE id = $1`, id, a.now())
		if err != nil {
			return fmt.Errorf("disable account %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoAccount
		}
		if err := a.shutOut(ctx, tx, id); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "disable-account", Kind: "account", Record: id})
	})
}

// Enable lets a disabled account in again, by the password that it had. Its sessions
// and tokens stay ended.
func (a *Accounts) Enable(ctx context.Context, by Viewer, id int64) error {
	if !by.May(ManageAccounts) {
		return ErrNotAllowed
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.Enable */ UPDATE account SET disabled_at = NULL WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("enable account %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoAccount
		}
		return Audit(ctx, tx, by, Entry{Action: "enable-account", Kind: "account", Record: id})
	})
}

// ChangePassword gives the viewer's own account another password, once the one that
// it has was given. Every session ends, the one that asks too, and every token.
func (a *Accounts) ChangePassword(ctx context.Context, v Viewer, old, new string) error {
	if err := a.Confirm(ctx, v, old); err != nil {
		return err
	}
	if old == new {
		return WeakPassword{"the new password is the old one; choose another"}
	}
	return a.SetPassword(ctx, v, v.Account(), new)
}

// ResetPassword gives the account a password that nobody chose and returns it, this
// once: whoever has lost theirs signs in with it and chooses one.
func (a *Accounts) ResetPassword(ctx context.Context, by Viewer, id int64) (password string, err error) {
	if !by.May(ManageAccounts) {
		return "", ErrNotAllowed
	}
	text := strings.ToLower(rand.Text())
	password = text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:20]
	return password, a.SetPassword(ctx, by, id, password)
}

// shutOut ends every session of an account, forgets its devices and revokes its tokens.
func (a *Accounts) shutOut(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `/* access.Accounts.shutOut */ DELETE FROM session WHERE account_id = $1`, id); err != nil {
		return fmt.Errorf("end the sessions of account %d: %w", id, err)
	}
	if _, err := tx.Exec(ctx, `/* access.Accounts.shutOut */ DELETE FROM known_device WHERE account_id = $1`, id); err != nil {
		return fmt.Errorf("forget the devices of account %d: %w", id, err)
	}
	if _, err := tx.Exec(ctx, `/* access.Accounts.shutOut */
		UPDATE api_token SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL`, id, a.now()); err != nil {
		return fmt.Errorf("revoke the tokens of account %d: %w", id, err)
	}
	return nil
}

// SetPassword gives the account another password, one's own or, for those who
// manage accounts, anybody's. Every session of the account ends and its tokens
// are revoked, since a password is often changed because somebody else knew it.
func (a *Accounts) SetPassword(ctx context.Context, by Viewer, id int64, password string) error {
	if !by.May(ManageAccounts) && (id == 0 || by.Account() != id) {
		return ErrNotAllowed
	}
	account, err := a.ByID(ctx, id)
	if err != nil {
		return err
	}
	if err := a.checkPassword(ctx, password, account.Username, account.DisplayName); err != nil {
		return err
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* access.Accounts.SetPassword */
			UPDATE account SET password_hash = $2 WHERE id = $1`, id, hash); err != nil {
			return fmt.Errorf("set the password of account %d: %w", id, err)
		}
		if err := a.shutOut(ctx, tx, id); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "set-password", Kind: "account", Record: id})
	})
}

// HasDemo reports whether any account, enabled or not, is one of the demo's.
func (a *Accounts) HasDemo(ctx context.Context) (bool, error) {
	var has bool
	err := a.pool.QueryRow(ctx, `/* access.Accounts.HasDemo */ SELECT EXISTS (SELECT FROM account WHERE demo)`).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for demo accounts: %w", err)
	}
	return has, nil
}
