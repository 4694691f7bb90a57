package api_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// canary stands for a child's data. It comes back in no answer that is an
// error, and stands in no log.
const canary = "CANARY7f3a"

// Every field of every kind is sent every wrong thing, and whatever else a
// caller can send.
func TestErrorsRepeatNothing(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	everyWrong := os.Getenv("ONEVISION_FAULTS") == "full"
	errors := 0
	look := func(what string, r reply) {
		t.Helper()
		if r.status < 400 {
			return
		}
		errors++
		if r.status >= 500 {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
		if strings.Contains(strings.ToLower(r.body+fmt.Sprint(r.header)), strings.ToLower(canary)) {
			t.Errorf("%s: %d repeats it: %v %s", what, r.status, r.header, r.body)
		}
	}
	for _, k := range records.Kinds() {
		path := "/api/v1/" + k.Plural
		writer := access.Role("")
		for _, role := range access.Roles() {
			if r := h.ask(t, role, "POST", path, "{}"); r.status == 422 {
				writer = role
			}
		}
		if writer == "" {
			t.Errorf("no role writes %s", k.Plural)
			continue
		}
		fine := h.fixture(t, k)
		id := h.put(t, k, h.fixture(t, k))
		names := []string{"id", "version", "recorded_at", "recorded_by", "source", canary + " " + canary, "x " + canary}
		for _, f := range k.Fields {
			names = append(names, f.Name)
		}
		for i, name := range names {
			wrongs := []any{
				canary, canary + "\x00", strings.Repeat(canary, 200), 987654321012345, -1.5, 1e300, true, []string{canary}, map[string]any{canary: canary}, "2026-99-" + canary, "\ufffd" + canary,
			}
			for j, wrong := range wrongs {
				body := maps.Clone(fine)
				body[name] = wrong
				body["no_such_field"] = canary // so that nothing is stored
				look(fmt.Sprintf("creating %s with %s", k.Name, name), h.ask(t, writer, "POST", path, body))
				if j != i%len(wrongs) && !everyWrong { // a correction goes the same way: each field is corrected with one
					continue
				}
				delete(body, "no_such_field")
				look(fmt.Sprintf("correcting %s with %s", k.Name, name), h.ask(t, writer, "PUT", path+"/"+id, body, "If-Match", `"1"`))
			}
		}
		for what, r := range map[string]reply{
			"a body that is no JSON":     h.ask(t, writer, "POST", path, `{"a":`+canary),
			"a body that is text":        h.ask(t, writer, "POST", path, `"`+canary+`"`),
			"two bodies":                 h.ask(t, writer, "POST", path, `{}{"`+canary+`":1}`),
			"a body that is not UTF-8":   h.ask(t, writer, "POST", path, "{\"\xff"+canary+"\":1}"),
			"another media type":         h.ask(t, writer, "POST", path, canary, "Content-Type", "text/"+canary),
			"If-Match":                   h.ask(t, writer, "PUT", path+"/"+id, "{}", "If-Match", canary),
			"a reason that cannot be":    h.ask(t, writer, "DELETE", path+"/"+id, nil, "If-Match", `"1"`, "Reason", strings.Repeat(canary, 60)),
			"a reason of a lost race":    h.ask(t, writer, "DELETE", path+"/"+id, nil, "If-Match", `"77"`, "Reason", canary),
			"an id":                      h.ask(t, writer, "GET", path+"/"+canary, nil),
			"an id with more":            h.ask(t, writer, "GET", path+"/1%00"+canary, nil),
			"a filter":                   h.ask(t, writer, "GET", path+"?child="+canary+"&school="+canary+"&after="+canary+"&from="+canary, nil),
			"a filter that there is not": h.ask(t, writer, "GET", path+"?x+"+canary+"="+canary, nil),
			"the end":                    h.ask(t, writer, "POST", path+"/"+id+"/end", map[string]any{"to_date": canary, "x " + canary: 1}, "If-Match", `"1"`),
			"a token":                    h.askWith(t, "Bearer "+canary, "GET", path, nil),
			"a request's id":             h.ask(t, writer, "GET", path+"/0", nil, "X-Request-Id", canary),
			"an address":                 h.ask(t, writer, "GET", path+"/1/"+canary, nil),
		} {
			if r.status < 400 {
				t.Errorf("%s of %s: %d", what, k.Name, r.status)
			}
			look(what+" of "+k.Name, r)
		}
	}
	if errors < 1000 {
		t.Errorf("only %d errors were looked at", errors)
	}
	if log := h.log.String(); strings.Contains(log, canary) || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %.2000s", log)
	}
}
