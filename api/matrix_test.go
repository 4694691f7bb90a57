package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
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
// new operation, role or category, and a new right, must be looked at. The rows
// are by category: a kind may do what its category may, and a new one in a
// category that there is changes nothing. Whatever is read about a child and
// whatever is changed leaves its line in the audit; what is refused leaves none.
// One kind of each category is asked; every kind with ONEVISION_FAULTS=full.
func TestEveryOperationForEveryRole(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	everyKind := os.Getenv("ONEVISION_FAULTS") == "full"
	name, _ := records.KindOf("child-names")
	h.put(t, name, h.fixture(t, name)) // whom the search finds
	columns := append([]access.Role{"no token", "bad token"}, access.Roles()...)
	standing, rows, first := map[string]*subject{}, map[string]string{}, map[string]string{}
	for _, op := range h.operations(t) {
		s := standing[kindName(op.path)]
		if s == nil {
			s = &subject{h: h, kind: kindOf(op.path)}
			standing[kindName(op.path)] = s
		}
		name := s.row(op)
		if _, ok := rows[name]; ok && !everyKind {
			continue
		}
		var row strings.Builder
		for _, role := range columns {
			fmt.Fprintf(&row, " %-*d", len(role), s.try(t, op, role))
		}
		if was, ok := rows[name]; ok && was != row.String() {
			t.Errorf("%s: as one role or another %s gets%s\nand %s %s: a kind may do what its category may", name, first[name], was, op.path, row.String())
			continue
		}
		if _, ok := rows[name]; !ok {
			rows[name], first[name] = row.String(), op.path
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-60s", "operation, on a record of that category")
	for _, role := range columns {
		fmt.Fprintf(&table, " %s", role)
	}
	table.WriteString("\n")
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&table, "%-60s%s\n", name, rows[name])
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

// row is the operation's row: by category, or for one that is of no kind its own.
func (s *subject) row(op operation) string {
	if s.kind == nil {
		return op.method + " " + op.path
	}
	return string(s.kind.Category) + " " + op.method + " " + strings.Replace(op.path, kindName(op.path), "{kind}", 1)
}

func kindName(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")
	return parts[0]
}

// kindOf is the kind whose operations stand at the path, nil if that is of none.
func kindOf(path string) *records.Kind {
	k, _ := records.KindOf(kindName(path))
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
	path := strings.NewReplacer("{id}", s.id, "{table}", "sex", "{format}", "attendance").Replace(op.path)
	headers := []string{"Reason", "tried by a test"}
	change := op.method != "GET"
	switch {
	case !change:
	case strings.HasSuffix(op.path, "/bulk"):
		body = map[string]any{"records": []any{s.h.fixture(t, s.kind)}}
	case strings.HasSuffix(op.path, "/search"):
		body = map[string]any{"text": "Ordinary"}
	case op.path == "/api/v1/responsibilities":
		body = map[string]any{"username": "director", "answers_for": "authority", "from": "2026-01-01"}
	case op.path == "/api/v1/responsibilities/{id}/end":
		path, body = strings.Replace(op.path, "{id}", "1", 1), map[string]any{"to": "2026-06-01"}
	case strings.Contains(op.path, "/imports/"):
		body = "laestab,upn,date,session,code,minutes_late\n8739999,X123456789012,2026-11-09,am,/,\n"
	case strings.HasSuffix(op.path, "/end"):
		body = s.h.samples.Ending(t, s.kind)
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
		s.h.samples.Change(t, s.kind, members)
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
	if r.status < 300 && !change && (s.kind != nil && s.kind.About() || strings.Contains(name, "/api/v1/due")) {
		want = -1 // at least one
	}
	if r.status < 300 && change && s.kind == nil {
		want = -1 // as many children as a search finds, a file that was read
	}
	if want >= 0 && lines != want || want < 0 && lines < 1 || !right {
		t.Errorf("%s: %d and %d lines of audit (right: %v)", name, r.status, lines, right)
	}
}
