package api_test

import (
	"fmt"
	"sync"
	"testing"

	"onevision/access"
	"onevision/records"
)

// A request sent again with its key creates nothing twice, however it is sent
// again.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	k, _ := records.KindOf("child")
	body := h.fixture(t, k)
	const who = access.SocialWorker
	before := len(h.ask(t, who, "GET", "/api/v1/children?limit=1000", nil).object(t)["records"].([]any))
	var ids sync.Map
	var wg sync.WaitGroup
	for n := range 20 { // five times each of four
		wg.Go(func() {
			key := fmt.Sprintf("key-number-%d", n%4)
			r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", key)
			if r.status != 201 || r.header.Get("ETag") != `"1"` {
				t.Errorf("%d %s", r.status, r.body)
				return
			}
			if was, there := ids.LoadOrStore(key, r.header.Get("Location")); there && was != r.header.Get("Location") {
				t.Errorf("%s is %s and %s", key, was, r.header.Get("Location"))
			}
		})
	}
	wg.Wait()
	if after := len(h.ask(t, who, "GET", "/api/v1/children?limit=1000", nil).object(t)["records"].([]any)); after != before+4 {
		t.Errorf("%d children were created, not 4", after-before)
	}
	again := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", `"key-number-1"`)
	if again.status != 201 || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("in quotes: %d %v", again.status, again.header)
	}
	body["date_of_birth"] = "2011-01-01"
	if r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", "key-number-1"); r.status != 422 || r.problems(t) != "Idempotency-Key in-use" {
		t.Errorf("another request: %d %s", r.status, r.body)
	}
	if r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", "with space"); r.status != 400 {
		t.Errorf("a key that cannot be: %d", r.status)
	}
	// A key of a request that failed is free, and another account's keys are
	// its own.
	body["sex"] = ""
	if r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", "key-number-9"); r.status != 422 {
		t.Errorf("without a sex: %d", r.status)
	}
	body = h.fixture(t, k)
	r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", "key-number-9")
	if r.status != 201 || r.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("after a failure: %d %s", r.status, r.body)
	}
	// What was created and deleted since is not there.
	address := r.header.Get("Location")
	if r := h.ask(t, who, "DELETE", address, nil, "If-Match", `"1"`, "Reason", "by mistake"); r.status != 204 {
		t.Fatalf("deleting: %d %s", r.status, r.body)
	}
	if r := h.ask(t, who, "POST", "/api/v1/children", body, "Idempotency-Key", "key-number-9"); r.status != 404 {
		t.Errorf("after deleting: %d", r.status)
	}
}
