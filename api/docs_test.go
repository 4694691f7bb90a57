package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/api"
	"onevision/indicators"
	"onevision/indicators/comparators"
	"onevision/records"
	"onevision/records/intake"
)

// docs/api.md names the operations, the answers and the headers that the OpenAPI
// document has, no more and no less. The operations of all kinds are shown with
// one of them.
func TestDocsAreTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	h := newServer(t)
	e := echo.New() // with every operation that the API can have
	api.Mount(e, api.Options{Store: h.store, Tokens: h.accounts, Files: &intake.Importer{Store: h.store}, Responsibilities: access.NewResponsibilities(h.pool),
		Comparators: comparators.NewStore(h.pool), Indicators: &indicators.Engine{}, Version: "test"})
	server := httptest.NewServer(e)
	defer server.Close()
	h.url = server.URL
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("\\| `((?:GET|POST|PUT|DELETE) /api/v1/[^`]*)`").FindAllStringSubmatch(string(text), -1) {
		told[ofKind(m[1])] = true
	}
	there := map[string]bool{}
	for _, op := range h.operations(t) {
		there[ofKind(op.method+" "+op.path)] = true
	}
	compare(t, "operation", told, there)

	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]struct{ Headers map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(h.askWith(t, "", "GET", "/api/openapi.json", nil).body), &document); err != nil {
		t.Fatal(err)
	}
	statuses, names := map[string]bool{"405": true, "500": true}, map[string]bool{}
	for _, item := range document.Paths {
		for _, op := range item {
			for status, r := range op.Responses {
				if status >= "300" {
					statuses[status] = true
				}
				for name := range r.Headers {
					names[name] = true
				}
			}
			for _, p := range op.Parameters {
				if p.In == "header" {
					names[p.Name] = true
				}
			}
		}
	}
	toldStatuses := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([0-9]{3}) \|`).FindAllStringSubmatch(string(text), -1) {
		toldStatuses[m[1]] = true
	}
	compare(t, "status", toldStatuses, statuses)
	for name := range names {
		if !strings.Contains(string(text), name) {
			t.Errorf("docs/api.md does not tell of the header %s", name)
		}
	}
	for _, limit := range []string{"10,000", "16 MiB", "512 MiB", "1 MiB", "at most 1000", "50 children"} {
		if !strings.Contains(string(text), limit) {
			t.Errorf("docs/api.md does not tell of the limit %s", limit)
		}
	}
}

// ofKind puts children in the place of any kind; /record is of children alone.
func ofKind(operation string) string {
	method, path, _ := strings.Cut(operation, " ")
	parts := strings.Split(path, "/")
	if k, ok := records.KindOf(parts[3]); ok {
		parts[3] = "{kind}"
		if parts[len(parts)-1] == "record" {
			parts[3] = k.Plural
		}
	}
	return method + " " + strings.Join(parts, "/")
}

func compare(t *testing.T, what string, told, there map[string]bool) {
	t.Helper()
	var wrong []string
	for name := range there {
		if !told[name] {
			wrong = append(wrong, what+" "+name+" is not in docs/api.md")
		}
	}
	for name := range told {
		if !there[name] {
			wrong = append(wrong, what+" "+name+" is in docs/api.md and not in the OpenAPI")
		}
	}
	slices.Sort(wrong)
	for _, w := range wrong {
		t.Error(w)
	}
}
