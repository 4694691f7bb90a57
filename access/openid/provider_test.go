package openid

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"onevision/access"
)

// What is wrong at the discovery address is said in words, and nothing of what was
// answered.
func TestExamineSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	answers := map[string]func(w http.ResponseWriter, issuer string){
		"/fine": func(w http.ResponseWriter, issuer string) {
			fmt.Fprintf(w, `{"issuer": %q, "authorization_endpoint": "%[2]s/a", "token_endpoint": "%[2]s/t", "jwks_uri": "%[2]s/k"}`, issuer, issuer)
		},
		"/other":   func(w http.ResponseWriter, issuer string) { fmt.Fprintf(w, `{"issuer": "https://other.example"}`) },
		"/bare":    func(w http.ResponseWriter, issuer string) { fmt.Fprintf(w, `{"issuer": %q}`, issuer) },
		"/missing": func(w http.ResponseWriter, _ string) { http.Error(w, "hidden words", http.StatusNotFound) },
		"/page":    func(w http.ResponseWriter, _ string) { fmt.Fprint(w, "<html>hidden words</html>") },
		"/long": func(w http.ResponseWriter, issuer string) {
			fmt.Fprintf(w, `{"hidden words": "%s", "issuer": %q}`, strings.Repeat("x", mostAnswer), issuer)
		},
	}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimSuffix(r.URL.Path, "/.well-known/openid-configuration")
		if path == "/moved" {
			http.Redirect(w, r, "http://localhost:1/", http.StatusFound)
			return
		}
		answers[path](w, server.URL+path)
	}))
	defer server.Close()
	for issuer, want := range map[string]string{
		server.URL + "/fine":    "",
		server.URL + "/other":   `it calls itself "https://other.example"`,
		server.URL + "/bare":    "it names no address to sign in at",
		server.URL + "/missing": "it answers 404 to its discovery address",
		server.URL + "/page":    "is not a description of a provider",
		server.URL + "/long":    "is not a description of a provider",
		server.URL + "/moved":   "it sends on to another address",
		"http://127.0.0.1:1":    "it cannot be reached",
	} {
		err := Config{Issuer: issuer, ClientID: "a", PublicURL: "https://onevision.example", Roles: map[string]access.Role{"x": access.Director}}.Examine(t.Context())
		said := ""
		if err != nil {
			said = err.Error()
		}
		if (said == "") != (want == "") || !strings.Contains(said, want) || strings.Contains(said, "hidden words") {
			t.Errorf("%s: %q, want %q", issuer, said, want)
		}
	}
}
