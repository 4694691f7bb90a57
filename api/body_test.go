package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

func TestBodies(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("ks4-result")
	fine := h.fixture(t, k)
	for member := range fine { // what is not needed is given by the cases
		if f, ok := k.Field(member); ok && !f.Required {
			delete(fine, member)
		}
	}
	const path = "/api/v1/ks4-results"
	with := func(members string) string {
		body, err := json.Marshal(fine)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(string(body), "}") + "," + members + "}"
	}
	for members, want := range map[string]string{
		`"year":2026`:                  "422 year given-twice",
		`"Year":2026`:                  "422 Year unknown-field",
		`"attainment8":"forty"`:        "422 attainment8 format",
		`"attainment8":1e99`:           "422 attainment8 format",
		`"attainment8":"1e999999999"`:  "422 attainment8 format",
		`"attainment8":true`:           "422 attainment8 format",
		`"attainment8":91`:             "422 attainment8 out-of-range",
		`"attainment8":"46.125"`:       "422 attainment8 out-of-range",
		`"english_grade":5`:            "422 english_grade format",
		`"english_grade":"excellent"`:  "422 english_grade unknown-code",
		`"english_grade":["5"]`:        "422 english_grade format",
		`"source":"a\u0000b"`:          "422 source format",
		`"forename":"x","surname":"y"`: "422 forename unknown-field, surname unknown-field",
		`"ethnicity group":"x"`:        "422 (not a name) unknown-field",
	} {
		r := h.ask(t, access.WelfareOfficer, "POST", path, with(members))
		if got := fmt.Sprintf("%d %s", r.status, r.problems(t)); got != want {
			t.Errorf("%s: %s", members, got)
		}
	}
	for _, year := range []string{`"2026"`, `2026.0`, `99999`, `1e3`} {
		r := h.ask(t, access.WelfareOfficer, "POST", path, strings.Replace(with(`"source":"x"`), `"year":2026`, `"year":`+year, 1))
		if r.status != 422 || r.problems(t) != "year format" {
			t.Errorf("year %s: %d %s", year, r.status, r.body)
		}
	}
	// What encoding/json would put a replacement character for: bytes of
	// Windows-1252, and half of a pair.
	for members, want := range map[string]int{"\"source\":\"Ren\xe9\"": 400, `"source":"a\ud800b"`: 422} {
		if r := h.ask(t, access.WelfareOfficer, "POST", path, with(members)); r.status != want {
			t.Errorf("%q: %d %s", members, r.status, r.body)
		}
	}
	// What a reader is given back it may send: null for nothing, a number for
	// a decimal, and what the store sets.
	r := h.ask(t, access.WelfareOfficer, "POST", path, with(`"attainment8":46.25,"maths_grade":null,"id":"7","version":9,"recorded_by":1`))
	if r.status != 201 || r.object(t)["attainment8"] != "46.25" || r.object(t)["id"] == "7" || r.object(t)["version"] != 1.0 {
		t.Errorf("%d %s", r.status, r.body)
	}

	// Not more than 1 MiB is read, however much is said to come, nor without
	// the right media type.
	if r := h.ask(t, access.WelfareOfficer, "POST", path, with(`"source":"`+strings.Repeat("x", 1<<20)+`"`)); r.status != 413 {
		t.Errorf("a large body: %d", r.status)
	}
	endless, err := http.NewRequestWithContext(t.Context(), "POST", h.url+path, io.LimitReader(zeros{}, 50<<20))
	if err != nil {
		t.Fatal(err)
	}
	endless.Header.Set("Authorization", "Bearer "+h.tokens[access.WelfareOfficer])
	endless.Header.Set("Content-Type", "application/json")
	if response, err := http.DefaultClient.Do(endless); err == nil { // or the connection is closed on it
		if response.StatusCode != 413 {
			t.Errorf("an endless body: %d", response.StatusCode)
		}
		response.Body.Close()
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", ""} {
		if r := h.ask(t, access.WelfareOfficer, "POST", path, with(`"source":"x"`), "Content-Type", media); r.status != 415 {
			t.Errorf("%q: %d", media, r.status)
		}
	}
	if r := h.ask(t, access.WelfareOfficer, "POST", path, strings.Repeat("[", 100_000)); r.status != 400 {
		t.Errorf("a deep body: %d", r.status)
	}
	if r := h.ask(t, access.WelfareOfficer, "POST", path, `{"source":`+strings.Repeat(`{"a":`, 50_000)); r.status != 400 {
		t.Errorf("a deep member: %d", r.status)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Whatever a body holds, the answer is one of few, is a problem that says so,
// and is not a fault.
func FuzzBody(f *testing.F) {
	kinds := records.Kinds()
	for n, k := range kinds {
		members := map[string]any{}
		for _, field := range k.Fields {
			members[field.Name] = "2026-01-02"
		}
		body, err := json.Marshal(members)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(n, string(body))
	}
	for _, body := range []string{``, `{}`, `null`, `[]`, `{"a":1}`, `{"child":null}`, `{"child":"\u0000"}`, `{"year":1e9}`, `{"date":"9999-12-31"}`, `{"from_date":"0001-01-01"}`, "\xff\xfe", `{"":""}`} {
		f.Add(5, body)
	}
	h := newServer(f)
	f.Fuzz(func(t *testing.T, n int, body string) {
		k := kinds[(n%len(kinds)+len(kinds))%len(kinds)]
		for _, role := range []access.Role{access.SocialWorker, access.WelfareOfficer, access.Administrator} {
			r := h.ask(t, role, "POST", "/api/v1/"+k.Plural, body)
			switch r.status {
			case 201:
			case 400, 403, 404, 413, 422:
				if r.header.Get("Content-Type") != "application/problem+json" || r.object(t)["status"] != float64(r.status) {
					t.Errorf("%d %v %s", r.status, r.header, r.body)
				}
			default:
				t.Errorf("%s as %s: %d %s\n%s", k.Name, role, r.status, r.body, h.log)
			}
		}
	})
}

// A number that identifies is never 0: it is refused, and not dropped in silence.
func TestZeroIsNoNumber(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k := h.kind(t, "address")
	body := h.fixture(t, k)
	body["uprn"] = 0
	if r := h.ask(t, access.SocialWorker, "POST", "/api/v1/addresses", body); r.status != 422 || r.problems(t) != "uprn format" {
		t.Errorf("%d %s", r.status, r.body)
	}
}
