package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a session lasts: this long after its last request, and this long
// after signing in whatever happens.
const (
	IdleTimeout = 30 * time.Minute
	Lifetime    = 12 * time.Hour
)

// Names of what a session holds.
const (
	accountKey = "account"
	flashKey   = "flash"
)

// Sessions are the browsers that somebody has signed in on.
type Sessions struct {
	pool    *pgxpool.Pool
	now     func() time.Time
	manager *scs.SessionManager
	store   *sessionStore
}

// NewSessions gives the sessions in the record store. secure says that the
// public address is https: the cookie is then __Host-onevision and travels over
// TLS only. Without it (the demo on plain http on the machine itself) it is
// named onevision, since browsers refuse the prefix there.
func NewSessions(pool *pgxpool.Pool, secure bool, now func() time.Time) *Sessions {
	s := &Sessions{pool: pool, now: now, store: &sessionStore{pool: pool, now: now}}
	m := scs.New()
	m.Store = s.store
	m.Lifetime = Lifetime // the store keeps time, by our clock
	m.ErrorFunc = unavailable
	m.Cookie = scs.SessionCookie{Name: "onevision", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-onevision", true
	}
	s.manager = m
	return s
}

// visit is what one request knows of its session.
type visit struct {
	viewer Viewer
	stored map[string]bool // sessions that were there when the request came
	agent  string          // what the browser says that it is
}

type visitKey struct{}

// Middleware finds the session of each request, and who is signed in there
// now: the account's role is read and a disabled account is signed out at each
// request. If the record store does not answer, the request is answered 503.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	inner := s.manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visit := r.Context().Value(visitKey{}).(*visit)
		v, err := s.current(r.Context())
		if err != nil {
			unavailable(w, r, err)
			return
		}
		visit.viewer = v
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), visitKey{}, &visit{stored: map[string]bool{}, agent: shortened(clean(r.UserAgent()), 200)})
		inner.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *Sessions) current(ctx context.Context) (Viewer, error) {
	id := s.manager.GetInt64(ctx, accountKey)
	if id == 0 {
		return Viewer{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	v, err := viewerOf(ctx, s.pool, id)
	if errors.Is(err, ErrNoAccount) {
		return Viewer{}, s.manager.Destroy(ctx)
	}
	return v, err
}

// Viewer is who is signed in on the browser that makes the request; false if
// nobody is, or ctx is not of a request that came through Middleware.
func (s *Sessions) Viewer(ctx context.Context) (Viewer, bool) {
	visit, ok := ctx.Value(visitKey{}).(*visit)
	if !ok || !visit.viewer.Anybody() {
		return Viewer{}, false
	}
	return visit.viewer, true
}

// SignIn makes v, as Authenticate returned it, the viewer of this browser, in a
// new session with a new token: one that somebody planted before is worth
// nothing.
func (s *Sessions) SignIn(ctx context.Context, v Viewer) error {
	visit, ok := ctx.Value(visitKey{}).(*visit)
	if !ok || v.account == 0 || v.actor != "account" {
		return ErrNotAllowed
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew a session: %w", err)
	}
	if err := s.manager.Clear(ctx); err != nil {
		return fmt.Errorf("empty a session: %w", err)
	}
	s.manager.Put(ctx, accountKey, v.account)
	visit.viewer = v
	return s.store.tidy(ctx)
}

// SignOut ends the session, here and in the record store, and says so in the
// audit.
func (s *Sessions) SignOut(ctx context.Context) error {
	visit, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return nil
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	v := visit.viewer
	visit.viewer = Viewer{}
	if !v.Anybody() {
		return nil
	}
	return InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		return Audit(ctx, tx, v, Entry{Action: "sign-out", Kind: "account", Record: v.account})
	})
}

// PutFlash keeps a message for the next page that this browser sees. It is kept
// in the record store for that long, so it says what happened and not to whom.
func (s *Sessions) PutFlash(ctx context.Context, message string) {
	if _, ok := ctx.Value(visitKey{}).(*visit); ok {
		s.manager.Put(ctx, flashKey, message)
	}
}

// PopFlash gives the message that was kept, once, or "".
func (s *Sessions) PopFlash(ctx context.Context) string {
	if _, ok := ctx.Value(visitKey{}).(*visit); !ok {
		return ""
	}
	return s.manager.PopString(ctx, flashKey)
}

// shortened is as much of a text as is kept.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// unavailable answers a request whose session could not be read or kept. Why is
// for the log of whoever waits on the record store, not for a browser.
func unavailable(w http.ResponseWriter, _ *http.Request, _ error) {
	w.Header().Set("Retry-After", "5")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "OneVision cannot reach its record store. Try again in a moment.", http.StatusServiceUnavailable)
}
