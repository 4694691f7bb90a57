package access_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
)

func TestAccounts(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()

	if has, err := a.HasDemo(ctx); err != nil || has {
		t.Errorf("an empty database has demo accounts: %v %v", has, err)
	}
	n := access.NewAccount{Username: "J.Smith", DisplayName: "Jane Smith", Email: "j@example.org", Role: access.SocialWorker, Password: goodPassword, Demo: true}
	for _, role := range append(access.Roles(), "") {
		if role == access.Administrator {
			continue
		}
		if _, err := a.Add(ctx, accesstest.Viewer(role), n); !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("role %q adds accounts: %v", role, err)
		}
		if _, err := a.List(ctx, accesstest.Viewer(role)); !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("role %q lists accounts: %v", role, err)
		}
	}
	added, err := a.Add(ctx, accesstest.Viewer(access.Administrator), n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.ByID(ctx, added.ID)
	if err != nil || got.Username != "J.Smith" || got.Role != access.SocialWorker || !got.Demo || !got.Enabled() || got.Email != "j@example.org" {
		t.Errorf("ByID: %+v %v", got, err)
	}
	if has, err := a.HasDemo(ctx); err != nil || !has {
		t.Errorf("the demo account is not seen: %v %v", has, err)
	}
	again := n
	again.Username = "j.smith"
	if _, err := a.Add(ctx, operator, again); !errors.Is(err, access.ErrTaken) {
		t.Errorf("a username was taken twice: %v", err)
	}
	for what, spoil := range map[string]func(*access.NewAccount){
		"no username":         func(n *access.NewAccount) { n.Username = "" },
		"two words":           func(n *access.NewAccount) { n.Username = "two words" },
		"no name":             func(n *access.NewAccount) { n.DisplayName = " " },
		"an unknown role":     func(n *access.NewAccount) { n.Role = "chief" },
		"the program's role":  func(n *access.NewAccount) { n.Role = "system:demo" },
		"an address in words": func(n *access.NewAccount) { n.Email = "Jane <j@example.org>" },
		"two addresses":       func(n *access.NewAccount) { n.Email = "a@example.org\r\nBcc: b@example.org" },
		"a weak password":     func(n *access.NewAccount) { n.Password = "password1234" },
	} {
		bad := n
		bad.Username = "other"
		spoil(&bad)
		if _, err := a.Add(ctx, operator, bad); err == nil {
			t.Errorf("an account with %s was added", what)
		}
	}
	if _, err := a.ByID(ctx, 1); !errors.Is(err, access.ErrNoAccount) {
		t.Errorf("an account that is not there: %v", err)
	}
	if list, err := a.List(ctx, operator); err != nil || len(list) != 1 {
		t.Errorf("the list: %v %v", list, err)
	}
	if err := a.Disable(ctx, accesstest.ViewerOf(added.ID, access.Administrator), added.ID); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("somebody disabled themselves: %v", err)
	}
	if err := a.Disable(ctx, operator, 1); !errors.Is(err, access.ErrNoAccount) {
		t.Errorf("an account that is not there was disabled: %v", err)
	}
}

func TestSignIn(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()
	jane := add(t, a, "jane", access.WelfareOfficer)

	v, err := a.Authenticate(ctx, " JANE ", goodPassword, "192.0.2.1:1000")
	if err != nil || v.Account() != jane.ID || v.Role() != access.WelfareOfficer || v.Name() != "Somebody" {
		t.Fatalf("signing in: %+v %v", v, err)
	}
	const canary = "My Secret Typed Name"
	for _, wrong := range [][2]string{{"jane", "wrong password 1"}, {canary, goodPassword}, {"", ""}, {"jane\x00", goodPassword + "x"}, {"\xff", "x"}} {
		if v, err := a.Authenticate(ctx, wrong[0], wrong[1], "192.0.2.1"); !errors.Is(err, access.ErrSignIn) || v.Anybody() {
			t.Errorf("%q came in: %v", wrong, err)
		}
	}
	got := one[string](t, p, `SELECT string_agg(concat_ws(' ', action, account_id = $1, actor, role), '; ' ORDER BY id) FROM audit WHERE action LIKE 'sign-in%'`, jane.ID)
	want := "sign-in t account welfare-officer; sign-in-refused t anonymous ; sign-in-refused f anonymous ; sign-in-refused f anonymous ; sign-in-refused t anonymous ; sign-in-refused f anonymous "
	if got != want {
		t.Errorf("the audit says %q", got)
	}
	for _, table := range []string{"audit", "sign_in_attempt", "account"} {
		if all := one[string](t, p, `SELECT coalesce(string_agg(x::text, ' '), '') FROM `+table+` x`); strings.Contains(strings.ToLower(all), strings.ToLower(canary)) {
			t.Errorf("table %s keeps the typed name", table)
		}
	}

	if err := a.Disable(ctx, operator, jane.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.1"); !errors.Is(err, access.ErrSignIn) {
		t.Errorf("a disabled account came in: %v", err)
	}
	// No password at all means that none is right.
	if _, err := a.Add(ctx, operator, access.NewAccount{Username: "robot", DisplayName: "A system", Role: access.Analyst}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(ctx, "robot", "", "192.0.2.9"); !errors.Is(err, access.ErrSignIn) {
		t.Errorf("an account without a password came in: %v", err)
	}
}

func TestPasswordChangeAndRehash(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()
	jane := add(t, a, "jane", access.Manager)
	self := accesstest.ViewerOf(jane.ID, access.Manager)

	if err := a.SetPassword(ctx, accesstest.ViewerOf(jane.ID+1, access.Manager), jane.ID, "nine black swans"); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("somebody else set the password: %v", err)
	}
	if err := a.SetPassword(ctx, self, jane.ID, "short"); !errors.As(err, new(access.WeakPassword)) {
		t.Errorf("a weak password was set: %v", err)
	}
	if err := a.SetPassword(ctx, self, jane.ID, "nine black swans"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.1"); !errors.Is(err, access.ErrSignIn) {
		t.Errorf("the old password is still right: %v", err)
	}
	// "nine black swans", hashed in former days at a lower cost.
	old := access.HashAt(t, "nine black swans", 8*1024, 1, 1)
	if _, err := p.Exec(ctx, `UPDATE account SET password_hash = $2 WHERE id = $1`, jane.ID, old); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(ctx, "jane", "nine black swans", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if h := one[string](t, p, `SELECT password_hash FROM account WHERE id = $1`, jane.ID); !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the password was not hashed anew: %s", h)
	}
	if _, err := a.Authenticate(ctx, "jane", "nine black swans", "192.0.2.1"); err != nil {
		t.Errorf("after hashing anew: %v", err)
	}
}

func TestThrottle(t *testing.T) {
	p, c := pool(t, 8), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()
	add(t, a, "jane", access.Manager)
	add(t, a, "joe", access.Manager)
	for _, who := range []string{"jane", "nobody"} { // the same for a name that is nobody's
		for n := range 5 {
			if _, err := a.Authenticate(ctx, who, "wrong", "192.0.2.1"); !errors.Is(err, access.ErrSignIn) {
				t.Fatalf("failure %d of %s: %v", n+1, who, err)
			}
		}
		var wait access.Throttled
		if _, err := a.Authenticate(ctx, who, goodPassword, "192.0.2.1"); !errors.As(err, &wait) || wait.Wait != time.Second {
			t.Errorf("the sixth attempt on %s: %v", who, err)
		}
	}
	// What PostgreSQL could not be asked is not another name to try.
	for _, who := range []string{"\x00jane", "ja\x00ne", "jane\x00", "\x00 jane"} {
		if _, err := a.Authenticate(ctx, who, goodPassword, "192.0.2.1"); !errors.As(err, new(access.Throttled)) {
			t.Errorf("another attempt as %q: %v", who, err)
		}
	}
	// It survives a restart of the program, and holds from elsewhere too.
	b := access.NewAccounts(p, c.now)
	if _, err := b.Authenticate(ctx, "jane", goodPassword, "198.51.100.1"); !errors.As(err, new(access.Throttled)) {
		t.Errorf("after a restart: %v", err)
	}
	if _, err := b.Authenticate(ctx, "joe", goodPassword, "192.0.2.1"); err != nil {
		t.Errorf("another account from the same network: %v", err)
	}
	// Waiting is enough, and the wait grows with each further failure but not
	// without end.
	longest := time.Duration(0)
	for range 12 {
		var wait access.Throttled
		_, err := a.Authenticate(ctx, "jane", "wrong", "192.0.2.1")
		if errors.As(err, &wait) {
			longest = max(longest, wait.Wait)
			c.pass(wait.Wait)
			_, err = a.Authenticate(ctx, "jane", "wrong", "192.0.2.1")
		}
		if !errors.Is(err, access.ErrSignIn) {
			t.Fatalf("after waiting: %v", err)
		}
	}
	if longest < time.Minute || longest > 2*time.Minute {
		t.Errorf("the longest wait was %s", longest)
	}
	c.pass(2 * time.Minute)
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.1"); err != nil {
		t.Errorf("the right password after the longest wait: %v", err)
	}
	if _, err := a.Authenticate(ctx, "jane", "wrong", "192.0.2.1"); !errors.Is(err, access.ErrSignIn) {
		t.Errorf("signing in did not forget the failures: %v", err)
	}
}

// Many guesses at once are no way round: each is counted before it is looked at.
func TestThrottleAtOnce(t *testing.T) {
	p, c := pool(t, 8), newClock()
	a := access.NewAccounts(p, c.now)
	add(t, a, "jane", access.Manager)
	var looked, waited atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			_, err := a.Authenticate(t.Context(), "jane", "wrong", "192.0.2.1")
			switch {
			case errors.Is(err, access.ErrSignIn):
				looked.Add(1)
			case errors.As(err, new(access.Throttled)):
				waited.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if looked.Load() != 5 || waited.Load() != 25 {
		t.Errorf("%d of 30 guesses at once were looked at, %d waited", looked.Load(), waited.Load())
	}
}

// A network that tries name after name waits; others do not.
func TestThrottleSpraying(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	ctx := t.Context()
	if _, err := p.Exec(ctx, `INSERT INTO sign_in_attempt (subject, failures, last_at) VALUES ('network:192.0.2.1', 49, $1)`, c.now()); err != nil {
		t.Fatal(err)
	}
	add(t, a, "jane", access.Manager)
	if _, err := a.Authenticate(ctx, "somebody", "wrong", "192.0.2.1:5"); !errors.Is(err, access.ErrSignIn) {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.1:6"); !errors.As(err, new(access.Throttled)) {
		t.Errorf("the fiftieth failure was free: %v", err)
	}
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.2:6"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	c.pass(time.Minute)
	if _, err := a.Authenticate(ctx, "jane", goodPassword, "192.0.2.1:6"); err != nil {
		t.Errorf("after waiting: %v", err)
	}
}

// A name that nobody has takes as long as a wrong password: both hash.
func TestUnknownTakesAsLong(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	add(t, a, "jane", access.Manager)
	// The shortest of several by turns: a busy machine lengthens some, and shortens none.
	shortest := map[string]time.Duration{}
	for range 5 {
		for _, username := range []string{"jane", "nobody"} {
			start := time.Now()
			if _, err := a.Authenticate(t.Context(), username, "wrong", ""); !errors.Is(err, access.ErrSignIn) {
				t.Fatal(err)
			}
			if took := time.Since(start); shortest[username] == 0 || took < shortest[username] {
				shortest[username] = took
			}
		}
		c.pass(time.Hour)
	}
	known, unknown := shortest["jane"], shortest["nobody"]
	if unknown < known/3 || known < unknown/3 {
		t.Errorf("a known name takes %s, an unknown one %s", known, unknown)
	}
}
