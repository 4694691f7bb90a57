package alerts

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
)

func TestAChangeOfStateIsWrittenOnceToEachWhoAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	deputy := w.person("deputy", access.WelfareOfficer, access.Deputy, access.OneSchool, 1)
	w.person("other", access.Manager, access.Lead, access.OneSchool, 2)
	w.begin()

	w.board.set("1", lastWeek, 30, 1000) // 3.0%: not above
	w.evaluate()
	w.written(0)
	w.board.set("1", lastWeek, 31, 1000) // one late mark
	w.evaluate()
	w.evaluate()
	w.evaluate()
	got := w.written(2)
	if got[0].Account != lead || got[1].Account != deputy {
		t.Errorf("told %v", got)
	}
	w.arrived()
	m := got[0]
	if want := "[Off target] Unauthorised absence for Oakfield Primary School: 3.1% (threshold 3.0%), week of 9 November 2026"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	for _, want := range []string{"31 of 1,000 possible sessions", "above 3.0%; it recovers at 2.5% or less", "Above since: week of 9 November 2026", "Week of 2 November 2026  |  1.0%  |  10 of 1,000",
		"Data as at: 16 November 2026 at 05:15", "You get this because you are the lead for Oakfield Primary School since 1 September 2026.", "Also answering: deputy Example (deputy)",
		"https://onevision.example.gov.uk/indicators/unauthorised-absence?breakdown=school&member=1&period=week"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, m.Text)
		}
	}
	for _, want := range []string{`lang="en-GB"`, "31 of 1,000 possible sessions", "member=1", `role="presentation"`} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the HTML does not hold %q", want)
		}
	}

	w.board.set("1", lastWeek, 26, 1000) // between
	w.evaluate()
	w.written(2)
	w.board.set("1", lastWeek, 25, 1000) // at the clear threshold
	w.evaluate()
	w.evaluate()
	got = w.written(4)
	if back := got[2]; back.InReplyTo != m.MessageID || back.MessageID == m.MessageID || !strings.HasPrefix(back.Subject, "[Recovered] Unauthorised absence for Oakfield Primary School: back to 2.5%") {
		t.Errorf("the recovery is %v, answering %q", back, back.InReplyTo)
	}
	w.arrived()
	w.board.set("1", lastWeek, 40, 1000)
	w.evaluate()
	if again := w.written(6)[4]; again.MessageID == m.MessageID || again.InReplyTo != "" {
		t.Errorf("the second episode is %v", again)
	}
}

func TestWhatWasOverBeforeIsOneList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.person("one", access.Manager, access.Lead, access.OneSchool, 1)
	if _, err := w.who.Assign(t.Context(), accesstest.Viewer(access.Administrator), access.Responsibility{Account: one, Subject: access.OneSchool, Member: 2, From: t0.AddDate(0, -1, 0)}); err != nil {
		t.Fatal(err)
	}
	director := w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.evaluate() // nothing is known yet: the rule has not begun
	for _, id := range []string{"1", "2", "3"} {
		w.board.set(id, lastWeek-2, 10, 1000)
		w.board.set(id, lastWeek-1, 50, 1000)
		w.board.set(id, lastWeek, 60, 1000)
	}
	w.evaluate()
	w.evaluate()
	got := w.written(2)
	if got[0].Account != one || got[1].Account != director || got[0].Reason != "began" {
		t.Fatalf("told %v", got)
	}
	if want := "[Off target] Unauthorised absence: 2 schools above 3.0%, week of 9 November 2026"; got[0].Subject != want {
		t.Errorf("subject %q, want %q", got[0].Subject, want)
	}
	for _, want := range []string{"Oakfield Primary School  |  6.0%  |  60 of 1,000  |  week of 2 November 2026  |  lead", "St Mary's School"} {
		if !strings.Contains(got[0].Text, want) {
			t.Errorf("the list does not say %q:\n%s", want, got[0].Text)
		}
	}
	if !strings.Contains(got[1].Text, "Hill School  |  6.0%  |  60 of 1,000  |  week of 2 November 2026  |  standing in: nobody answers for it") || strings.Contains(got[1].Text, "Oakfield") {
		t.Errorf("the director, who stands in for one school, is told:\n%s", got[1].Text)
	}
	w.arrived()
	w.board.set("1", lastWeek, 5, 1000)
	w.evaluate()
	if back := w.written(3)[2]; back.Reason != "recovered" || back.InReplyTo != got[0].MessageID {
		t.Errorf("the recovery %v answers %q, want the list", back, back.InReplyTo)
	}
}

// A pause of three weeks tells how things stand, not what came and went.
func TestAfterAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	for id := range w.board.names {
		w.board.set(id, 5, 10, 1000)
	}
	w.evaluate()
	w.board.set("1", 6, 50, 1000)
	w.board.set("1", 7, 10, 1000) // came and went
	w.board.set("1", 8, 50, 1000)
	w.evaluate()
	got := w.written(1)
	if got[0].Reason != "fired" || !strings.Contains(got[0].Text, "Above since: "+weekOf(8).Name) {
		t.Errorf("told %v:\n%s", got, got[0].Text)
	}
}

// Whoever has no right to exact figures is told nothing of an alert: that there is one
// says of a school, whose figure may be hidden, that it is over a limit.
func TestAnAlertIsForThoseWhoSeeExactFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("member", access.LeadMember, access.Lead, access.OneSchool, 1)
	w.person("transport", access.TransportOfficer, access.Deputy, access.OneSchool, 1)
	w.person("manager", access.Manager, access.Deputy, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 4, 103) // 3.9%
	w.evaluate()
	if m := w.written(1)[0]; !strings.Contains(m.Text, "4 of 103") {
		t.Errorf("the manager is told:\n%s\n%s", m.Subject, m.Text)
	}
	for _, role := range []access.Role{access.LeadMember, access.TransportOfficer} {
		v := accesstest.Viewer(role)
		open, err := w.Open(t.Context(), v)
		n, err2 := w.CountOpen(t.Context(), v)
		ended, err3 := w.Ended(t.Context(), v)
		if errors.Join(err, err2, err3) != nil || len(open)+len(ended)+n != 0 {
			t.Errorf("%s sees %+v %+v, counts %d (%v, %v, %v)", role, open, ended, n, err, err2, err3)
		}
	}
	open, err := w.Open(t.Context(), accesstest.Viewer(access.Director))
	if err != nil || len(open) != 1 {
		t.Errorf("%+v (%v)", open, err)
		return
	}
	if _, err := w.Alert(t.Context(), accesstest.Viewer(access.LeadMember), open[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the lead member opens it: %v", err)
	}
}

func TestOpenAlertsAndMessagesAreForThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 40, 1000)
	w.evaluate()
	for role, want := range map[access.Role]int{access.Director: 1, access.Manager: 0, access.Administrator: 0, access.TransportOfficer: 0, "nobody": 0} {
		v := accesstest.Viewer(role)
		open, err := w.Open(t.Context(), v)
		n, err2 := w.CountOpen(t.Context(), v)
		if err != nil || err2 != nil || len(open) != want || n != want {
			t.Errorf("%s sees %d open and counts %d (%v, %v), want %d", role, len(open), n, err, err2, want)
		}
	}
	// A manager sees those about what they answer for.
	for school, want := range map[string]int{"school:1": 1, "school:2": 0, "authority:": 1} {
		v := accesstest.Answering(lead, access.Manager, school)
		open, err := w.Open(t.Context(), v)
		n, err2 := w.CountOpen(t.Context(), v)
		if err != nil || err2 != nil || len(open) != want || n != want {
			t.Errorf("who answers for %s sees %d open and counts %d (%v, %v), want %d", school, len(open), n, err, err2, want)
		}
	}
	// Who was told when they answered for it, and does not now, does nothing about it.
	act := Deed{What: WhatActed, Comment: "I called the head"}
	if err := w.Do(t.Context(), accesstest.Answering(lead, access.Manager, "school:2"), w.alertOf("1"), act); !errors.Is(err, ErrNotFound) {
		t.Errorf("who answers for another school acts: %v", err)
	}
	// Of what ended, others' alerts take no place of theirs.
	if _, err := w.pool.Exec(t.Context(), `INSERT INTO alert (rule_id, breakdown, member, episode, opened_at, ended_at, ended)
		SELECT rule_id, breakdown, CASE n WHEN 0 THEN '1' ELSE '2' END, 100 + n, now(), now() + n * interval '1 second', 'closed' FROM alert, generate_series(0, 60) n`); err != nil {
		t.Fatal(err)
	}
	for school, want := range map[string]int{"school:1": 1, "school:2": 50, "authority:": 50} {
		if ended, err := w.Ended(t.Context(), accesstest.Answering(lead, access.Manager, school)); err != nil || len(ended) != want {
			t.Errorf("who answers for %s sees %d that ended (%v), want %d", school, len(ended), err, want)
		}
	}
	open, err := w.Open(t.Context(), accesstest.Viewer(access.Director))
	if err != nil || open[0].MemberName != "Oakfield Primary School" || open[0].Threshold != "above 3.0%" || open[0].Figure.Text != "4.0%" ||
		open[0].SincePeriod != "week of 9 November 2026" || open[0].Condition != Firing {
		t.Errorf("open: %+v (%v)", open, err)
	}
	for name, c := range map[string]struct {
		v        access.Viewer
		n        int
		contents bool
	}{
		"the reader":   {accesstest.Answering(lead, access.Manager, "school:1"), 1, true},
		"somebody":     {accesstest.Viewer(access.Director), 0, false},
		"the operator": {accesstest.Viewer(access.Administrator), 1, false},
		"nobody":       {access.Viewer{}, 0, false},
	} {
		got, err := w.Messages(t.Context(), c.v)
		if err != nil || len(got) != c.n || c.n > 0 && (got[0].Text != "") != c.contents {
			t.Errorf("%s sees %+v (%v)", name, got, err)
		}
	}
}

func TestNoDataAndErrorsAreStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek-1, 40, 1000)
	w.evaluate()
	w.written(1)
	condition := func() Condition {
		open, err := w.Open(t.Context(), accesstest.Viewer(access.Director))
		if err != nil || len(open) != 1 {
			t.Fatalf("open %+v (%v)", open, err)
		}
		return open[0].Condition
	}
	w.board.set("2", lastWeek, 10, 1000) // others have sent theirs, school 1 has not
	w.evaluate()
	if c := condition(); c != NoData {
		t.Errorf("a school that sent nothing is %s", c)
	}
	w.board.missing = errors.New("the warehouse is being rebuilt")
	if err := w.Evaluate(t.Context(), t0); err == nil {
		t.Error("the failure is not returned")
	}
	w.board.missing = nil
	rows, err := w.pool.Query(t.Context(), `SELECT count(*) FROM alert_state WHERE state = 'error'`)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	for rows.Next() {
		rows.Scan(&n)
	}
	if n != 3 {
		t.Errorf("%d states are error, want all 3", n)
	}
	w.board.set("1", lastWeek, 40, 1000)
	w.evaluate()
	if c := condition(); c != Firing {
		t.Errorf("after its data came it is %s", c)
	}
	w.written(1)
	delete(w.board.names, "1") // closed
	w.evaluate()
	if c := condition(); c != NoData {
		t.Errorf("a school that is gone is %s", c)
	}
}

// Two programs, each evaluating at every change: each crossing is told once,
// and the one that lags takes nothing back.
func TestTwoEvaluatorsTellOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	second := w.another(w.inbox.Port())
	lagging := newBoard() // sees the beginning only
	for id := range lagging.names {
		lagging.set(id, lastWeek-1, 10, 1000)
	}
	third := w.another(w.inbox.Port())
	third.figures = lagging
	var wg sync.WaitGroup
	crossings := 0
	for i := range 12 {
		numerator := int64(10)
		if i%2 == 0 {
			numerator = 50
		}
		w.board.set("1", lastWeek, numerator, 1000)
		crossings++
		for _, a := range []*Alerts{w.Alerts, second, third, w.Alerts, second, third} {
			wg.Go(func() {
				if err := a.Evaluate(t.Context(), t0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.arrived()
	}
	got := w.written(crossings)
	for i, m := range got {
		if want := []string{"fired", "recovered"}[i%2]; m.Reason != want {
			t.Fatalf("message %d is %s, want %s", i, m.Reason, want)
		}
	}
}

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*Rule){
		"no name":                  func(r *Rule) { r.Name = "" },
		"no such period":           func(r *Rule) { r.Period = "fortnight" },
		"no such operator":         func(r *Rule) { r.Operator = "=" },
		"recovers before it fires": func(r *Rule) { r.Clear.Decimal = dec("3.5") },
	} {
		r := UnauthorisedAbsence()
		change(&r)
		if err := w.EnsureRule(t.Context(), r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	r := UnauthorisedAbsence()
	r.Threshold = dec("9")
	if err := w.EnsureRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rules, err := w.Rules(t.Context(), accesstest.Viewer(access.Director))
	if err != nil || len(rules) != 1 || !rules[0].Threshold.Equal(dec("3")) {
		t.Errorf("rules %+v (%v): one that is there is left as it is", rules, err)
	}
}

// A rule about the authority as a whole, where low is bad and once is chance.
func TestARuleAboutTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.begin()
	r := Rule{Name: "Attendance of the authority", Indicator: "attendance", Period: indicators.Week, Operator: Below, Threshold: dec("90"),
		Clear: decimal.NewNullDecimal(dec("91.25")), PendingFor: 2, Timing: AtOnce, Enabled: true}
	if err := w.EnsureRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.board.set("", lastWeek-3, 93, 100)
	w.evaluate()
	w.board.set("", lastWeek-2, 89, 100)
	w.evaluate()
	w.written(0)
	w.board.set("", lastWeek-1, 88, 100)
	w.evaluate()
	m := w.written(1)[0]
	w.arrived()
	if m.Account != director || m.Subject != "[Off target] Unauthorised absence: 88.0% (threshold 90.0%), "+weekOf(lastWeek-1).Name {
		t.Errorf("told %v", m)
	}
	for _, want := range []string{"Threshold: below 90.0% for 2 in a row; it recovers at 91.25% or more", "Below since: " + weekOf(lastWeek-2).Name,
		"You get this because you are the lead for the authority since 1 September 2026.", "https://onevision.example.gov.uk/indicators/attendance?period=week\n"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, m.Text)
		}
	}
	w.board.set("", lastWeek, 91, 100)
	w.evaluate()
	w.written(1)
	w.board.set("", lastWeek, 92, 100)
	w.evaluate()
	if back := w.written(2)[1]; back.Subject != "[Recovered] Unauthorised absence: back to 92.0%, "+weekOf(lastWeek).Name || back.InReplyTo != m.MessageID {
		t.Errorf("the recovery is %v", back)
	}
}
