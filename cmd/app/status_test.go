package app_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"onevision/cmd/app"
	"onevision/warehouse"
)

// The status says what an operator must know of the slot.
func TestStatusInWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		slot  warehouse.SlotRetention
		words []string
	}{
		"not asked":         {warehouse.SlotRetention{}, []string{"slot not looked at yet"}},
		"unreachable":       {warehouse.SlotRetention{Error: "connect to the record store: refused"}, []string{"slot could not be looked at: connect to the record store: refused"}},
		"unreachable again": {warehouse.SlotRetention{At: at, Exists: true, Error: "connect to the record store: refused"}, []string{"slot could not be looked at since ", "refused"}},
		"gone":              {warehouse.SlotRetention{At: at, Bound: 4 << 30, ServerBound: 1 << 30}, []string{"slot there is none"}},
		"well":              {warehouse.SlotRetention{At: at, Exists: true, WAL: "reserved", Retained: 3 << 20, Bound: 4 << 30, ServerBound: 1 << 30}, []string{"holds back 3.0 MB of the 1.0 GB allowed (reserved)"}},
		"much": {warehouse.SlotRetention{At: at, Exists: true, WAL: "extended", Retained: 3 << 30, Bound: 4 << 30, ServerBound: -1, Warning: "it holds much", Dropped: 1, DroppedAt: at},
			[]string{"holds back 3.0 GB of the 4.0 GB allowed (extended)", "onevision doctor", "WARNING it holds much", "slots let go 1, the last at"}},
	} {
		var out bytes.Buffer
		if err := app.PrintStatus(&out, warehouse.Status{State: warehouse.Following, Serving: true, Behind: 2048, Slot: test.slot}); err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(` +`).ReplaceAllString(out.String(), " ")
		for _, w := range append(test.words, "behind 2.0 kB of write-ahead log") {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", name, w, text)
			}
		}
	}
}

// A table that cannot be followed is told of with why, and with what to do.
func TestStatusOfAStaleTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := app.PrintStatus(&out, warehouse.Status{State: warehouse.Following, Serving: true,
		Stale: []string{"placement (the publication onevision_facts does not carry it)"}, StaleError: "placement: the publication onevision_facts does not carry it"})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"loading again +placement \\(the publication onevision_facts does not carry it\\)", "the last attempt failed: placement: ", "WARNING +data as at stands still .*onevision doctor"} {
		if !regexp.MustCompile(w).MatchString(out.String()) {
			t.Errorf("no %q in\n%s", w, out.String())
		}
	}
}
