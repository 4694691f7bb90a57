package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"onevision/access/internal/mint"
)

// ErrToken means that no enabled account has such a token, or not any more.
var ErrToken = errors.New("the token is not valid")

// LongestToken is how long a token can last.
const LongestToken = 366 * 24 * time.Hour

// A secret begins with this, so that a scanner for leaked secrets knows it.
const tokenPrefix = "ov_"

// Token is what is known of a token: everything but its secret.
type Token struct {
	ID         int64
	Account    int64
	Name       string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to the minute; zero: never
	RevokedAt  time.Time // zero: not revoked
	Scope      Scoped
}

// Scoped is what a token may less than its account.
type Scoped struct {
	Categories []Category // of records, schools and teams besides; nil: all of the account's
	ReadOnly   bool       // it changes nothing
}

// IssueToken makes a token with which a program can do what the account may,
// for the time given (LongestToken at most), and returns its secret, which is
// shown this once: only its SHA-256 is kept. One issues for oneself, and whoever
// manages accounts for anybody whose account is enabled.
func (a *Accounts) IssueToken(ctx context.Context, by Viewer, account int64, name string, lifetime time.Duration) (string, error) {
	return a.IssueScopedToken(ctx, by, account, name, lifetime, Scoped{})
}

// IssueScopedToken is IssueToken for a token that may less than its account.
func (a *Accounts) IssueScopedToken(ctx context.Context, by Viewer, account int64, name string, lifetime time.Duration, scope Scoped) (string, error) {
	if !a.mayAnswerFor(by, account) {
		return "", ErrNotAllowed
	}
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 100 {
		return "", errors.New("a token needs a name of at most 100 letters, to be known by")
	}
	if !printable(name) {
		return "", errors.New("the name of the token holds a character that cannot be printed")
	}
	if lifetime <= 0 || lifetime > LongestToken {
		return "", fmt.Errorf("a token lasts for at most %d days", int(LongestToken.Hours()/24))
	}
	for _, c := range scope.Categories {
		if !slices.Contains(Categories(), c) {
			return "", fmt.Errorf("there is no category %q; they are %s", c, list(Categories()))
		}
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails (crypto/rand)
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	err := InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		now := a.now()
		var id int64
		err := tx.QueryRow(ctx, `/* access.Accounts.IssueToken */
			INSERT INTO api_token (account_id, name, token_hash, created_at, expires_at, categories, read_only)
			SELECT a.id, $2, $3, $4, $5, $6::text[], $7 FROM account a WHERE a.id = $1 AND a.disabled_at IS NULL FOR SHARE OF a RETURNING id`,
			account, name, digest(secret), now, now.Add(lifetime), scope.Categories, scope.ReadOnly).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoAccount
		}
		if err != nil {
			return fmt.Errorf("issue a token for account %d: %w", account, err)
		}
		return Audit(ctx, tx, by, Entry{Action: "issue-token", Kind: "api-token", Record: id})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// ViewerByToken gives the viewer whose token has that secret, or ErrToken. It
// asks the record store each time, so revoking or disabling is felt at once.
func (a *Accounts) ViewerByToken(ctx context.Context, secret string) (Viewer, error) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return Viewer{}, ErrToken
	}
	now := a.now()
	var p mint.Person
	var id int64
	var used *time.Time
	err := a.pool.QueryRow(ctx, `/* access.Accounts.ViewerByToken */
		SELECT t.id, t.last_used_at, a.id, a.display_name, a.role, t.categories, t.read_only, `+answersToday+`
		FROM api_token t JOIN account a ON a.id = t.account_id
		WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 AND a.disabled_at IS NULL`,
		digest(secret), now).Scan(&id, &used, &p.Account, &p.Name, &p.Role, &p.Categories, &p.ReadOnly, &p.Answers)
	if errors.Is(err, pgx.ErrNoRows) {
		return Viewer{}, ErrToken
	}
	if err != nil {
		return Viewer{}, fmt.Errorf("look a token up: %w", err)
	}
	if used == nil || now.Sub(*used) >= time.Minute {
		if _, err := a.pool.Exec(ctx, `/* access.Accounts.ViewerByToken */
			UPDATE api_token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`, id, now); err != nil {
			return Viewer{}, fmt.Errorf("note that token %d was used: %w", id, err)
		}
	}
	return Mint(p), nil
}

// Tokens gives an account's tokens, the newest first, for the same people who
// may issue them.
func (a *Accounts) Tokens(ctx context.Context, by Viewer, account int64) ([]Token, error) {
	if !a.mayAnswerFor(by, account) {
		return nil, ErrNotAllowed
	}
	rows, _ := a.pool.Query(ctx, `/* access.Accounts.Tokens */
		SELECT id, account_id, name, created_at, expires_at, last_used_at, revoked_at, categories, read_only
		FROM api_token WHERE account_id = $1 ORDER BY id DESC`, account)
	tokens, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Token, error) {
		var t Token
		var used, revoked *time.Time
		err := row.Scan(&t.ID, &t.Account, &t.Name, &t.CreatedAt, &t.ExpiresAt, &used, &revoked, &t.Scope.Categories, &t.Scope.ReadOnly)
		if used != nil {
			t.LastUsedAt = *used
		}
		if revoked != nil {
			t.RevokedAt = *revoked
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the tokens of account %d: %w", account, err)
	}
	return tokens, nil
}

// RevokeToken ends a token of the account now. ErrToken: the account has none
// of that id.
func (a *Accounts) RevokeToken(ctx context.Context, by Viewer, account, token int64) error {
	if !a.mayAnswerFor(by, account) {
		return ErrNotAllowed
	}
	return InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Accounts.RevokeToken */
			UPDATE api_token SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND account_id = $2`, token, account, a.now())
		if err != nil {
			return fmt.Errorf("revoke token %d: %w", token, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrToken
		}
		return Audit(ctx, tx, by, Entry{Action: "revoke-token", Kind: "api-token", Record: token})
	})
}

// printable refuses what the record store does not keep (NUL) or a page cannot show.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
}

func (a *Accounts) mayAnswerFor(by Viewer, account int64) bool {
	return by.May(ManageAccounts) || account != 0 && by.Account() == account
}

// digest is what is kept of a secret of 256 random bits. It needs no salt and
// no cost: nobody guesses such a secret.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
