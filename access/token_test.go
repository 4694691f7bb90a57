package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
)

func TestTokens(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()
	jane, joe := add(t, a, "jane", access.WelfareOfficer), add(t, a, "joe", access.Analyst)
	self := accesstest.ViewerOf(jane.ID, access.WelfareOfficer)

	secret, err := a.IssueToken(ctx, self, jane.ID, "attendance system", 24*time.Hour)
	if err != nil || !strings.HasPrefix(secret, "ov_") || len(secret) < 43 {
		t.Fatalf("the secret is %q: %v", secret, err)
	}
	v, err := a.ViewerByToken(ctx, secret)
	if err != nil || v.Account() != jane.ID || v.Role() != access.WelfareOfficer {
		t.Errorf("%+v %v", v, err)
	}
	if all := one[string](t, p, `SELECT string_agg(x::text, ' ') FROM api_token x`); strings.Contains(all, secret[3:]) {
		t.Error("the record store keeps the secret")
	}
	for _, wrong := range []string{"", "ov_", secret + "x", secret[:len(secret)-1], strings.ToUpper(secret), "ov_\x00", strings.Repeat("ov_", 1000)} {
		if v, err := a.ViewerByToken(ctx, wrong); !errors.Is(err, access.ErrToken) || v.Anybody() {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}

	// Its last use is kept to the minute.
	used := func() time.Time {
		list, err := a.Tokens(ctx, self, jane.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list[len(list)-1].LastUsedAt
	}
	first := c.now()
	for wait, want := range map[time.Duration]time.Time{59 * time.Second: first} {
		c.pass(wait)
		_, _ = a.ViewerByToken(ctx, secret)
		if !used().Equal(want) {
			t.Errorf("after %s it was last used at %s", wait, used())
		}
	}
	c.pass(time.Second)
	_, _ = a.ViewerByToken(ctx, secret)
	if !used().Equal(c.now()) {
		t.Errorf("a minute later it was last used at %s", used())
	}

	// Who may issue, and for how long.
	for what, try := range map[string]func() (string, error){
		"for somebody else": func() (string, error) { return a.IssueToken(ctx, self, joe.ID, "x", time.Hour) },
		"as nobody":         func() (string, error) { return a.IssueToken(ctx, access.Viewer{}, 0, "x", time.Hour) },
		"as the importer":   func() (string, error) { return a.IssueToken(ctx, access.System(access.Importing), 0, "x", time.Hour) },
		"for ever":          func() (string, error) { return a.IssueToken(ctx, self, jane.ID, "x", access.LongestToken+1) },
		"for no time":       func() (string, error) { return a.IssueToken(ctx, self, jane.ID, "x", 0) },
		"without a name":    func() (string, error) { return a.IssueToken(ctx, self, jane.ID, " ", time.Hour) },
		"for no account":    func() (string, error) { return a.IssueToken(ctx, operator, 1, "x", time.Hour) },
	} {
		if s, err := try(); err == nil || s != "" {
			t.Errorf("a token was issued %s", what)
		}
	}

	// Revoking, expiry and disabling each end it.
	list, _ := a.Tokens(ctx, self, jane.ID)
	if err := a.RevokeToken(ctx, self, joe.ID, list[0].ID); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("revoking for somebody else: %v", err)
	}
	if err := a.RevokeToken(ctx, operator, joe.ID, list[0].ID); !errors.Is(err, access.ErrToken) {
		t.Errorf("revoking another account's: %v", err)
	}
	if err := a.RevokeToken(ctx, self, jane.ID, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ViewerByToken(ctx, secret); !errors.Is(err, access.ErrToken) {
		t.Errorf("a revoked token: %v", err)
	}
	secret, _ = a.IssueToken(ctx, operator, jane.ID, "for an hour", time.Hour)
	c.pass(time.Hour)
	if _, err := a.ViewerByToken(ctx, secret); !errors.Is(err, access.ErrToken) {
		t.Errorf("an expired token: %v", err)
	}
	secret, _ = a.IssueToken(ctx, operator, jane.ID, "another", time.Hour)
	if _, err := a.ViewerByToken(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if err := a.Disable(ctx, operator, jane.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ViewerByToken(ctx, secret); !errors.Is(err, access.ErrToken) {
		t.Errorf("a disabled account's token: %v", err)
	}
	if n := one[int](t, p, `SELECT count(*) FROM api_token WHERE account_id = $1 AND revoked_at IS NULL`, jane.ID); n != 0 {
		t.Errorf("%d tokens are not revoked", n)
	}
	if _, err := a.IssueToken(ctx, operator, jane.ID, "late", time.Hour); !errors.Is(err, access.ErrNoAccount) {
		t.Errorf("a token was issued for a disabled account: %v", err)
	}
}
