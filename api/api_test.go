package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/api"
	"onevision/indicators/comparators"
	"onevision/records"
	"onevision/records/intake"
	"onevision/records/postgres/postgrestest"
	"onevision/records/recordstest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

var (
	generator = access.System(access.Generating)
	operator  = access.System(access.Operating)
)

// server is a server with its record store, an account and a token for each role.
type server struct {
	url      string
	pool     *pgxpool.Pool
	store    *records.Store
	accounts *access.Accounts
	tokens   map[access.Role]string
	log      *safeBuffer
	samples  *recordstest.Samples
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func now() time.Time { return time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC) }

func newServer(t testing.TB) *server {
	t.Helper()
	admin := postgrestest.New(t)
	accesstest.MustReachEveryChild(t, admin)
	url, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	h := &server{
		pool: pool, store: records.NewStore(pool, now), accounts: access.NewAccounts(pool, now),
		tokens: map[access.Role]string{}, log: &safeBuffer{},
	}
	h.samples = recordstest.New(h.store)
	for _, role := range access.Roles() {
		account, err := h.accounts.Add(t.Context(), operator, access.NewAccount{Username: string(role), DisplayName: "A " + string(role), Role: role})
		if err != nil {
			t.Fatal(err)
		}
		if h.tokens[role], err = h.accounts.IssueToken(t.Context(), operator, account.ID, "test", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	e := echo.New()
	api.Mount(e, api.Options{Store: h.store, Tokens: h.accounts, Files: &intake.Importer{Store: h.store, Pool: pool, Now: now}, Responsibilities: access.NewResponsibilities(pool), Comparators: comparators.NewStore(pool), Version: "test", Log: slog.New(slog.NewTextHandler(h.log, nil))})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// reply is what came back, its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

// problems are the field and code of each thing that was found wrong.
func (r reply) problems(t testing.TB) string {
	t.Helper()
	var p struct{ Errors []records.Problem }
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	var all []string
	for _, e := range p.Errors {
		all = append(all, e.Field+" "+e.Code)
	}
	return strings.Join(all, ", ")
}

// ask makes a request as the role; headers are name, value, name, value. body
// is text, or what JSON is made of, or nil.
func (h *server) ask(t testing.TB, role access.Role, method, path string, body any, headers ...string) reply {
	t.Helper()
	return h.askWith(t, "Bearer "+h.tokens[role], method, path, body, headers...)
}

func (h *server) askWith(t testing.TB, authorization, method, path string, body any, headers ...string) reply {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(j)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(b)}
}

// put stores a record made of JSON members, as the demo's generator may.
func (h *server) put(t testing.TB, k *records.Kind, members map[string]any) string {
	t.Helper()
	return h.samples.Store(t, k, members).Head().ID
}

// fixture is what it takes to create a record of the kind, about a child of its
// own.
func (h *server) fixture(t testing.TB, k *records.Kind) map[string]any {
	t.Helper()
	return h.samples.Members(t, k)
}

// onRoll is a child on the roll of a school.
func (h *server) onRoll(t testing.TB) (child, school string) {
	t.Helper()
	k, _ := records.KindOf("attendance")
	members := h.fixture(t, k)
	return members["child"].(string), members["school"].(string)
}
