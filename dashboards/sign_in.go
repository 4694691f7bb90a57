package dashboards

// Signing in and out.

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/sign-in", open: s.signInForm},
			{method: http.MethodPost, path: "/sign-in", open: s.signIn, longest: 10 * time.Second},
			{method: http.MethodPost, path: "/sign-out", page: s.signOut},
		}
	}, signInPage{})
}

type signInPage struct {
	frame
	Problems      []formProblem
	UsernameError string
	PasswordError string
	Username      string
	Next          string
	Notice        string
	Organisation  string // the name of the organisation's own sign-in; "": there is none
	Unreachable   bool   // it was not there when it was last asked
	Personas      []Persona
}

func (signInPage) file() string { return "sign-in.html" }

// formProblem is a line of the summary at the top of a form, and the field that
// it leads to.
type formProblem struct{ Field, Text string }

func (s *site) signInForm(c echo.Context) error {
	if s.viewer(c).Anybody() {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	p := signInPage{Next: within(c.QueryParam("next")), Notice: s.Sessions.PopFlash(c.Request().Context())}
	return s.showSignIn(c, http.StatusOK, p)
}

func (s *site) showSignIn(c echo.Context, code int, p signInPage) error {
	title := "Sign in"
	if len(p.Problems) > 0 {
		title = "Error: Sign in" // the first thing that a screen reader says
	}
	p.frame = s.frame(c, access.Viewer{}, title)
	p.Personas = s.Personas
	if s.Organisation != nil {
		p.Organisation, p.Unreachable = s.Organisation.Name(), !s.Organisation.Reachable()
	}
	return s.render(c, code, p)
}

// signIn lets somebody in. Which of name and password was wrong is never said.
func (s *site) signIn(c echo.Context) error {
	ctx := c.Request().Context()
	p := signInPage{Username: strings.TrimSpace(c.FormValue("username")), Next: within(c.FormValue("next"))}
	password := c.FormValue("password")
	if p.Username == "" {
		p.UsernameError = "Enter your username"
		p.Problems = append(p.Problems, formProblem{"username", p.UsernameError})
	}
	if password == "" {
		p.PasswordError = "Enter your password"
		p.Problems = append(p.Problems, formProblem{"password", p.PasswordError})
	}
	if len(p.Problems) > 0 {
		return s.showSignIn(c, http.StatusUnprocessableEntity, p)
	}
	v, err := s.Accounts.AuthenticateOn(ctx, p.Username, password, c.Request().RemoteAddr, s.device(c))
	var throttled access.Throttled
	switch {
	case errors.As(err, &throttled):
		c.Response().Header().Set("Retry-After", fmt.Sprint(seconds(throttled.Wait)))
		p.Problems = []formProblem{{"", "There were too many attempts to sign in. Wait " + waiting(throttled.Wait) + ", then try again"}}
		return s.showSignIn(c, http.StatusTooManyRequests, p)
	case errors.Is(err, access.ErrSignIn):
		p.Problems = []formProblem{{"username", "The username or the password is not right"}}
		return s.showSignIn(c, http.StatusUnprocessableEntity, p)
	case err != nil:
		return fmt.Errorf("sign in: %w", err)
	}
	if err := s.Sessions.SignIn(ctx, v); err != nil {
		return fmt.Errorf("sign in account %d: %w", v.Account(), err)
	}
	if err := s.keepDevice(c, v); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, p.Next)
}

// deviceCookie is the name of the cookie by which a browser is known to the accounts
// that have signed in on it.
func (s *site) deviceCookie() string {
	if strings.HasPrefix(s.PublicURL, "https:") {
		return "__Host-onevision-device"
	}
	return "onevision-device"
}

func (s *site) device(c echo.Context) string {
	if cookie, err := c.Cookie(s.deviceCookie()); err == nil {
		return cookie.Value
	}
	return ""
}

// keepDevice makes the browser known: what others fail at elsewhere does not keep
// this person out here.
func (s *site) keepDevice(c echo.Context, v access.Viewer) error {
	secret, err := s.Accounts.KnowDevice(c.Request().Context(), v, s.device(c))
	if err != nil {
		return err
	}
	c.SetCookie(&http.Cookie{Name: s.deviceCookie(), Value: secret, Path: "/", MaxAge: int(access.DeviceLasts / time.Second), HttpOnly: true,
		Secure: strings.HasPrefix(s.PublicURL, "https:"), SameSite: http.SameSiteStrictMode})
	return nil
}

func (s *site) signOut(c echo.Context, v access.Viewer) error {
	ctx := c.Request().Context()
	if err := s.Sessions.SignOut(ctx); err != nil {
		return fmt.Errorf("sign out account %d: %w", v.Account(), err)
	}
	s.Sessions.PutFlash(ctx, "You have signed out.")
	return c.Redirect(http.StatusSeeOther, "/sign-in")
}

// signInPath is where somebody signs in to come back to what they asked for.
func signInPath(r *http.Request) string {
	if !safeMethod(r.Method) || r.URL.RequestURI() == "/" {
		return "/sign-in"
	}
	return "/sign-in?next=" + url.QueryEscape(r.URL.RequestURI())
}

// within is an address of our own to go on to, "/" for any other: a link to
// sign in must not be able to send somebody elsewhere.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\x00\r\n\t") {
		return "/"
	}
	return next
}

func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

func waiting(d time.Duration) string {
	if n := seconds(d); n < 90 {
		return count(n, "second", "seconds")
	}
	return count(int(math.Ceil(d.Minutes())), "minute", "minutes")
}
