package dashboards

import (
	"strings"
	"testing"
	"time"

	"onevision/indicators"
)

func TestWhen(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"2026-11-22T16:05:59Z": "22 November 2026 at 4:05pm",
		"2026-11-22T16:00:00Z": "22 November 2026 at 4pm",
		"2026-11-22T12:00:00Z": "22 November 2026 at midday",
		"2026-11-22T00:00:00Z": "22 November 2026 at midnight",
		"2026-06-30T23:30:00Z": "1 July 2026 at 12:30am", // London is an hour ahead
		"2026-10-25T00:30:00Z": "25 October 2026 at 1:30am",
		"2026-10-25T01:30:00Z": "25 October 2026 at 1:30am", // and again, the clocks having gone back
	} {
		at, err := time.Parse(time.RFC3339, given)
		if err != nil {
			t.Fatal(err)
		}
		if got := when(at); got != want {
			t.Errorf("when(%s) is %q, want %q", given, got, want)
		}
	}
	if got := when(time.Time{}); got != "not yet known" {
		t.Errorf("an instant that is not known: %q", got)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "no alerts", 1: "1 alert", 2: "2 alerts", 1204: "1,204 alerts", 1234567: "1,234,567 alerts"} {
		if got := count(n, "alert", "alerts"); got != want {
			t.Errorf("count(%d) is %q, want %q", n, got, want)
		}
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1 second", 1500 * time.Millisecond: "2 seconds", time.Minute: "60 seconds", 90 * time.Second: "2 minutes", 2 * time.Minute: "2 minutes",
	} {
		if got := waiting(d); got != want {
			t.Errorf("waiting(%s) is %q, want %q", d, got, want)
		}
	}
}

// An address says one thing in one way: keys in one order, empty ones left out.
func TestAddressOfAState(t *testing.T) {
	t.Parallel()
	q := query{"period": "week", "sort": "name", "order": "ascending"}
	for _, c := range []struct {
		changes []string
		want    string
	}{
		{nil, "/p?order=ascending&period=week&sort=name"},
		{[]string{"at", "week:2026-11-09"}, "/p?at=week%3A2026-11-09&order=ascending&period=week&sort=name"},
		{[]string{"sort", "", "order", "", "period", ""}, "/p"},
	} {
		if got := q.with("/p", c.changes...); got != c.want {
			t.Errorf("%v: %s, want %s", c.changes, got, c.want)
		}
	}
	if len(q) != 3 {
		t.Error("making an address changed the state")
	}
}

// Status is never colour alone: each has a word and a shape of its own.
func TestStatusIsNotColourAlone(t *testing.T) {
	t.Parallel()
	words, shapes := map[string]bool{}, map[string]bool{}
	for _, s := range []indicators.Status{indicators.StatusOnTarget, indicators.StatusAtRisk, indicators.StatusOffTarget} {
		st := statusOf(s)
		if st.Word == "" || st.Shape == "" || words[st.Word] || shapes[st.Shape] {
			t.Errorf("%v: %+v", s, st)
		}
		words[st.Word], shapes[st.Shape] = true, true
	}
}

func TestOptionsSayAllThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Options{PublicURL: "onevision.example", Personas: []Persona{{}}}.check()
	for _, part := range []string{"authority", "accounts", "sessions", "engine", "alerts", "audit", "clock", "log", "public address", "outside the demo"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("nothing about %s in: %v", part, err)
		}
	}
}
