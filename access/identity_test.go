package access_test

import (
	"errors"
	"testing"

	"onevision/access"
)

// A sign-in by the organisation comes back once, soon, with the secret that it began
// with.
func TestASignInThatBeganEndsOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := access.NewAccounts(pool(t, 2), c.now)
	ctx := t.Context()
	secret, err := a.BeginSignIn(ctx, access.Begun{Next: "/due"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.EndSignIn(ctx, secret+"x"); !errors.Is(err, access.ErrBegun) {
		t.Errorf("another secret: %v", err)
	}
	if b, err := a.EndSignIn(ctx, secret); err != nil || b.Next != "/due" || b.Account != 0 {
		t.Errorf("%+v %v", b, err)
	}
	if _, err := a.EndSignIn(ctx, secret); !errors.Is(err, access.ErrBegun) {
		t.Errorf("a second time: %v", err)
	}
	if secret, err = a.BeginSignIn(ctx, access.Begun{Next: "/due"}); err != nil {
		t.Fatal(err)
	}
	c.pass(access.BegunLasts + 1)
	if _, err := a.EndSignIn(ctx, secret); !errors.Is(err, access.ErrBegun) {
		t.Errorf("too late: %v", err)
	}
}
