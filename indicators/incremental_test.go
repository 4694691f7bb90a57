package indicators_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"onevision/indicators"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
)

// Whatever changes, runs that compute only what the change can have touched leave
// the values that a run from the facts themselves makes: that run changes nothing. Of
// some definitions, drawn anew each time; of all with ONEVISION_FAULTS=full.
func TestWhatIsComputedInPartIsWhatIsComputedWhole(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := open(t, "")
	fill(w.Exec)
	w.SchoolYear(2024)
	w.SchoolYear(2025)
	w.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT 100000 + row_number() OVER (), c, 1 + c % 3, DATE '2025-02-03' + (9 * d)::INTEGER, '/', '\' FROM range(1, 91) c(c), range(0, 60) d(d) WHERE d % 7 < 5`)
	w.Exec(`INSERT INTO facts.address (id, child_id, type, district, from_date) SELECT i, i, 'home', 'E0700000' || i % 4, DATE '2016-05-01' FROM range(1, 91) r(i)`)
	now := saturday
	var of fs.FS = library.Files
	if os.Getenv("ONEVISION_FAULTS") != "full" {
		of = indicatorstest.Some(r)
	}
	l, err := indicators.LoadLibrary(of)
	if err != nil {
		t.Fatal(err)
	}
	e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	e.OnRun(func(_ context.Context, r indicators.Run) { changed = r.Changed })
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	child := func() int { return 1 + r.IntN(90) }
	day := func() string { return fmt.Sprintf("DATE '2026-11-20' - %d", r.IntN(30)) }
	if r.IntN(2) == 0 {
		day = func() string { return fmt.Sprintf("DATE '2026-11-20' - %d", r.IntN(650)) }
	}
	edits := []struct {
		tables    []string
		statement func() string
	}{
		{[]string{"attendance"}, func() string {
			return fmt.Sprintf(`UPDATE facts.attendance SET am = ['O', '/', 'I'][%d] WHERE child_id = %d AND date >= %s`, 1+r.IntN(3), child(), day())
		}},
		{[]string{"attendance"}, func() string {
			return fmt.Sprintf(`DELETE FROM facts.attendance WHERE child_id = %d AND date = %s`, child(), day())
		}},
		{[]string{"attendance"}, func() string {
			return fmt.Sprintf(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm) VALUES ((SELECT max(id) + 1 FROM facts.attendance), %d, %d, %s, 'O', '\')`, child(), 1+r.IntN(4), day())
		}},
		{[]string{"attendance"}, func() string { // another school took the register
			return fmt.Sprintf(`UPDATE facts.attendance SET school_id = %d WHERE child_id = %d AND date >= %s`, 1+r.IntN(4), child(), day())
		}},
		{[]string{"enrolment"}, func() string {
			return fmt.Sprintf(`UPDATE facts.enrolment SET school_id = %d, from_date = %s WHERE child_id = %d`, 1+r.IntN(4), day(), child())
		}},
		{[]string{"child"}, func() string {
			return fmt.Sprintf(`UPDATE facts.child SET date_of_birth = DATE '2010-01-01' + %d, sex = ['F', 'M'][%d] WHERE id = %d`, r.IntN(4000), 1+r.IntN(2), child())
		}},
		{[]string{"social_care_case"}, func() string {
			return fmt.Sprintf(`INSERT INTO facts.social_care_case (id, child_id, from_date, no_further_action) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM facts.social_care_case), %d, %s, false)`, child(), day())
		}},
		{[]string{"address"}, func() string {
			return fmt.Sprintf(`UPDATE facts.address SET district = 'E0700000%d' WHERE child_id = %d`, r.IntN(5), child())
		}},
		{[]string{"school"}, func() string {
			return fmt.Sprintf(`UPDATE facts.school SET phase = ['primary', 'secondary'][%d] WHERE id = %d`, 1+r.IntN(2), 1+r.IntN(3))
		}},
		{[]string{"half_term"}, func() string {
			return fmt.Sprintf(`UPDATE facts.half_term SET last_day = last_day - 1, first_day = first_day + %d WHERE id = %d`, r.IntN(2), 1+r.IntN(2))
		}},
		{[]string{"bank_holiday"}, func() string {
			return fmt.Sprintf(`INSERT INTO facts.bank_holiday (day, name) SELECT %[1]s, 'A day off' WHERE %[1]s NOT IN (SELECT day FROM facts.bank_holiday)`, day())
		}},
	}
	for round := range 3 {
		var done []string
		for range 1 + r.IntN(4) {
			edit := edits[r.IntN(len(edits))]
			statement := edit.statement()
			done = append(done, statement)
			w.Exec(statement)
			if err := e.RunAfter(t.Context(), edit.tables, false); err != nil {
				t.Fatal(err)
			}
			if r.IntN(5) == 0 {
				now = now.AddDate(0, 0, 1)
			}
		}
		if err := e.RunAfter(t.Context(), nil, true); err != nil {
			t.Fatal(err)
		}
		if err := e.Run(t.Context(), nil, 0); err != nil {
			t.Fatal(err)
		}
		if len(changed) > 0 {
			t.Fatalf("round %d: after %q, %v were not as they are from the facts themselves", round, done, changed)
		}
	}
}
