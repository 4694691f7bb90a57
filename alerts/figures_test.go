package alerts

import (
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/indicators/indicatorstest"
	"onevision/warehouse"
)

// Marks in, a letter out, with the indicators' own engine and definition.
func TestALateMarkTipsTheRealIndicator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.person("small", access.Manager, access.Lead, access.OneSchool, 3)
	w.person("member", access.LeadMember, access.Deputy, access.OneSchool, 3) // sees published figures alone, and is told nothing
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	facts := indicatorstest.New(t, db)
	facts.SchoolYear(2026)
	facts.Exec(`INSERT INTO facts.school (id, name) VALUES (1, 'Oakfield Primary School'), (2, 'St Mary''s School'), (3, 'Hill School')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 71) r(i)`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, CASE WHEN i > 60 THEN 3 ELSE 1 + i % 2 END, DATE '2026-09-01' FROM range(1, 71) r(i)`)
	// Two weeks of 300 sessions for schools 1 and 2, of 100 for the third. In the
	// second week 7 or 8 are missed at school 1, 6 at school 2, 3 at the third,
	// each by another child.
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day,
		       CASE WHEN d.day = DATE '2026-11-10' AND e.child_id - CASE e.school_id WHEN 3 THEN 60 ELSE 0 END <= CASE e.school_id WHEN 1 THEN 16 WHEN 2 THEN 12 ELSE 3 END THEN 'O' ELSE '/' END, '\'
		FROM facts.enrolment e, (SELECT unnest(generate_series(DATE '2026-11-02', DATE '2026-11-13', INTERVAL 1 DAY))::DATE AS day) d WHERE isodow(d.day) <= 5`)
	now := t0.Add(48 * time.Hour)
	facts.AsAt = now.Add(-time.Minute)
	engine := facts.Engine(now, indicatorstest.Few)
	w.figures = asked{engine}
	evaluate := func() {
		t.Helper()
		if err := w.Evaluate(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	evaluate()
	evaluate()
	w.written(0)

	// Two late marks tip school 1, one tips the third.
	facts.Exec(`UPDATE facts.attendance SET am = 'O' WHERE child_id IN (18, 20, 70) AND date = DATE '2026-11-11'`)
	facts.AsAt = now.Add(-time.Second)
	if err := engine.Run(t.Context(), []string{"unauthorised-absence"}, 0); err != nil {
		t.Fatal(err)
	}
	evaluate()
	evaluate()
	w.deliver()
	eventually(t, "two mails", func() bool { return len(w.inbox.Messages()) == 2 })
	want := map[string]string{
		"lead@example.gov.uk":  "[Off target] Unauthorised absence (truancy) for Oakfield Primary School: 3.3% (threshold 3.0%), week of 9 November 2026",
		"small@example.gov.uk": "[Off target] Unauthorised absence (truancy) for one school: 4.0% (threshold 3.0%), week of 9 November 2026",
	}
	for _, m := range w.inbox.Messages() {
		if m.Subject != want[m.To[0]] {
			t.Errorf("to %s: %q, want %q", m.To[0], m.Subject, want[m.To[0]])
		}
		if m.To[0] == "lead@example.gov.uk" && !strings.Contains(m.Text, "10 of 300 possible sessions") {
			t.Errorf("the lead is told:\n%s", m.Text)
		}
	}
}
