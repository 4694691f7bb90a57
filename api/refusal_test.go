package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// What a token may not see looks like what is not there: in words, in headers,
// and whatever is wrong with the request.
func TestDeniedLooksLikeNotFound(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, k := range records.Kinds() {
		id := h.put(t, k, h.fixture(t, k))
		nothing := "999999999"
		if k.PublicID {
			nothing = "00000000-0000-4000-8000-000000000000"
		}
		role := access.Role("")
		for _, r := range access.Roles() {
			v := h.ask(t, r, "GET", "/api/v1/"+k.Plural+"?limit=1", nil)
			if v.status == 404 {
				role = r
			}
		}
		if role == "" {
			continue // everybody may read it
		}
		look := func(method, rest string, body any, headers ...string) {
			t.Helper()
			there := h.ask(t, role, method, "/api/v1/"+k.Plural+"/"+id+rest, body, headers...)
			missing := h.ask(t, role, method, "/api/v1/"+k.Plural+"/"+nothing+rest, body, headers...)
			if there.status != 404 || plain(there) != plain(missing) {
				t.Errorf("%s %s%s as %s: %s and for one that is not there %s", method, k.Plural, rest, role, plain(there), plain(missing))
			}
		}
		look("GET", "", nil)
		look("GET", "/history", nil)
		look("PUT", "", "{}")
		look("PUT", "", "not JSON", "If-Match", `"1"`)
		look("DELETE", "", nil)
		if k.Ends() {
			look("POST", "/end", nil)
		}
		if r := h.ask(t, role, "POST", "/api/v1/"+k.Plural, "not JSON"); r.status != 404 {
			t.Errorf("creating %s as %s: %d", k.Name, role, r.status)
		}
	}
	var lines int
	if err := h.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE request IS NOT NULL AND action NOT IN ('list')`).Scan(&lines); err != nil || lines != 0 {
		t.Errorf("%d audit lines of what was denied (%v)", lines, err)
	}
}

// plain is a reply without its request's id and time.
func plain(r reply) string {
	r.header.Del("Date")
	id := r.header.Get("X-Request-Id")
	r.header.Del("X-Request-Id")
	return fmt.Sprint(r.status, r.header, strings.ReplaceAll(r.body, id, ""))
}

func TestWhoComesIn(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	token := h.tokens[access.Director]
	for name, tried := range map[string]struct {
		authorization string
		status        int
	}{
		"the token":           {"Bearer " + token, 200},
		"another spelling":    {"bearer  " + token, 200},
		"no scheme":           {token, 401},
		"another scheme":      {"Basic " + token, 401},
		"no token":            {"Bearer", 401},
		"an empty token":      {"Bearer ", 401},
		"a token with more":   {"Bearer " + token + "x", 401},
		"something very long": {"Bearer ov_" + strings.Repeat("A", 5000), 401},
	} {
		if r := h.askWith(t, tried.authorization, "GET", "/api/v1/schools", nil); r.status != tried.status {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	// A browser's session is no way in, and the address is none either.
	for _, cookie := range []string{"onevision=" + token, "__Host-onevision=" + token} {
		if r := h.askWith(t, "", "GET", "/api/v1/schools", nil, "Cookie", cookie); r.status != 401 {
			t.Errorf("with the cookie: %d", r.status)
		}
	}
	if r := h.askWith(t, "", "GET", "/api/v1/schools?access_token="+token, nil); r.status != 401 {
		t.Errorf("with the token in the address: %d", r.status)
	}
	if err := h.accounts.Disable(t.Context(), operator, accountOf(t, h, access.Director)); err != nil {
		t.Fatal(err)
	}
	if r := h.ask(t, access.Director, "GET", "/api/v1/schools", nil); r.status != 401 || !strings.Contains(r.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("a disabled account: %d", r.status)
	}
	// The caller's own request id does not get into the audit.
	r := h.ask(t, access.Manager, "GET", "/api/v1/schools", nil, "X-Request-Id", "mine")
	if r.header.Get("X-Request-Id") == "mine" {
		t.Error("the caller chooses the request's id")
	}
}

func accountOf(t *testing.T, h *server, role access.Role) int64 {
	t.Helper()
	a, err := h.accounts.ByUsername(t.Context(), operator, string(role))
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// Whatever is no operation is refused as everything here is.
func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, tried := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api", 404, ""},
		{"GET", "/api/", 404, ""},
		{"GET", "/api/docs", 404, ""},
		{"GET", "/api/v2/children", 404, ""},
		{"GET", "/api/v1/unicorns", 404, ""},
		{"GET", "/api/v1/children/1/unicorns", 404, ""},
		{"POST", "/api/v1/children/1/end", 404, ""},
		{"PATCH", "/api/v1/children/1", 405, "DELETE, GET, PUT"},
		{"OPTIONS", "/api/v1/children", 405, "GET, POST"},
		{"DELETE", "/api/v1/children", 405, "GET, POST"},
		{"POST", "/api/openapi.json", 405, "GET"},
	} {
		r := h.ask(t, access.SocialWorker, tried.method, tried.path, nil)
		if r.status != tried.status || r.header.Get("Allow") != tried.allow || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %v %s", tried.method, tried.path, r.status, r.header, r.body)
		}
		if strings.Contains(r.body, "unicorn") {
			t.Errorf("%s repeats the address", tried.path)
		}
	}
	if r := h.ask(t, access.SocialWorker, "GET", "/api/v1/codes/nothing", nil); r.status != 404 {
		t.Errorf("an unknown code table: %d", r.status)
	}
	if r := h.ask(t, access.SocialWorker, "GET", "/api/v1/codes/account", nil); r.status != 404 {
		t.Errorf("a table that is none of codes: %d %s", r.status, r.body)
	}
	r := h.ask(t, access.SocialWorker, "GET", "/api/v1/codes/sex", nil)
	if r.status != 200 || len(r.object(t)["codes"].([]any)) < 2 {
		t.Errorf("the codes of sex: %d %s", r.status, r.body)
	}
}

// With the record store away callers are told to try again, and no more.
func TestWithoutTheRecordStore(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	h.pool.Close()
	r := h.ask(t, access.SocialWorker, "GET", "/api/v1/children", nil)
	if r.status != http.StatusServiceUnavailable && r.status != http.StatusInternalServerError {
		t.Errorf("%d %s", r.status, r.body)
	}
	if strings.Contains(r.body, "pool") || !strings.Contains(h.log.String(), r.header.Get("X-Request-Id")) {
		t.Errorf("%s; log: %s", r.body, h.log)
	}
}
