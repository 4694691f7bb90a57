package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/dashboards"
	"onevision/indicators/indicatorstest"
	"onevision/records/county"
	"onevision/records/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const demoPassword = "demo-password-of-tests"

// demo is a small demo county with everything running.
type demo struct {
	env *app.Environment
	app *app.App
}

// demoCounty runs the whole app on a county of its own, on a PostgreSQL of
// its own.
func demoCounty(t *testing.T) *demo {
	t.Helper()
	return demoCountyAt(t, postgrestest.Server(t, nil).URL(postgrestest.Prepared))
}

// demoCountyAt is demoCounty on the PostgreSQL at an address.
func demoCountyAt(t *testing.T, admin string) *demo {
	t.Helper()
	said := &lines{}
	log := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelInfo}))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the app said:\n%s", said)
		}
	})
	place := app.Place{Data: t.TempDir(), DatabaseURL: admin, Log: log}
	g, err := app.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	if err := g.SeedDemo(t.Context(), county.Options{Children: 1500, Seed: 1}, demoPassword, time.Now); err != nil {
		t.Fatal(err)
	}
	var personas []dashboards.Persona
	for _, p := range county.Personas() {
		personas = append(personas, dashboards.Persona{Role: string(p.Role), Username: p.Username, Password: demoPassword})
	}
	h, err := app.New(t.Context(), g, app.Options{Place: place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Metrics: "127.0.0.1:0", Log: log, Settle: -1, Demo: &app.Demo{Personas: personas}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Errorf("the app: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := h.Close(); err != nil {
			t.Errorf("close the app: %v", err)
		}
	})
	if err := h.WaitReady(t.Context()); err != nil {
		t.Fatalf("the app is not ready: %v", err)
	}
	return &demo{env: g, app: h}
}

// lines is a log that goroutines share.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// admin is a connection that no policy limits, for looking behind the scenes.
func (c *demo) admin(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), c.env.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// viewer is the demo's persona as a viewer.
func (c *demo) viewer(t *testing.T, username string) access.Viewer {
	t.Helper()
	a, err := c.app.Accounts.ByUsername(t.Context(), access.System(access.Operating), username)
	if err != nil {
		t.Fatal(err)
	}
	v, err := c.app.Accounts.Viewer(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// browser is somebody signed in, over HTTP.
type browser struct {
	client *http.Client
	base   string
}

func (c *demo) signIn(t *testing.T, username string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{client: &http.Client{Jar: jar}, base: c.app.PublicURL}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/sign-in",
		strings.NewReader(url.Values{"username": {username}, "password": {demoPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Request.URL.Path != "/" {
		t.Fatalf("signing in as %s ended at %s with %s", username, response.Request.URL.Path, response.Status)
	}
	return b
}

func (b *browser) get(t *testing.T, path string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, response.Status)
	}
	return body
}

func (b *browser) page(t *testing.T, path string) *goquery.Document {
	t.Helper()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(string(b.get(t, path))))
	if err != nil {
		t.Fatal(err)
	}
	return page
}
