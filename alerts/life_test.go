package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
)

// An alert that nobody acknowledges goes on to the next after the rule's working
// hours, once; one that is acknowledged does not.
func TestAnAlertIsEscalated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.person("second", access.Manager, access.Lead, access.OneSchool, 2)
	director := w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.board.set("2", lastWeek, 50, 1000)
	w.board.set("3", lastWeek, 10, 1000)
	w.evaluate() // Monday at 06:15
	w.arrived()
	w.now = func() time.Time { return t0.Add(time.Hour) }
	open, err := w.Open(t.Context(), accesstest.Answering(lead, access.Manager, "authority:"))
	if err != nil || len(open) != 2 {
		t.Fatalf("open: %+v (%v)", open, err)
	}
	for _, o := range open {
		if o.Mine != (o.Member == "1") {
			t.Errorf("the lead of school 1 has %s: %v", o.MemberName, o.Mine)
		}
		err := w.Do(t.Context(), accesstest.Answering(lead, access.Manager, "school:1"), o.ID, Deed{What: WhatAcknowledged, Due: indicators.DayOf(t0).AddDate(0, 0, 7), Comment: "on it"})
		if o.Mine != (err == nil) || !o.Mine && !errors.Is(err, ErrNotFound) {
			t.Errorf("acknowledge %s: %v", o.MemberName, err)
		}
	}
	at := func(hour, minute int) {
		t.Helper()
		if err := w.Evaluate(t.Context(), clock(indicators.DayOf(t0), hour, minute)); err != nil {
			t.Fatal(err)
		}
	}
	at(16, 59)
	w.written(2)
	at(17, 0) // eight hours from nine o'clock
	at(17, 1)
	m := w.written(3)[2]
	if m.Account != director || !strings.HasPrefix(m.Subject, "[Escalated] Unauthorised absence for St Mary's School") || !strings.Contains(m.Text, "Nobody has acknowledged it within 8 working hours") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
}

// A letter about a period of which the figures were taken back says that there is none.
func TestALetterOfAFigureThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.arrived()
	delete(w.board.values["1"], lastWeek)
	w.board.pass(time.Second)
	if err := w.Evaluate(t.Context(), clock(indicators.DayOf(t0), 17, 1)); err != nil {
		t.Fatal(err)
	}
	m := w.written(2)[1]
	if !strings.HasPrefix(m.Subject, "[Escalated] ") || !strings.Contains(m.Text, "There is no figure for that period.") || strings.Contains(m.Text, "role") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
}

// What is snoozed or silenced is not told, and is when that ends.
func TestASnoozeAndASilenceEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	director := w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.begin()
	r := UnauthorisedAbsence()
	r.EscalateHours = 0
	if err := w.EditRule(t.Context(), accesstest.Viewer(access.Administrator), r); err != nil {
		t.Fatal(err)
	}
	w.board.set("3", lastWeek, 10, 1000)
	w.now = func() time.Time { return t0 }
	member := "2"
	if err := w.AddSilence(t.Context(), accesstest.Answering(lead, access.Manager, "school:1"), Silence{Member: &member, From: t0, To: t0.Add(48 * time.Hour), Comment: "a strike"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a manager silences: %v", err)
	}
	if err := w.AddSilence(t.Context(), accesstest.ViewerOf(director, access.Director), Silence{Member: &member, From: t0, To: t0.Add(48 * time.Hour), Comment: "a strike"}); err != nil {
		t.Fatal(err)
	}
	w.board.set("1", lastWeek, 50, 1000)
	w.board.set("2", lastWeek, 50, 1000)
	w.evaluate()
	w.arrived()
	if m := w.written(1)[0]; m.Account != lead {
		t.Errorf("told %v", m)
	}
	if err := w.Do(t.Context(), accesstest.Answering(lead, access.Manager, "school:1"), w.alertOf("1"), Deed{What: WhatSnoozed, Until: t0.Add(24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.board.set("1", lastWeek, 90, 1000) // worse, but snoozed
	w.evaluate()
	w.written(1)
	if err := w.Evaluate(t.Context(), t0.Add(25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.arrived()
	if m := w.written(2)[1]; !strings.HasPrefix(m.Subject, "[Still open]") || !strings.Contains(m.Subject, "9.0%") {
		t.Errorf("after the snooze: %v", m)
	}
	if err := w.Evaluate(t.Context(), t0.Add(49*time.Hour)); err != nil {
		t.Fatal(err)
	}
	var silenced bool
	for _, m := range w.written(3)[2:] {
		silenced = silenced || m.Account == director && strings.Contains(m.Text, "St Mary's School") && strings.HasPrefix(m.Subject, "[Open]")
	}
	if !silenced {
		t.Errorf("after the silence: %v", w.written(3))
	}
}

// A rise while it is open is told once.
func TestWorseIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	for i, step := range []struct {
		numerator int64
		letters   int
	}{{80, 1}, {85, 1}, {105, 2}, {104, 2}, {106, 2}, {80, 2}, {105, 2}} {
		w.board.set("1", lastWeek, step.numerator, 1000)
		w.evaluate()
		w.evaluate()
		w.arrived()
		if got := w.written(step.letters); i == 2 && (!strings.HasPrefix(got[1].Subject, "[Worse] ") || got[1].InReplyTo != got[0].MessageID) {
			t.Errorf("told %v", got[1])
		}
	}
}

// A digest is one letter about every rule, on Monday at 07:30.
func TestADigestIsOneLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	by := accesstest.Viewer(access.Administrator)
	r := UnauthorisedAbsence()
	r.Timing = Digest
	if err := w.EditRule(t.Context(), by, r); err != nil {
		t.Fatal(err)
	}
	r.Name, r.Threshold, r.Clear = "Another", dec("4"), decimal.NullDecimal{}
	if err := w.EnsureRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.evaluate()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.written(0)
	if err := w.Evaluate(t.Context(), clock(indicators.DayOf(t0), 7, 30)); err != nil {
		t.Fatal(err)
	}
	m := w.written(1)[0]
	if m.Subject != "[Digest] 2 alerts to see, 16 November 2026" || strings.Count(m.Text, "Oakfield Primary School  |  5.0%") != 2 {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
}

// A period that was not judged is told with the digest, and not if it is judged
// by then; no threshold letter is written of it.
func TestNotJudgedIsToldAsSuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.person("other", access.Manager, access.Lead, access.OneSchool, 2)
	w.begin()
	w.board.set("3", lastWeek, 10, 1000) // schools 1 and 2 have sent nothing
	w.evaluate()
	w.evaluate()
	w.written(0)
	w.board.set("2", lastWeek, 10, 1000)
	w.evaluate()
	if err := w.Evaluate(t.Context(), clock(indicators.DayOf(t0), 7, 31)); err != nil {
		t.Fatal(err)
	}
	m := w.written(1)[0]
	if !strings.Contains(m.Text, "Not judged") || !strings.Contains(m.Text, "Oakfield Primary School  |  not judged") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		t.Helper()
		when, err := time.ParseInLocation("2006-01-02 15:04", s, indicators.London())
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	c := NewCalendar(time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC))
	for now, want := range map[string]string{
		"2026-11-16 06:15": "2026-11-16 07:30", "2026-11-16 07:30": "2026-11-23 07:30", "2026-11-21 12:00": "2026-11-23 07:30",
		"2026-12-22 09:00": "2026-12-29 07:30", // the Monday is a bank holiday
		"2026-12-28 09:00": "2026-12-29 07:30",
		"2026-03-28 12:00": "2026-03-30 07:30", "2026-10-24 12:00": "2026-10-26 07:30", // the clocks change between
	} {
		if got := c.nextDigest(at(now)); !got.Equal(at(want)) {
			t.Errorf("after %s the digest goes %s, want %s", now, got.In(indicators.London()), want)
		}
	}
	for _, s := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-11-16 06:15", "2026-11-16 17:00", 8 * time.Hour}, {"2026-11-16 16:00", "2026-11-17 10:00", 2 * time.Hour},
		{"2026-11-20 16:00", "2026-11-23 10:00", 2 * time.Hour}, {"2026-12-24 16:00", "2026-12-29 10:00", 2 * time.Hour}, {"2026-11-21 10:00", "2026-11-22 20:00", 0},
	} {
		if got := c.workingTime(at(s.from), at(s.to)); got != s.want {
			t.Errorf("from %s to %s are %s of office hours, want %s", s.from, s.to, got, s.want)
		}
	}
	for now, want := range map[string]string{"2026-11-16 18:59": "2026-11-16 18:59", "2026-11-16 19:00": "2026-11-17 07:00", "2026-11-17 06:59": "2026-11-17 07:00", "2026-11-17 07:00": "2026-11-17 07:00"} {
		if got := afterQuiet(at(now), "19:00", "07:00"); !got.Equal(at(want)) {
			t.Errorf("at %s: %s, want %s", now, got, want)
		}
	}
}

// Two sessions in a school of 51 are not news where the rule asks for evidence.
// Intervals as published calculators give them.
func TestEvidence(t *testing.T) {
	t.Parallel()
	r := Rule{Operator: Above, Threshold: dec("3"), Confidence: 95}
	for _, c := range []struct {
		n, d string
		want bool
	}{{"2", "51", false}, {"16", "510", false}, {"30", "510", true}, {"300", "5100", true}} {
		o := Observation{Numerator: dec(c.n), Denominator: dec(c.d), Value: dec(c.n).Shift(2).DivRound(dec(c.d), 6), Unit: indicators.Percent}
		if r.overSurely(o) != c.want || !r.over(o.Value) {
			t.Errorf("%s of %s is over by more than chance: %v", c.n, c.d, !c.want)
		}
	}
	low, high := indicators.Interval(indicators.Percent, dec("81"), dec("263"), dec("30.798479"), 95)
	if !indicators.HalfUp(low, 2).Equal(dec("25.53")) || !indicators.HalfUp(high, 2).Equal(dec("36.62")) {
		t.Errorf("81 of 263: %s to %s, want 25.53 to 36.62 (Newcombe 1998)", low, high)
	}
}

// A webhook is told the beginning and the end, signed, without a figure.
func TestAWebhookIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	secret := []byte("a secret of at least 24 bytes")
	type told struct{ Event, Member, Page string }
	arrived := make(chan told, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, secret)
		io.WriteString(mac, r.Header.Get("Webhook-Id")+"."+r.Header.Get("Webhook-Timestamp")+"."+string(body))
		if r.Header.Get("Webhook-Signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Error("the signature is not right")
		}
		if strings.Contains(string(body), "50") || strings.Contains(string(body), "Oakfield") {
			t.Errorf("the webhook is told %s", body)
		}
		var e told
		if err := json.Unmarshal(body, &e); err != nil {
			t.Error(err)
		}
		arrived <- e
	}))
	defer server.Close()
	h := Webhook{Name: "teams", URL: server.URL, Secret: secret}
	if err := h.check(); err != nil {
		t.Fatal(err)
	}
	w.webhooks, w.notifiers["webhook:teams"] = []Webhook{h}, h
	w.begin()
	w.deliver()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	if e := <-arrived; e.Event != "fired" || e.Member != "1" || e.Page != "https://onevision.example.gov.uk/alerts/1" {
		t.Errorf("told %+v", e)
	}
	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	if e := <-arrived; e.Event != "recovered" {
		t.Errorf("told %+v", e)
	}
	for _, bad := range []Webhook{{Name: "x", URL: "http://elsewhere.example/", Secret: secret}, {Name: "x", URL: server.URL, Secret: []byte("short")}, {URL: server.URL, Secret: secret}} {
		if bad.check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
