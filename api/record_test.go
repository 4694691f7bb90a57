package api_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"onevision/access"
	"onevision/records"
)

// The life of a record: created, read, corrected, corrected too late, ended,
// deleted, and all of it kept.
func TestTheLifeOfARecord(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("child-name")
	const who = access.SocialWorker
	body := h.fixture(t, k)
	body["surname"], body["source"] = "  Ordinary-Smith ", "a form"

	made := h.ask(t, who, "POST", "/api/v1/child-names", body, "Reason", "first contact – by telephone")
	address := made.header.Get("Location")
	if made.status != 201 || !strings.HasPrefix(address, "/api/v1/child-names/") || made.header.Get("ETag") != `"1"` {
		t.Fatalf("creating: %d %v %s", made.status, made.header, made.body)
	}
	first := made.object(t)
	if first["surname"] != "Ordinary-Smith" || first["version"] != 1.0 || first["source"] != "a form" || first["child"] != body["child"] {
		t.Errorf("created: %v", first)
	}
	read := h.ask(t, who, "GET", address, nil)
	if read.status != 200 || read.header.Get("ETag") != `"1"` || strings.Join(keys(read.object(t)), " ") != strings.Join(keys(first), " ") {
		t.Errorf("reading: %d %s", read.status, read.body)
	}

	// What was read is sent back with one thing changed, ids and all.
	whole := read.object(t)
	whole["surname"] = "Smith"
	for name, tried := range map[string]struct {
		etag   string
		status int
	}{
		"without If-Match":           {"", 428},
		"with a star":                {"*", 400},
		"with a weak tag":            {`W/"1"`, 400},
		"with two tags":              {`"1", "2"`, 400},
		"without quotes":             {`1`, 400},
		"for a version to come":      {`"2"`, 412},
		"for a version out of reach": {`"99999999999999999999"`, 400},
	} {
		headers := []string{}
		if tried.etag != "" {
			headers = append(headers, "If-Match", tried.etag)
		}
		if r := h.ask(t, who, "PUT", address, whole, headers...); r.status != tried.status {
			t.Errorf("correcting %s: %d %s", name, r.status, r.body)
		}
		if r := h.ask(t, who, "DELETE", address, nil, append(headers, "Reason", "x")...); r.status != tried.status {
			t.Errorf("deleting %s: %d %s", name, r.status, r.body)
		}
	}
	corrected := h.ask(t, who, "PUT", address, whole, "If-Match", `"1"`, "Reason", "spelt wrong")
	if corrected.status != 200 || corrected.header.Get("ETag") != `"2"` || corrected.object(t)["surname"] != "Smith" {
		t.Fatalf("correcting: %d %s", corrected.status, corrected.body)
	}
	if r := h.ask(t, who, "PUT", address, whole, "If-Match", `"1"`); r.status != 412 {
		t.Errorf("correcting what was corrected since: %d", r.status)
	}
	// A field that is left out is emptied; one that must be given is missed.
	delete(whole, "source")
	delete(whole, "forename")
	delete(whole, "surname") // one name is enough
	if r := h.ask(t, who, "PUT", address, whole, "If-Match", `"2"`); r.status != 422 || r.problems(t) != "forename required" {
		t.Errorf("without a name: %d %s", r.status, r.body)
	}

	for body, want := range map[string]string{
		`{}`:                         "422 to_date required",
		`{"to_date":"2026-02-30"}`:   "422 to_date format",
		`{"to_date":20260202}`:       "422 to_date format",
		`{"to_date":null}`:           "422 to_date required",
		`{"surname":"X"}`:            "422 surname unknown-field",
		`{"to_date":"2020-01-01"}`:   "422 to_date date-order",
		`{"to_date":"2026-02-02"`:    "400 ",
		`["2026-02-02"]`:             "400 ",
		`{"to_date":"2026-02-02"} 1`: "400 ",
	} {
		r := h.ask(t, who, "POST", address+"/end", body, "If-Match", `"2"`)
		if got := fmt.Sprintf("%d %s", r.status, r.problems(t)); got != want {
			t.Errorf("ending with %s: %s", body, got)
		}
	}
	ended := h.ask(t, who, "POST", address+"/end", map[string]any{"to_date": "2026-02-02"}, "If-Match", `"2"`, "Reason", "married")
	if ended.status != 200 || ended.object(t)["to_date"] != "2026-02-02" || ended.header.Get("ETag") != `"3"` {
		t.Errorf("ending: %d %s", ended.status, ended.body)
	}

	if r := h.ask(t, who, "DELETE", address, nil, "If-Match", `"3"`); r.status != 422 || r.problems(t) != "Reason required" {
		t.Errorf("deleting without a reason: %d %s", r.status, r.body)
	}
	if r := h.ask(t, who, "DELETE", address, nil, "If-Match", `"3"`, "Reason", "another child's"); r.status != 204 || r.body != "" {
		t.Errorf("deleting: %d %s", r.status, r.body)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if r := h.ask(t, who, method, address, nil, "If-Match", `"3"`, "Reason", "x"); r.status != 404 {
			t.Errorf("%s after deleting: %d", method, r.status)
		}
	}
	past := h.ask(t, who, "GET", address+"/history", nil).object(t)["versions"].([]any)
	var reasons []string
	for _, v := range past {
		v := v.(map[string]any)
		reasons = append(reasons, fmt.Sprint(v["operation"], " ", v["reason"], " ", v["record"].(map[string]any)["surname"]))
	}
	if got := strings.Join(reasons, "; "); got != "delete another child's Smith; update married Smith; update spelt wrong Ordinary-Smith" {
		t.Errorf("the history: %s", got)
	}
	var why string
	if err := h.pool.QueryRow(t.Context(), `SELECT reason FROM audit WHERE request = $1`, made.header.Get("X-Request-Id")).Scan(&why); err != nil || why != "first contact – by telephone" {
		t.Errorf("the audit's reason: %q %v", why, err)
	}
}

func keys(m map[string]any) (names []string) {
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// A looked-after period ends with its reason, in one change.
func TestEndingWithItsReason(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("looked-after-period")
	id := h.put(t, k, h.fixture(t, k))
	address := "/api/v1/looked-after-periods/" + id + "/end"
	if r := h.ask(t, access.SocialWorker, "POST", address, map[string]any{"to_date": "2026-03-01"}, "If-Match", `"1"`); r.problems(t) != "end_reason required" {
		t.Errorf("without a reason: %d %s", r.status, r.body)
	}
	end := map[string]any{"to_date": "2026-03-01", "end_reason": "E4A"}
	if r := h.ask(t, access.SocialWorker, "POST", address, end, "If-Match", `"2"`); r.status != 412 {
		t.Errorf("another version: %d", r.status)
	}
	r := h.ask(t, access.SocialWorker, "POST", address, end, "If-Match", `"1"`, "Reason", "home again")
	if r.status != 200 || r.object(t)["end_reason"] != end["end_reason"] || r.object(t)["to_date"] != "2026-03-01" || r.header.Get("ETag") != `"2"` {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Of several who correct one version, one does and the others are told.
func TestOneOfManyCorrections(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("child")
	id := h.put(t, k, h.fixture(t, k))
	child := h.ask(t, access.SocialWorker, "GET", "/api/v1/children/"+id, nil).object(t)
	const clients, rounds = 8, 5
	var won, lost atomic.Int32
	for round := 1; round <= rounds; round++ {
		var wg sync.WaitGroup
		for n := range clients {
			body := map[string]any{"sex": child["sex"], "ethnicity": child["ethnicity"], "date_of_birth": records.NewDate(2010, 1, 1).Add(100*round + n).String()}
			wg.Go(func() {
				switch r := h.ask(t, access.SocialWorker, "PUT", "/api/v1/children/"+id, body, "If-Match", fmt.Sprintf(`"%d"`, round)); r.status {
				case 200:
					won.Add(1)
				case 412:
					lost.Add(1)
				default:
					t.Errorf("%d %s", r.status, r.body)
				}
			})
		}
		wg.Wait()
	}
	if won.Load() != rounds || lost.Load() != rounds*(clients-1) {
		t.Errorf("%d won and %d lost", won.Load(), lost.Load())
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("attendance")
	child, school := h.onRoll(t)
	want := map[string]bool{}
	for day := range 25 {
		id := h.put(t, k, map[string]any{"child": child, "school": school, "date": records.NewDate(2026, 3, 1).Add(day).String(), "am": "/"})
		want[id] = true
	}
	h.put(t, k, h.fixture(t, k)) // another child's
	next, pages := "/api/v1/attendances?limit=10&child="+child, 0
	for next != "" {
		r := h.ask(t, access.WelfareOfficer, "GET", next, nil)
		if r.status != 200 {
			t.Fatalf("%s: %d %s", next, r.status, r.body)
		}
		page := r.object(t)
		for _, rec := range page["records"].([]any) {
			id := rec.(map[string]any)["id"].(string)
			if !want[id] {
				t.Errorf("record %s is another's, or here twice", id)
			}
			delete(want, id)
		}
		next, _ = page["next"].(string)
		if link := r.header.Get("Link"); next != "" && link != "<"+next+`>; rel="next"` || next == "" && link != "" {
			t.Errorf("Link: %s, next: %s", link, next)
		}
		pages++
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("after %d pages %d records are missing", pages, len(want))
	}
	count := func(query string) int {
		r := h.ask(t, access.WelfareOfficer, "GET", "/api/v1/attendances?"+query, nil)
		if r.status != 200 {
			t.Fatalf("%s: %d %s", query, r.status, r.body)
		}
		return len(r.object(t)["records"].([]any))
	}
	for query, want := range map[string]int{
		"child=" + child + "&from=2026-03-24":                              2,
		"child=" + child + "&to=2026-03-03":                                2,
		"child=" + child + "&since=2100-01-01T00:00:00Z":                   0,
		"school=" + school:                                                 26,
		"school=999999":                                                    0,
		"child=00000000-0000-4000-8000-000000000000":                       0,
		"child=" + child + "&limit=1000&since=2000-01-01T00:00:00%2B01:00": 25,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d records, not %d", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"limit=0": "limit out-of-range", "limit=1001": "limit out-of-range", "limit=x": "limit out-of-range", "limit=1&limit=2": "limit given-twice",
		"colour=red": "colour unknown-field", "from=yesterday": "from format", "to=": "to format", "since=2026-01-01": "since format",
		"child=x": "child format", "school=x": "school format", "after=x": "after format", "Jane%20Smith=1": "(not a name) unknown-field",
	} {
		r := h.ask(t, access.WelfareOfficer, "GET", "/api/v1/attendances?"+query, nil)
		if r.status != 400 || r.problems(t) != want {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
	if r := h.ask(t, access.Administrator, "GET", "/api/v1/teams?child="+child, nil); r.status != 400 || r.problems(t) != "child not-possible" {
		t.Errorf("teams of a child: %d %s", r.status, r.body)
	}
}

// docs/api.md tells how to put a mark; this is what it tells.
func TestPuttingAMark(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	child, school := h.onRoll(t)
	const who, path = access.WelfareOfficer, "/api/v1/attendances"
	mark := map[string]any{"child": child, "school": school, "date": "2026-11-09", "am": "O"}
	made := h.ask(t, who, "POST", path, mark)
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if r := h.ask(t, who, "POST", path, mark); r.status != 422 || r.problems(t) != "date in-use" {
		t.Errorf("the day twice: %d %s", r.status, r.body)
	}
	days := h.ask(t, who, "GET", path+"?child="+child+"&from=2026-11-09&to=2026-11-10", nil).object(t)["records"].([]any)
	if len(days) != 1 || path+"/"+days[0].(map[string]any)["id"].(string) != made.header.Get("Location") {
		t.Errorf("the day: %v", days)
	}
	mark["am"], mark["am_minutes"], mark["pm"] = "L", 95, `\`
	r := h.ask(t, who, "PUT", made.header.Get("Location"), mark, "If-Match", made.header.Get("ETag"), "Reason", "came in at eleven")
	if r.status != 200 || r.header.Get("ETag") != `"2"` || r.object(t)["pm"] != `\` {
		t.Errorf("%d %s", r.status, r.body)
	}
	// A mark for a child who is not on the roll says so.
	kind, _ := records.KindOf("child")
	mark["child"] = h.put(t, kind, h.fixture(t, kind))
	if r := h.ask(t, who, "POST", path, mark); r.status != 422 || r.problems(t) != "child not-enrolled" {
		t.Errorf("not on the roll: %d %s", r.status, r.body)
	}
}
