package alerts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
)

func invalid(t *testing.T, err error) string {
	t.Helper()
	var i Invalid
	if !errors.As(err, &i) {
		t.Fatalf("%v is not about a field", err)
	}
	return i.Field
}

// Rules are kept by who operates the system or answers for the authority, and what
// is wrong is said of its field.
func TestRulesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	director := accesstest.ViewerOf(w.person("director", access.Director, access.Lead, access.WholeAuthority, 0), access.Director)
	head := accesstest.Answering(w.person("head", access.Manager, access.Lead, access.OneSchool, 1), access.Manager, "school:1")
	r := UnauthorisedAbsence()
	r.Name, r.Enabled = "Absence of one school", false
	if _, err := w.SaveRule(ctx, head, r); !errors.Is(err, ErrNotFound) {
		t.Errorf("a manager adds a rule: %v", err)
	}
	id, err := w.SaveRule(ctx, director, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveRule(ctx, director, r); invalid(t, err) != "name" {
		t.Error(err)
	}
	r.ID, r.Clear.Decimal = id, dec("9")
	if _, err := w.SaveRule(ctx, director, r); invalid(t, err) != "clear" {
		t.Error(err)
	}
	r.ID, r.Clear.Decimal = 999, dec("1")
	if _, err := w.SaveRule(ctx, director, r); !errors.Is(err, ErrNotFound) {
		t.Errorf("a rule that is not there is edited: %v", err)
	}
	if err := w.SwitchRule(ctx, head, id, true); !errors.Is(err, ErrNotFound) {
		t.Errorf("a manager switches a rule on: %v", err)
	}
	if err := w.SwitchRule(ctx, director, id, true); err != nil {
		t.Fatal(err)
	}
	rules, err := w.Rules(ctx, director)
	if err != nil || len(rules) != 2 || rules[0].ID != id || !rules[0].Enabled {
		t.Fatalf("%+v %v", rules, err)
	}
	// As written and read again it is the same.
	again, err := rules[0].Write().Rule()
	if err != nil || again.Name != r.Name || !again.Clear.Decimal.Equal(dec("2.5")) || !again.Threshold.Equal(dec("3")) || again.Timing != AtOnce || again.EscalateHours != 8 {
		t.Errorf("%+v %v", again, err)
	}
}

// A rule that is switched off tells nothing; switched on again it starts afresh, with
// one list.
func TestARuleIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	by := accesstest.Viewer(access.Administrator)
	w.begin()
	rules, err := w.Rules(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SwitchRule(t.Context(), by, rules[0].ID, false); err != nil {
		t.Fatal(err)
	}
	w.board.set("1", lastWeek, 50, 1000)
	w.board.set("2", lastWeek, 50, 1000)
	w.evaluate()
	w.written(0)
	if err := w.SwitchRule(t.Context(), by, rules[0].ID, true); err != nil {
		t.Fatal(err)
	}
	w.evaluate()
	w.arrived()
	if m := w.written(1)[0]; !strings.Contains(m.Text, "Oakfield") || !strings.Contains(m.Text, "St Mary's") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
}

// The rules of a file are its own: all or none, edited by it alone, and off when it
// does not hold them any more.
func TestRulesOfAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := accesstest.Viewer(access.Administrator)
	const one = `{"name": "One", "indicator": "unauthorised-absence", "period": "week", "each": "school", "operator": ">", "threshold": 4, "clear": "3.5", "min_denominator": 100, "timing": "digest", "escalate_hours": 8, "enabled": true}`
	two := strings.Replace(one, "One", "Two", 1)
	read := func(text string, n int, wrong string) {
		t.Helper()
		got, err := w.SaveFile(t.Context(), by, "rules.json", strings.NewReader(text))
		if wrong == "" && (err != nil || got != n) || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%d %v, want %d %q", got, err, n, wrong)
		}
	}
	read("["+one+","+two+"]", 2, "")
	read("["+one+","+strings.Replace(two, `"operator": ">"`, `"operator": "="`, 1)+"]", 0, `rule 2, "Two": Choose one of`)
	read("["+strings.Replace(one, `"each"`, `"every"`, 1)+"]", 0, "every")
	read("["+strings.Replace(one, `"threshold": 4`, `"threshold": "x"`, 1)+"]", 0, "number")
	read("["+strings.Replace(two, `"threshold": 4`, `"threshold": 5`, 1)+"]", 1, "")
	rules, err := w.Rules(t.Context(), by)
	if err != nil || len(rules) != 3 || rules[0].Enabled || !rules[1].Enabled || !rules[1].Threshold.Equal(dec("5")) || rules[1].File != "rules.json" {
		t.Fatalf("%+v %v", rules, err)
	}
	rules[1].File = ""
	if _, err := w.SaveRule(t.Context(), by, rules[1]); !errors.Is(err, ErrNotFound) {
		t.Errorf("a rule of a file is edited on the page: %v", err)
	}
	read("["+one+"]", 1, "")
}

// The backtest steps as the evaluation does: what it counts is what would have been
// told, and it changes nothing.
func TestBacktest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.person("head", access.Manager, access.Lead, access.OneSchool, 1)
	for week, n := range []int64{20, 40, 40, 20, 40, 40, 40, 28, 20} { // over 3%; recovers at 2.5% or less
		w.board.set("1", week, n, 1000)
		w.board.set("2", week, 10, 1000)
		w.board.set("3", week, 50, 1000)
	}
	r := UnauthorisedAbsence()
	r.Name = "Tried"
	got, err := w.Backtest(t.Context(), accesstest.Viewer(access.Administrator), r)
	if err != nil {
		t.Fatal(err)
	}
	// School 1: over in weeks 1 and 2, back in 3, over from 4 to 6, between in 7, back
	// in 8: two alerts, of which the second came one period after a recovery. School 3:
	// over from 0 to 8, and open at the end.
	if got.Members != 3 || got.Opened != 3 || got.Fired != 2 || got.Recovered != 2 || got.Open != 1 || got.Flaps != 1 {
		t.Errorf("%+v", got)
	}
	if got.Longest != "Hill School" || got.LongestPeriods != 9 {
		t.Errorf("%+v", got)
	}
	// The head's letters of four changes, the director's one of school 3.
	if got.Letters != 5 || got.Readers != 2 || got.Busiest != 1 {
		t.Errorf("%+v", got)
	}
	r.Timing, r.PendingFor = Digest, 3
	if got, err = w.Backtest(t.Context(), accesstest.Viewer(access.Administrator), r); err != nil || got.Opened != 2 || got.Flaps != 0 {
		t.Errorf("three in a row: %+v %v", got, err)
	}
	if _, err := w.Backtest(t.Context(), accesstest.Viewer(access.Manager), r); !errors.Is(err, ErrNotFound) {
		t.Errorf("a manager tries a rule: %v", err)
	}
	councillor := accesstest.ViewerOf(w.person("councillor", access.LeadMember, access.Lead, access.WholeAuthority, 0), access.LeadMember)
	if _, err := w.Backtest(t.Context(), councillor, r); !errors.Is(err, ErrNotFound) {
		t.Errorf("who sees published figures alone tries limits on exact ones: %v", err)
	}
	if rules, err := w.Rules(t.Context(), accesstest.Viewer(access.Director)); err != nil || len(rules) != 1 {
		t.Errorf("a rule that was tried is there: %+v %v", rules, err)
	}
}

func TestSilencesEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := accesstest.ViewerOf(w.person("director", access.Director, access.Lead, access.WholeAuthority, 0), access.Director)
	school, member := "school", "1"
	if err := w.AddSilence(t.Context(), director, Silence{Breakdown: &school, Member: &member, From: time.Now(), To: time.Now().AddDate(0, 0, 2), Comment: "a strike"}); err != nil {
		t.Fatal(err)
	}
	list, err := w.Silences(t.Context(), director)
	if err != nil || len(list) != 1 || list[0].Comment != "a strike" || list[0].RuleName != "" {
		t.Fatalf("%+v %v", list, err)
	}
	if err := w.EndSilence(t.Context(), accesstest.Viewer(access.Manager), list[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a manager ends a silence: %v", err)
	}
	if err := w.EndSilence(t.Context(), director, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if list, err = w.Silences(t.Context(), director); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}
