package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// operation is one that the OpenAPI names.
type operation struct{ method, path, id string }

func (h *server) operations(t testing.TB) (all []operation) {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal([]byte(h.askWith(t, "", "GET", "/api/openapi.json", nil).body), &document); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths {
		for method, op := range item {
			all = append(all, operation{strings.ToUpper(method), path, op.OperationID})
		}
	}
	slices.SortFunc(all, func(a, b operation) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
	return all
}

// Every operation that the API's own document names, asked in the right way by
// nobody, by a stranger and by each role, against a file that a person reads: a
// new operation, and a new right, must be looked at. Whatever is read about a
// child and whatever is changed leaves its line in the audit; what is refused
// leaves none.
func TestEveryOperationForEveryRole(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	var table strings.Builder
	fmt.Fprintf(&table, "%-60s", "operation")
	columns := append([]access.Role{"no token", "bad token"}, access.Roles()...)
	for _, role := range columns {
		fmt.Fprintf(&table, " %s", role)
	}
	table.WriteString("\n")
	standing := map[string]*subject{}
	for _, op := range h.operations(t) {
		fmt.Fprintf(&table, "%-60s", op.method+" "+op.path)
		s := standing[kindName(op.path)]
		if s == nil {
			s = &subject{h: h, kind: kindOf(t, op.path)}
			standing[kindName(op.path)] = s
		}
		for _, role := range columns {
			status := s.try(t, op, role)
			fmt.Fprintf(&table, " %-*d", len(role), status)
		}
		table.WriteString("\n")
	}
	const golden = "testdata/matrix.txt"
	got := strings.ReplaceAll(table.String(), " \n", "\n")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("who may do what is not as in %s; if it should be, run with UPDATE=1 and look at the difference:\n%s", golden, got)
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("the log has errors:\n%s", h.log)
	}
}

func kindName(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")
	return parts[0]
}

func kindOf(t testing.TB, path string) *records.Kind {
	t.Helper()
	if kindName(path) == "codes" {
		return nil
	}
	k, ok := records.KindOf(kindName(path))
	if !ok {
		t.Fatalf("%s is of no kind", path)
	}
	return k
}

// subject is a record of the kind on which operations are tried.
type subject struct {
	h       *server
	kind    *records.Kind
	id      string
	version int
}

// refresh sees to it that there is one, and knows its version.
func (s *subject) refresh(t testing.TB) {
	t.Helper()
	if s.kind == nil {
		return
	}
	if s.id != "" {
		rec, err := s.h.store.Get(t.Context(), generator, s.kind, s.id)
		ended := err == nil && strings.Contains(asJSON(t, rec), `"to_date"`)
		if err == nil && !ended {
			s.version = rec.Head().Version
			return
		}
	}
	s.id, s.version = s.h.put(t, s.kind, s.h.fixture(t, s.kind)), 1
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (s *subject) try(t testing.TB, op operation, role access.Role) int {
	t.Helper()
	s.refresh(t)
	var body any
	path := strings.NewReplacer("{id}", s.id, "{table}", "sex").Replace(op.path)
	headers := []string{"Reason", "tried by a test"}
	change := op.method != "GET"
	switch {
	case !change:
	case strings.HasSuffix(op.path, "/end"):
		body = s.ending(t)
	case op.method == "POST":
		body = s.h.fixture(t, s.kind)
	case op.method == "PUT":
		rec, err := s.h.store.Get(t.Context(), generator, s.kind, s.id)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(asJSON(t, rec)), &members); err != nil {
			t.Fatal(err)
		}
		s.change(t, members)
		body = members
	}
	if strings.Contains(op.path, "{id}") && change {
		headers = append(headers, "If-Match", fmt.Sprintf(`"%d"`, s.version))
	}
	authorization := "Bearer " + s.h.tokens[role]
	switch role {
	case "no token":
		authorization = ""
	case "bad token":
		authorization = "Bearer ov_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	}
	r := s.h.askWith(t, authorization, op.method, path, body, headers...)
	name := op.method + " " + op.path + " as " + string(role)
	s.checkReply(t, name, r)
	s.checkAudit(t, name, r, role, change)
	return r.status
}

// ending is a day, and what must be said with it.
func (s *subject) ending(t testing.TB) map[string]any {
	t.Helper()
	end := map[string]any{"to_date": "2026-02-02"}
	if _, ok := s.kind.Field("end_reason"); ok {
		end["end_reason"] = s.h.code(t, "looked_after_end")
	}
	return end
}

// change makes a PUT one that changes something.
func (s *subject) change(t testing.TB, members map[string]any) {
	t.Helper()
	s.h.n++
	switch s.kind.Name {
	case "child":
		members["date_of_birth"] = records.NewDate(2012, 6, 1).Add(s.h.n).String()
	case "attendance":
		members["am_minutes"] = s.h.n % 480
	case "ks4-result":
		members["attainment8"] = fmt.Sprintf("%d.25", s.h.n%80)
	case "looked-after-review":
		members["date"] = records.NewDate(2025, 2, 1).Add(s.h.n % 300).String()
	default:
		members["from_date"] = records.NewDate(2025, 2, 1).Add(s.h.n % 300).String()
	}
}

func (s *subject) checkReply(t testing.TB, name string, r reply) {
	t.Helper()
	if r.header.Get("Cache-Control") != "no-store" && !strings.Contains(name, "openapi") {
		t.Errorf("%s: may be kept: %q", name, r.header.Get("Cache-Control"))
	}
	if r.header.Get("X-Request-Id") == "" || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Set-Cookie") != "" {
		t.Errorf("%s: headers %v", name, r.header)
	}
	if r.status == 401 != (r.header.Get("WWW-Authenticate") != "") {
		t.Errorf("%s: %d with WWW-Authenticate %q", name, r.status, r.header.Get("WWW-Authenticate"))
	}
	if r.status >= 400 && r.header.Get("Content-Type") != "application/problem+json" || r.status >= 500 || r.status == 422 {
		t.Errorf("%s: %d %s", name, r.status, r.body)
	}
}

func (s *subject) checkAudit(t testing.TB, name string, r reply, role access.Role, change bool) {
	t.Helper()
	var lines int
	var right bool
	err := s.h.pool.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE NOT $3 OR action NOT IN ('read', 'list', 'history')), coalesce(bool_and(x.actor = 'account' AND x.role = $2 AND a.username = $2), true)
		FROM audit x LEFT JOIN account a ON a.id = x.account_id WHERE x.request = $1`,
		r.header.Get("X-Request-Id"), string(role), change && r.status < 300).Scan(&lines, &right)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	if r.status < 300 && change {
		want = 1
	}
	if r.status < 300 && !change && s.kind != nil && s.kind.About() {
		want = -1 // at least one
	}
	if want >= 0 && lines != want || want < 0 && lines < 1 || !right {
		t.Errorf("%s: %d and %d lines of audit (right: %v)", name, r.status, lines, right)
	}
}
