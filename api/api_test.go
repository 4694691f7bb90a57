package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	"onevision/api"
	"onevision/records"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

var (
	passwords = schema.Passwords{App: "app-of-tests", Follow: "follow-of-tests"}
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
	n        int               // makes things different from each other
	base     map[string]string // ids of records that others refer to, by kind
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
	admin := postgrestest.Template(t, func(u string) error { return schema.Prepare(context.Background(), u, passwords) })
	url, err := schema.RoleURL(admin, schema.App, passwords.App)
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
		tokens: map[access.Role]string{}, log: &safeBuffer{}, base: map[string]string{},
	}
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
	api.Mount(e, api.Options{Store: h.store, Tokens: h.accounts, Version: "test", Log: slog.New(slog.NewTextHandler(h.log, nil))})
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
	rec := k.New()
	j, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(j, rec)
	}
	if err == nil {
		err = h.store.Put(t.Context(), generator, rec, "")
	}
	if err != nil {
		t.Fatalf("%s %v: %v", k.Name, members, err)
	}
	return rec.Head().ID
}

// fixture is what it takes to create a record of the kind: only what must be
// given, about a child of its own.
func (h *server) fixture(t testing.TB, k *records.Kind) map[string]any {
	t.Helper()
	h.n++
	members := map[string]any{}
	for _, f := range k.Fields {
		switch {
		case f.Name == "date_of_birth":
			members[f.Name] = "2012-05-05"
		case !f.Required || f.Derived:
		case f.Ref == "child":
			members[f.Name] = h.child(t, k)
		case f.Ref == "looked-after-period":
			period, _ := records.KindOf(f.Ref)
			members[f.Name] = h.put(t, period, map[string]any{"child": members["child"], "from_date": "2025-01-06"})
		case f.Ref != "":
			members[f.Name] = h.one(t, f.Ref)
		case f.Codes != "":
			members[f.Name] = h.code(t, f.Codes)
		case f.As == "laestab":
			members[f.Name] = fmt.Sprint(8730000 + h.n)
		case f.Name == "year":
			members[f.Name] = 2026
		case f.Go.Name() == "Date":
			members[f.Name] = "2026-01-12"
		case f.Name == "value": // an identifier names one child
			members[f.Name] = fmt.Sprint(100000 + h.n)
		case f.Go.Name() == "string":
			members[f.Name] = "Ordinary"
		default:
			t.Fatalf("%s.%s: the tests do not know what to send; tell them", k.Name, f.Name)
		}
	}
	if k.Name == "attendance" {
		members["am"] = "/"
	}
	return members
}

// child makes a child, on the roll of the school that all fixtures share unless
// the record is about the roll itself.
func (h *server) child(t testing.TB, k *records.Kind) string {
	t.Helper()
	child, _ := records.KindOf("child")
	id := h.put(t, child, h.fixture(t, child))
	if _, ok := k.Field("school"); ok && k.Name != "enrolment" {
		enrolment, _ := records.KindOf("enrolment")
		h.put(t, enrolment, map[string]any{"child": id, "school": h.one(t, "school"), "status": h.code(t, "enrolment_status"), "from_date": "2024-09-01"})
	}
	return id
}

// one is a record of the kind that all others may refer to.
func (h *server) one(t testing.TB, name string) string {
	t.Helper()
	if h.base[name] == "" {
		k, ok := records.KindOf(name)
		if !ok {
			t.Fatalf("there is no kind %s", name)
		}
		h.base[name] = h.put(t, k, h.fixture(t, k))
	}
	return h.base[name]
}

func (h *server) code(t testing.TB, table string) string {
	t.Helper()
	list, err := h.store.Codes(t.Context(), generator, table)
	if err != nil {
		t.Fatalf("codes of %s: %v", table, err)
	}
	for _, c := range list {
		if c.ValidTo.IsZero() && c.ValidFrom.Before(records.NewDate(2012, 1, 1)) {
			return c.Code
		}
	}
	return list[0].Code
}
