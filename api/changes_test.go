package api_test

import (
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// A program keeps a copy by the feed: where it ends, what came since, page by
// page, and what its token may not read is not in it.
func TestChangesFeed(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	sequencer := &records.Sequencer{Pool: h.pool}
	if err := sequencer.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	step := func() {
		t.Helper()
		if _, err := sequencer.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	step()
	const path = "/api/v1/changes"
	start := h.ask(t, access.SocialWorker, "GET", path, nil)
	since, _ := start.object(t)["since"].(string)
	if start.status != 200 || since == "" || len(start.object(t)["changes"].([]any)) != 0 {
		t.Fatalf("%d %s", start.status, start.body)
	}
	child := h.put(t, h.kind(t, "child"), h.fixture(t, h.kind(t, "child")))
	care := h.put(t, h.kind(t, "looked-after-period"), h.fixture(t, h.kind(t, "looked-after-period")))
	step()

	var told []string
	for next, pages := path+"?limit=2&since="+since, 0; next != ""; pages++ {
		r := h.ask(t, access.SocialWorker, "GET", next, nil)
		if r.status != 200 || pages > 9 {
			t.Fatalf("%s: %d %s", next, r.status, r.body)
		}
		for _, c := range r.object(t)["changes"].([]any) {
			c := c.(map[string]any)
			told = append(told, fmt.Sprint(c["operation"], " ", c["kind"], " ", c["id"]))
		}
		next, _ = r.object(t)["next"].(string)
		if link := r.header.Get("Link"); (next == "") != (link == "") || !strings.Contains(link, next) {
			t.Errorf("Link is %q and next %q", link, next)
		}
	}
	for _, want := range []string{"create child " + child, "create looked-after-period " + care} {
		if n := strings.Count(strings.Join(told, ", "), want); n != 1 {
			t.Errorf("%q is told %d times: %q", want, n, told)
		}
	}
	r := h.ask(t, access.WelfareOfficer, "GET", path+"?since="+since, nil)
	if r.status != 200 || !strings.Contains(r.body, child) || strings.Contains(r.body, "looked-after") {
		t.Errorf("a welfare officer: %d %s", r.status, r.body)
	}
	for address, want := range map[string]int{"?since=nonsense": 400, "?limit=0": 400, "?limit=1&limit=2": 400, "?unicorn=1": 400, "?since=0123456789ab.5": 410, "?since=" + since + "99": 410} {
		if r := h.ask(t, access.SocialWorker, "GET", path+address, nil); r.status != want {
			t.Errorf("%s: %d %s", address, r.status, r.body)
		}
	}
}
