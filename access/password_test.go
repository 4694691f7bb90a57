package access

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPasswordRules(t *testing.T) {
	refused := []string{
		"", "short", "elevenchars", "aaaaaaaaaaaa", "abababababababab", "123456789012", "Password1234", "PASSWORDPASSWORD",
		"qwertyuiop123", "2026welcome!!", "liverpool1234", "jsmith is here", "me jane smith me", strings.Repeat("abcdef", 50), "\xff\xfe invalid text",
		"Exampleshire2026", "exampleshire-county-council", "ECC-Winter-2026!", "3xampl3sh1re c0uncil", "OneVision2026!!", "herons herons herons", "heron-heron-heron-1", "heronheronheron", "Welcome2Exampleshire", "Summer.Summer.2025",
	}
	for _, p := range refused {
		var weak WeakPassword
		err := checkPassword(p, "Exampleshire County Council", "jsmith", "Jane Smith")
		if !errors.As(err, &weak) {
			t.Errorf("%q was taken", p)
		} else if len(p) > 4 && strings.Contains(err.Error(), p) {
			t.Errorf("the refusal of %q repeats it", p)
		}
	}
	for _, p := range []string{"seven grey herons", "correct donkey battery", "ääkkösiä on monta", "x9$kQ2!vvL0pR", "liverpool in the rain", "7391-8842-0613"} {
		if err := checkPassword(p, "Exampleshire County Council", "jsmith", "Jane Smith"); err != nil {
			t.Errorf("%q was refused: %v", p, err)
		}
	}
}

func TestHash(t *testing.T) {
	a := NewAccounts(nil, time.Now)
	ctx := t.Context()
	h, err := a.hash(ctx, "seven grey herons")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(h, "heron") {
		t.Errorf("the hash is %s", h)
	}
	again, _ := a.hash(ctx, "seven grey herons")
	if again == h {
		t.Error("two hashes of one password are the same: no salt")
	}
	for password, want := range map[string]bool{"seven grey herons": true, "seven grey heron": false, "": false} {
		if same, stale, err := a.matches(ctx, password, h); err != nil || same != want || stale {
			t.Errorf("%q: %v %v %v", password, same, stale, err)
		}
	}
	// The same letters, composed in another way by another keyboard.
	h, _ = a.hash(ctx, "pâté on friday")
	if same, _, _ := a.matches(ctx, "pa\u0302te\u0301 on friday", h); !same {
		t.Error("a password typed with combining accents is another one")
	}
	if same, _, err := a.matches(ctx, "anything at all", nobodys); same || err != nil {
		t.Errorf("nobody's hash: %v %v", same, err)
	}
	for _, bad := range []string{"", "plain", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=8,t=0,p=0$!$!"} {
		if same, _, err := a.matches(ctx, "x", bad); err == nil || same {
			t.Errorf("%q was read as a hash", bad)
		}
	}
}

func TestNoMoreThanTwoAtOnce(t *testing.T) {
	a := NewAccounts(nil, time.Now)
	a.hashing <- struct{}{}
	a.hashing <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.hash(ctx, "seven grey herons"); !errors.Is(err, context.Canceled) {
		t.Errorf("a third was hashed: %v", err)
	}
	<-a.hashing
	if _, err := a.hash(t.Context(), "seven grey herons"); err != nil {
		t.Error(err)
	}
}

func TestPatience(t *testing.T) {
	p := patience{free: 3, forget: time.Minute, longest: 30 * time.Second}
	for failures, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 16, 30, 30} {
		if got := p.wait(failures); got != want*time.Second {
			t.Errorf("after %d failures: %s", failures, got)
		}
	}
	if p.wait(1<<40) != p.longest {
		t.Error("the wait has no end")
	}
	if p.left(5, 2*time.Minute+time.Second) != 3 || p.left(2, time.Hour) != 0 || p.left(2, -time.Hour) != 2 {
		t.Error("failures are not forgotten as they should be")
	}
}

func TestSubjects(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "network:192.0.2.7", "192.0.2.7:5555": "network:192.0.2.7", "::ffff:192.0.2.7": "network:192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "network:2001:db8:1:2::/64", "[2001:db8:1:2::1]:443": "network:2001:db8:1:2::/64",
		"[fe80::1%eth0]:1": "network:fe80::/64", "": "network:unknown", "host.example": "network:unknown",
	} {
		if got := networkSubject(in); got != want {
			t.Errorf("%q is %s", in, got)
		}
	}
	if s := accountSubject("MySecretPassword"); s != accountSubject("mysecretpassword") || strings.Contains(strings.ToLower(s), "secret") {
		t.Errorf("the typed name is kept as %s", s)
	}
}
