package access_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
)

// site is a small site behind the sessions: /in signs the account in, /out
// signs out, /who says who it is, /flash keeps a message, /pop shows it.
type site struct {
	url      string
	pool     *pgxpool.Pool
	clock    *clock
	accounts *access.Accounts
	hold     chan struct{} // /slow waits for this before it is answered
}

func newSite(t *testing.T, secure bool) *site {
	t.Helper()
	p, c := pool(t, 4), newClock()
	s := access.NewSessions(p, secure, c.now)
	a := access.NewAccounts(p, c.now)
	hold := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		v, err := a.Authenticate(r.Context(), r.FormValue("username"), goodPassword, r.RemoteAddr)
		if err == nil {
			err = s.SignIn(r.Context(), v)
		}
		if err != nil {
			http.Error(w, "no", http.StatusForbidden)
		}
	})
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) {
		if err := s.SignOut(r.Context()); err != nil {
			t.Error(err)
		}
	})
	who := func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.Viewer(r.Context())
		fmt.Fprintf(w, "%v %d %s", ok, v.Account(), v.Role())
	}
	mux.HandleFunc("/who", who)
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		s.PutFlash(r.Context(), "slow")
		hold <- struct{}{}
		<-hold
		who(w, r)
	})
	mux.HandleFunc("/flash", func(w http.ResponseWriter, r *http.Request) { s.PutFlash(r.Context(), r.FormValue("m")) })
	mux.HandleFunc("/pop", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.PopFlash(r.Context())) })
	server := httptest.NewServer(s.Middleware(mux))
	t.Cleanup(server.Close)
	return &site{url: server.URL, pool: p, clock: c, accounts: a, hold: hold}
}

// browser keeps cookies.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (s *site) get(t *testing.T, c *http.Client, path string) string {
	t.Helper()
	r, err := c.Get(s.url + path)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

const nobody = "false 0 "

func TestSession(t *testing.T) {
	s := newSite(t, false)
	jane := add(t, s.accounts, "jane", access.Manager)
	joe := add(t, s.accounts, "joe", access.Analyst)
	signedIn := fmt.Sprintf("true %d manager", jane.ID)
	one1, two, three := browser(t), browser(t), browser(t)
	if got := s.get(t, one1, "/who"); got != nobody {
		t.Errorf("before signing in: %s", got)
	}
	if n := one[int](t, s.pool, `SELECT count(*) FROM session`); n != 0 {
		t.Errorf("looking at a page made %d sessions", n)
	}
	s.get(t, one1, "/in?username=jane")
	s.get(t, two, "/in?username=jane")
	s.get(t, three, "/in?username=joe")
	for _, b := range []*http.Client{one1, two} {
		if got := s.get(t, b, "/who"); got != signedIn {
			t.Errorf("signed in: %s", got)
		}
	}
	// Signing out ends this session and no other.
	s.get(t, one1, "/out")
	if got := s.get(t, one1, "/who"); got != nobody {
		t.Errorf("after signing out: %s", got)
	}
	if got := s.get(t, two, "/who"); got != signedIn {
		t.Errorf("the other browser: %s", got)
	}
	if n := one[int](t, s.pool, `SELECT count(*) FROM audit WHERE action = 'sign-out' AND account_id = $1`, jane.ID); n != 1 {
		t.Errorf("%d lines of signing out", n)
	}
	// Another role is felt at the next request.
	if _, err := s.pool.Exec(t.Context(), `UPDATE account SET role = 'director' WHERE id = $1`, jane.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, two, "/who"); got != fmt.Sprintf("true %d director", jane.ID) {
		t.Errorf("after a change of role: %s", got)
	}
	// Disabling signs out everywhere, at once, and only that account.
	if err := s.accounts.Disable(t.Context(), operator, jane.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, two, "/who"); got != nobody {
		t.Errorf("disabled: %s", got)
	}
	if got := s.get(t, three, "/who"); got != fmt.Sprintf("true %d analyst", joe.ID) {
		t.Errorf("another account: %s", got)
	}
	// Even where a session was left behind.
	if _, err := s.pool.Exec(t.Context(), `UPDATE account SET disabled_at = now() WHERE id = $1`, joe.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, three, "/who"); got != nobody {
		t.Errorf("a session of a disabled account: %s", got)
	}
}

func TestSessionEnds(t *testing.T) {
	s := newSite(t, false)
	add(t, s.accounts, "jane", access.Manager)
	b := browser(t)
	s.get(t, b, "/in?username=jane")
	s.clock.pass(access.IdleTimeout - time.Second)
	if got := s.get(t, b, "/who"); got == nobody {
		t.Error("the session idled out too early")
	}
	s.clock.pass(access.IdleTimeout - time.Second)
	if got := s.get(t, b, "/who"); got == nobody {
		t.Error("a request did not put off the session's end")
	}
	s.clock.pass(access.IdleTimeout + time.Second)
	if got := s.get(t, b, "/who"); got != nobody {
		t.Errorf("after idling: %s", got)
	}
	// Twelve hours after signing in it ends, however busy.
	s.get(t, b, "/in?username=jane")
	for range 47 {
		s.clock.pass(15 * time.Minute)
		if got := s.get(t, b, "/who"); got == nobody {
			t.Fatal("a busy session ended early")
		}
	}
	s.clock.pass(15*time.Minute + time.Second)
	if got := s.get(t, b, "/who"); got != nobody {
		t.Errorf("after twelve hours: %s", got)
	}
	// The next to sign in clears up.
	s.get(t, b, "/in?username=jane")
	if n := one[int](t, s.pool, `SELECT count(*) FROM session`); n != 1 {
		t.Errorf("%d sessions are kept", n)
	}
}

// A token that was there before signing in is worth nothing afterwards, a made
// up one never, and the record store holds no token.
func TestSessionToken(t *testing.T) {
	s := newSite(t, false)
	jane := add(t, s.accounts, "jane", access.Manager)
	b := browser(t)
	s.get(t, b, "/flash?m=hello") // an anonymous session
	planted := cookie(t, b, s.url)
	s.get(t, b, "/in?username=jane")
	now := cookie(t, b, s.url)
	if planted.Value == now.Value {
		t.Error("signing in kept the token")
	}
	for what, value := range map[string]string{"planted": planted.Value, "made up": strings.Repeat("A", 43), "another's hash": "x"} {
		r, _ := http.NewRequest("GET", s.url+"/who", nil)
		r.AddCookie(&http.Cookie{Name: now.Name, Value: value})
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if string(body) != nobody {
			t.Errorf("a %s token: %s", what, body)
		}
	}
	if n := one[int](t, s.pool, `SELECT count(*) FROM session WHERE account_id = $1`, jane.ID); n != 1 {
		t.Errorf("%d sessions of the account", n)
	}
	kept := one[[]byte](t, s.pool, `SELECT token_hash || data FROM session WHERE account_id = $1`, jane.ID)
	if bytes.Contains(kept, []byte(now.Value)) {
		t.Error("the record store keeps the token")
	}
}

func cookie(t *testing.T, b *http.Client, url string) *http.Cookie {
	t.Helper()
	r, _ := http.NewRequest("GET", url, nil)
	cookies := b.Jar.Cookies(r.URL)
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0]
}

func TestCookie(t *testing.T) {
	for secure, want := range map[bool]string{
		true:  "__Host-onevision=*; Path=/; HttpOnly; Secure; SameSite=Lax",
		false: "onevision=*; Path=/; HttpOnly; SameSite=Lax",
	} {
		s := newSite(t, secure)
		add(t, s.accounts, "jane", access.Manager)
		r, err := http.Get(s.url + "/in?username=jane")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		got := r.Header.Get("Set-Cookie")
		name, rest, _ := strings.Cut(got, "=")
		_, rest, _ = strings.Cut(rest, ";")
		if name+"=*;"+rest != want {
			t.Errorf("secure %v: %s", secure, got)
		}
	}
}

func TestFlash(t *testing.T) {
	s := newSite(t, false)
	b, other := browser(t), browser(t)
	s.get(t, b, "/flash?m=saved")
	if got := s.get(t, other, "/pop"); got != "" {
		t.Errorf("somebody else sees %q", got)
	}
	if got := s.get(t, b, "/pop"); got != "saved" {
		t.Errorf("the message is %q", got)
	}
	if got := s.get(t, b, "/pop"); got != "" {
		t.Errorf("the message is shown twice: %q", got)
	}
}

// A request that was under way when its session was ended does not bring the
// session back.
func TestEndedSessionStaysEnded(t *testing.T) {
	s := newSite(t, false)
	add(t, s.accounts, "jane", access.Manager)
	b := browser(t)
	s.get(t, b, "/in?username=jane")
	kept := cookie(t, b, s.url)
	done := make(chan string)
	go func() { done <- s.get(t, b, "/slow") }()
	<-s.hold
	r, _ := http.NewRequest("GET", s.url+"/out", nil)
	r.AddCookie(kept)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	s.hold <- struct{}{}
	<-done
	if n := one[int](t, s.pool, `SELECT count(*) FROM session`); n != 0 {
		t.Errorf("%d sessions are back", n)
	}
}

func TestSessionsNeedTheirMiddleware(t *testing.T) {
	p, c := pool(t, 2), newClock()
	s := access.NewSessions(p, false, c.now)
	if _, ok := s.Viewer(t.Context()); ok {
		t.Error("somebody is signed in nowhere")
	}
	if err := s.SignIn(t.Context(), accesstest.Viewer(access.Manager)); err == nil {
		t.Error("somebody signed in nowhere")
	}
	s.PutFlash(t.Context(), "x")
	if err := s.SignOut(t.Context()); err != nil || s.PopFlash(t.Context()) != "" {
		t.Error(err)
	}
	// The program itself, and nobody, do not sign in on a browser.
	h := s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, v := range []access.Viewer{{}, access.System(access.Generating)} {
			if err := s.SignIn(r.Context(), v); err == nil {
				t.Errorf("%q signed in", v.Role())
			}
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))

	// With the record store away nobody is taken for signed out: 503.
	p.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "onevision", Value: "x"})
	s.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("without the record store: %d", w.Code)
	}
}
