package records_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"onevision/records"
)

// TestWhateverComesInBetween interleaves files of older and newer days,
// corrections and deletions by people, and imports that are undone, at random.
// What a person decided last always stands, and an import that is undone at once
// leaves what stood before. ONEVISION_SEED repeats a run; ONEVISION_FAULTS=full
// makes 1,000.
func TestWhateverComesInBetween(t *testing.T) {
	t.Parallel()
	runs := 12
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		runs = 1000
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("ONEVISION_SEED"), 10, 64); err == nil {
		seed = s
	}
	h := open(t)
	school := h.school("8734001")
	for run := range runs {
		r := rand.New(rand.NewPCG(seed, uint64(run)))
		child := h.child(upn(fmt.Sprintf("87340012%04d", run+1)))
		h.enrolment(child, school, "2024-09-01", "")
		w := &interleaving{fixture: h, r: r, child: child, school: school, decided: map[string]string{}}
		for range 12 {
			w.step()
			if w.Failed() {
				t.Fatalf("ONEVISION_SEED=%d, run %d: %q", seed, run, w.log)
			}
		}
	}
}

type interleaving struct {
	*fixture
	r       *rand.Rand
	child   *records.Child
	school  *records.School
	decided map[string]string // what a person last said of a session; "" that there is no mark
	batches []records.Batch
	log     []string
}

func (w *interleaving) Failed() bool { return w.t.Failed() }

// stands is each session's mark.
func (w *interleaving) stands() map[string]string {
	w.t.Helper()
	marks := map[string]string{}
	for _, row := range value[[]string](w.fixture, `SELECT coalesce(array_agg(concat_ws(' ', date, coalesce(am, '-'), coalesce(pm, '-'))), '{}') FROM attendance a JOIN child c ON c.id = a.child_id WHERE c.public_id = $1::uuid`, w.child.ID) {
		var date, am, pm string
		if _, err := fmt.Sscan(row, &date, &am, &pm); err != nil {
			w.t.Fatal(err)
		}
		for session, code := range map[string]string{"AM": am, "PM": pm} {
			if code != "-" {
				marks[date+" "+session] = code
			}
		}
	}
	return marks
}

func (w *interleaving) step() {
	w.t.Helper()
	codes := []string{"I", "N", "O", "M", "L"}
	date := func() string { return "2026-11-" + strconv.Itoa(16+w.r.IntN(3)) }
	session := func() string { return []string{"AM", "PM"}[w.r.IntN(2)] }
	switch n := w.r.IntN(10); {
	case n < 5:
		b := w.batch(records.SourceSchool, []string{"", "2026-11-17", "2026-11-18", "2026-11-19"}[w.r.IntN(4)])
		rows := map[string]records.MarkRow{}
		for range 1 + w.r.IntN(5) {
			m := records.MarkRow{LAESTAB: "8734001", UPN: w.child.UPN, Date: day(date()), Session: session(), Code: codes[w.r.IntN(len(codes))]}
			rows[m.Date.String()+m.Session] = m
		}
		var file []records.MarkRow
		for _, m := range rows {
			file = append(file, m)
		}
		before := w.stands()
		w.log = append(w.log, fmt.Sprintf("import %d to %s: %v", b.ID, b.CoversTo, rows))
		if _, err := w.store.PutMarks(w.t.Context(), importing, file, b); err != nil {
			w.t.Fatal(err)
		}
		if w.r.IntN(3) == 0 {
			w.log = append(w.log, fmt.Sprintf("undo %d", b.ID))
			w.undo(b)
			if after := w.stands(); fmt.Sprint(after) != fmt.Sprint(before) {
				w.t.Errorf("undone at once, there stands %v; before there stood %v", after, before)
			}
			break
		}
		w.batches = append(w.batches, b)
	case n < 8:
		m := records.Mark{Child: w.child.ID, School: w.school.ID, Date: day(date()), Session: session(), Code: codes[w.r.IntN(len(codes))]}
		w.log = append(w.log, fmt.Sprintf("person %s %s %s", m.Date, m.Session, m.Code))
		result, err := w.store.PutMark(w.t.Context(), welfare, m)
		if err != nil {
			w.t.Fatal(err)
		}
		if result != records.Unchanged { // who says what stands already decides nothing
			w.decided[m.Date.String()+" "+m.Session] = m.Code
			other := m.Date.String() + " " + map[string]string{"AM": "PM", "PM": "AM"}[m.Session]
			if w.decided[other] == "" { // the day that was deleted is made anew, with one mark: of the other nothing is said
				delete(w.decided, other)
			}
		}
	case n < 9:
		d := date()
		id := value[string](w.fixture, `SELECT coalesce(max(a.id::text || ' ' || a.version), '') FROM attendance a JOIN child c ON c.id = a.child_id WHERE c.public_id = $1::uuid AND date = $2::text::date`, w.child.ID, d)
		if id == "" {
			break
		}
		var version int
		if _, err := fmt.Sscan(id, &id, &version); err != nil {
			w.t.Fatal(err)
		}
		w.log = append(w.log, "person deletes "+d)
		if err := w.store.Delete(w.t.Context(), welfare, kind("attendance"), id, version, "wrong child"); err != nil {
			w.t.Fatal(err)
		}
		w.decided[d+" AM"], w.decided[d+" PM"] = "", ""
	case len(w.batches) > 0:
		i := w.r.IntN(len(w.batches))
		w.log = append(w.log, fmt.Sprintf("undo %d", w.batches[i].ID))
		w.undo(w.batches[i])
		w.batches = append(w.batches[:i], w.batches[i+1:]...)
	}
	stands := w.stands()
	for session, code := range w.decided {
		if stands[session] != code {
			w.t.Errorf("of %s a person decided %q; there stands %q", session, code, stands[session])
		}
	}
}
