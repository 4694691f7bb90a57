package api_test

import (
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// Many records in one request: all or none, or each with its result; created and
// corrected.
func TestBulk(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("child-name")
	child := h.put(t, h.kind(t, "child"), h.fixture(t, h.kind(t, "child")))
	row := func(surname, from string) map[string]any {
		m := h.fixture(t, k)
		m["child"], m["surname"], m["from_date"], m["to_date"] = child, surname, from+"-01-01", from+"-12-31"
		return m
	}
	const path, who = "/api/v1/child-names/bulk", access.SocialWorker
	stored := func() int {
		return len(h.ask(t, who, "GET", "/api/v1/child-names?child="+child, nil).object(t)["records"].([]any))
	}
	bad := row("", "2022")
	bad["type"], bad["forename"] = "nonsense", ""
	rows := []any{row("One", "2020"), row("Two", "2021"), bad, map[string]any{"unicorn": 1}, row("Overlapping", "2020")}

	r := h.ask(t, who, "POST", path, map[string]any{"records": rows})
	if r.status != 422 || !strings.Contains(r.problems(t), "records[3].unicorn unknown-field") {
		t.Errorf("all or none: %d %s", r.status, r.body)
	}
	r = h.ask(t, who, "POST", path, map[string]any{"records": []any{rows[0], rows[1], rows[2], rows[4]}})
	for _, want := range []string{"records[2].forename required", "records[2].type unknown-code", "records[3].from_date overlaps"} {
		if r.status != 422 || !strings.Contains(r.problems(t), want) {
			t.Errorf("all or none lacks %q: %d %s", want, r.status, r.body)
		}
	}
	if n := stored(); n != 0 {
		t.Fatalf("none were to be stored, and %d are", n)
	}
	r = h.ask(t, who, "POST", path, map[string]any{"records": rows, "partly": true}, "Reason", "from the old system")
	var got []string
	for _, one := range r.object(t)["results"].([]any) {
		one := one.(map[string]any)
		got = append(got, fmt.Sprint(one["row"], " ", one["status"], " ", one["id"] != nil))
	}
	if strings.Join(got, ", ") != "0 201 true, 1 201 true, 2 422 false, 3 422 false, 4 422 false" || r.object(t)["stored"] != 2.0 || stored() != 2 {
		t.Errorf("partly: %s, %d stored", got, stored())
	}

	// What was read is corrected by sending it back; a version that has passed is
	// refused by itself.
	list := h.ask(t, who, "GET", "/api/v1/child-names?child="+child, nil).object(t)["records"].([]any)
	for i := range list {
		list[i].(map[string]any)["surname"] = "Corrected"
	}
	list[1].(map[string]any)["version"] = 7
	list = append(list, map[string]any{"id": "999999999", "version": 1}, map[string]any{"id": "1"})
	r = h.ask(t, who, "POST", path, map[string]any{"records": list, "partly": true})
	got = nil
	for _, one := range r.object(t)["results"].([]any) {
		got = append(got, fmt.Sprint(one.(map[string]any)["status"], " ", one.(map[string]any)["version"]))
	}
	if strings.Join(got, ", ") != "200 2, 412 <nil>, 422 <nil>, 422 <nil>" && strings.Join(got, ", ") != "200 2, 412 <nil>, 404 <nil>, 422 <nil>" {
		t.Errorf("corrections: %s %s", got, r.body)
	}

	for body, want := range map[string]int{`{}`: 422, `{"records":[]}`: 422, `{"records":{}}`: 422, `{"rows":[]}`: 422, `[]`: 400, `{"records":[1]}`: 422} {
		if r := h.ask(t, who, "POST", path, body); r.status != want {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	many := `{"records":[` + strings.Repeat(`{},`, 10_000) + `{}]}`
	if r := h.ask(t, who, "POST", path, many); r.status != 422 || r.problems(t) != "records out-of-range" {
		t.Errorf("10,001 rows: %d", r.status)
	}
	if r := h.ask(t, access.Director, "POST", path, "not JSON"); r.status != 404 {
		t.Errorf("a director: %d", r.status)
	}
}

func (h *server) kind(t testing.TB, name string) *records.Kind {
	t.Helper()
	k, ok := records.KindOf(name)
	if !ok {
		t.Fatalf("there is no kind %s", name)
	}
	return k
}
