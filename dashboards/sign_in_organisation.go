package dashboards

// Signing in by the organisation's own sign-in (OpenID Connect), beside passwords.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Organisation == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/sign-in/organisation", open: s.toOrganisation},
			{method: http.MethodGet, path: "/sign-in/callback", open: s.fromOrganisation},
			{method: http.MethodGet, path: "/sign-in/again", page: s.againByOrganisation},
		}
	})
}

// Organisation is the organisation's own sign-in: *openid.SignIn. Its errors are
// access.Refusal where there is something to tell the person.
type Organisation interface {
	Name() string
	Reachable() bool // when it was last asked
	// Begin gives the address to send a browser to, and the secret that it keeps.
	Begin(ctx context.Context, b access.Begun) (address, secret string, err error)
	// Finish gives who came back with the secret and what for.
	Finish(ctx context.Context, secret string, query url.Values) (access.Viewer, access.Begun, error)
	// Organisational reports whether the viewer has no password here.
	Organisational(ctx context.Context, v access.Viewer) (bool, error)
}

func (s *site) organisational(c echo.Context, v access.Viewer) (bool, error) {
	if s.Organisation == nil {
		return false, nil
	}
	return s.Organisation.Organisational(c.Request().Context(), v)
}

// toOrganisation sends a browser to sign in there. It is a link and no form: the
// policy of our pages (form-action) would stop a form that is sent on.
func (s *site) toOrganisation(c echo.Context) error {
	next := within(c.QueryParam("next"))
	if s.viewer(c).Anybody() {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.begin(c, access.Begun{Next: next})
}

// againByOrganisation has somebody who is signed in show that they are still there,
// before an act for which others give their password again.
func (s *site) againByOrganisation(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"next": nil})
	if err != nil {
		return err
	}
	return s.begin(c, access.Begun{Next: within(q["next"]), Account: v.Account()})
}

func (s *site) begin(c echo.Context, b access.Begun) error {
	address, secret, err := s.Organisation.Begin(c.Request().Context(), b)
	if refusal, ok := errors.AsType[access.Refusal](err); ok {
		return s.refuseSignIn(c, http.StatusServiceUnavailable, b.Next, refusal)
	}
	if err != nil {
		return fmt.Errorf("begin to sign in by the organisation: %w", err)
	}
	s.keepBegun(c, secret, int(access.BegunLasts/time.Second))
	return c.Redirect(http.StatusSeeOther, address)
}

// fromOrganisation is where the provider sends the browser back to: another site sends
// it, so the cookies that count here are those of SameSite=Lax.
func (s *site) fromOrganisation(c echo.Context) error {
	ctx := c.Request().Context()
	secret := ""
	if cookie, err := c.Cookie(s.begunCookie()); err == nil {
		secret = cookie.Value
	}
	v, b, err := s.Organisation.Finish(ctx, secret, c.QueryParams())
	if refusal, ok := errors.AsType[access.Refusal](err); ok {
		return s.refuseSignIn(c, http.StatusUnprocessableEntity, b.Next, refusal)
	}
	if err != nil {
		return fmt.Errorf("sign in by the organisation: %w", err)
	}
	if err := s.Sessions.SignIn(ctx, v); err != nil {
		return fmt.Errorf("sign in account %d: %w", v.Account(), err)
	}
	s.keepBegun(c, "", -1)
	if b.Account != 0 {
		s.Sessions.PutFlash(ctx, "You have signed in again. That counts for one thing, within ten minutes.")
	}
	return c.Redirect(http.StatusSeeOther, within(b.Next))
}

// refuseSignIn says on the page of signing in why somebody does not come in, or to
// somebody who is in already, on the page that they came from.
func (s *site) refuseSignIn(c echo.Context, code int, next string, why access.Refusal) error {
	if s.viewer(c).Anybody() {
		if next == "" {
			next = "/account"
		}
		s.Sessions.PutFlash(c.Request().Context(), why.Why)
		return c.Redirect(http.StatusSeeOther, within(next))
	}
	return s.showSignIn(c, code, signInPage{Next: within(next), Problems: []formProblem{{"", why.Why}}})
}

// begunCookie is the name of the cookie by which a browser is known when it comes back.
func (s *site) begunCookie() string {
	if strings.HasPrefix(s.PublicURL, "https:") {
		return "__Host-onevision-sign-in"
	}
	return "onevision-sign-in"
}

func (s *site) keepBegun(c echo.Context, secret string, seconds int) {
	c.SetCookie(&http.Cookie{Name: s.begunCookie(), Value: secret, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: strings.HasPrefix(s.PublicURL, "https:"), SameSite: http.SameSiteLaxMode})
}
