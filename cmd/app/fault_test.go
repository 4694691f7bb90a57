package app_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/cmd/onevision/onevisiontest"
)

// TestFaultKilledProgram runs the real program and kills it (kill -9), at
// random moments, while records are put through its API and a file is imported
// beside it. Whatever was acknowledged is there once, the import completes, the
// warehouse is equal to the record store, and everything comes back by itself.
// Then its PostgreSQL dies under it, likewise. One county serves both, since making
// and loading one takes longer than a round. 3 rounds of each, 100 and 15 with
// ONEVISION_FAULTS=full; ONEVISION_SEED repeats a run.
func TestFaultKilledProgram(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("ONEVISION_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("ONEVISION_SEED=%d", seed)
	rounds, stores := 3, 3
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		rounds, stores = 100, 15
	}
	began := time.Now()
	f := newFault(t, rand.New(rand.NewPCG(seed, 0)))
	t.Logf("built and served after %s", time.Since(began).Round(100*time.Millisecond))
	for n := range rounds {
		switch n % 3 {
		case 0:
			f.round(n, f.serverKilled)
		case 1:
			f.round(n, f.importKilled)
		case 2:
			f.round(n, f.bothKilled)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGINT} // and an immediate stop, and an ordinary one
	for n := range stores {
		f.storeKilled(signals[n%len(signals)])
		if t.Failed() {
			t.FailNow()
		}
	}
	f.stopped()
	broken, calls, away := 0, 0, 0
	for _, w := range f.writers {
		broken, calls, away = broken+w.broken, calls+w.calls, away+w.away
	}
	t.Logf("%d requests answered, %d cut off, the record store away for %d; %d marks in files", calls, broken, away, rounds*len(f.wanted))
	if broken == 0 {
		t.Error("no kill met a request under way: the writers wrote nothing while the server died")
	}
	if away == 0 {
		t.Error("no end of PostgreSQL met a request under way")
	}
}

// fault is the county to which faults happen.
type fault struct {
	*program
	rng     *rand.Rand
	writers []*writer
	own     []slot            // those of the file
	wanted  map[string]string // laestab, upn, date and session of each mark of the last file: its code
	path    string            // of the file
}

func newFault(t *testing.T, rng *rand.Rand) *fault {
	t.Helper()
	f := &fault{program: newProgram(t), rng: rng}
	f.start()
	f.await()
	f.path = filepath.Join(f.Dir, "marks.csv")
	admin := f.admin()
	defer admin.Close()
	// The demo county is taught from Monday to Friday. The file's marks are of
	// Saturdays, the API's new ones of Sundays, on which its schools are open by exception.
	f.own = f.slots(admin, time.Saturday, 9)
	free := f.slots(admin, time.Sunday, 20)
	rng.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	taken := f.marks(admin)
	const writers = 3
	token := strings.TrimSpace(f.Must("user", "token", "welfare"))
	for n := range writers {
		f.writers = append(f.writers, &writer{program: f.program, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), token: token,
			free:    slices.Clone(free[n*len(free)/writers : (n+1)*len(free)/writers]),
			records: slices.Clone(taken[n*len(taken)/writers : (n+1)*len(taken)/writers])})
	}
	return f
}

// slots are all pupils on their schools' rolls, on the last so many such days.
func (f *fault) slots(admin *pgxpool.Pool, day time.Weekday, days int) []slot {
	f.Helper()
	last := time.Now().AddDate(0, 0, -2)
	for last.Weekday() != day {
		last = last.AddDate(0, 0, -1)
	}
	if _, err := admin.Exec(f.Context(), `INSERT INTO school_day_exception (date, open, reason_code, recorded_by)
		SELECT d::date, true, 'extra', 0 FROM generate_series($1::date - 7 * ($2::int - 1), $1::date, interval '7 days') d`, last.Format(time.DateOnly), days); err != nil {
		f.Fatal(err)
	}
	rows, err := admin.Query(f.Context(), `SELECT c.public_id::text, e.school_id::text, s.laestab, c.upn, d::date::text
		FROM generate_series($1::date - 7 * ($2::int - 1), $1::date, interval '7 days') d, enrolment e
		JOIN child c ON c.id = e.child_id JOIN school s ON s.id = e.school_id
		WHERE c.upn IS NOT NULL AND e.to_date IS NULL AND e.from_date <= $1::date - 7 * $2::int ORDER BY 5, 3, 4`, last.Format(time.DateOnly), days)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var all []slot
	for rows.Next() {
		var s slot
		if err := rows.Scan(&s.child, &s.school, &s.laestab, &s.upn, &s.date); err != nil {
			f.Fatal(err)
		}
		all = append(all, s)
	}
	if rows.Err() != nil || len(all) < 1000 {
		f.Fatalf("%d places for marks: %v", len(all), rows.Err())
	}
	return all
}

// marks are records of the county, for the writers to correct.
func (f *fault) marks(admin *pgxpool.Pool) []*kept {
	f.Helper()
	rows, err := admin.Query(f.Context(), `SELECT c.public_id::text, a.school_id::text, a.date::text, a.id::text, coalesce(a.am, ''), coalesce(a.pm, ''), a.version, a.version
		FROM attendance a JOIN child c ON c.id = a.child_id WHERE a.am_minutes IS NULL AND a.pm_minutes IS NULL ORDER BY a.date DESC, a.id LIMIT 600`)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var all []*kept
	for rows.Next() {
		var k kept
		if err := rows.Scan(&k.child, &k.school, &k.date, &k.id, &k.am, &k.pm, &k.version, &k.first); err != nil {
			f.Fatal(err)
		}
		all = append(all, &k)
	}
	if rows.Err() != nil {
		f.Fatal(rows.Err())
	}
	f.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// round is one fault, and everything that must hold after it.
func (f *fault) round(n int, happen func(importing *onevisiontest.Process)) {
	f.Helper()
	began := time.Now()
	f.file()
	stop := f.writing(f.writers)
	importing := f.Run("import", "attendance", f.path)
	for deadline := time.Now().Add(onevisiontest.Patience); importing.Stderr.String() == ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.Fatal("the import does not begin")
		}
	}
	happen(importing)
	f.imported()
	stop()
	admin := f.admin()
	defer admin.Close()
	f.acknowledged(admin)
	f.filed(admin)
	f.Must("warehouse", "verify") // the running server answers
	if all := f.Postmasters(); len(all) != 1 {
		f.Errorf("round %d: the data folder has the PostgreSQL servers %v, not one", n, all)
	}
	f.Logf("round %d took %s", n, time.Since(began).Round(100*time.Millisecond))
}

// soon waits for a random moment.
func (f *fault) soon(most time.Duration) { time.Sleep(time.Duration(f.rng.Int64N(int64(most)))) }

// serverKilled: the server dies and comes back; the import beside it has the
// record store all the while, and nobody touches it.
func (f *fault) serverKilled(importing *onevisiontest.Process) {
	f.soon(1200 * time.Millisecond)
	f.killServer()
	f.start()
	f.await()
	if code := f.Wait(importing); code != 0 {
		f.Errorf("the import beside a killed server ended with %d:\n%s", code, importing.Stderr.String())
	}
}

// importKilled: the import dies, the server goes on.
func (f *fault) importKilled(importing *onevisiontest.Process) {
	f.soon(1200 * time.Millisecond)
	importing.Kill()
}

// bothKilled: both die, now and then with PostgreSQL itself, and the server
// again while it comes back. The warehouse is verified while no server runs.
func (f *fault) bothKilled(importing *onevisiontest.Process) {
	f.soon(1200 * time.Millisecond)
	f.killServer()
	importing.Kill()
	if f.rng.IntN(2) == 0 {
		for _, pid := range f.Postmasters() {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				f.Error(err)
			}
		}
	}
	f.Must("warehouse", "verify")
	f.start()
	f.soon(2500 * time.Millisecond)
	f.killServer()
	f.start()
	f.await()
}

// stopped: a server that is asked to stop ends in order, with its PostgreSQL,
// and the warehouse can be verified without it.
func (f *fault) stopped() {
	f.Helper()
	if err := f.server.Terminate(); err != nil {
		f.Fatal(err)
	}
	if code := f.Wait(f.server); code != 0 {
		f.Errorf("the server ended with %d:\n%s", code, f.server.Stderr.Tail(20))
	}
	f.Must("warehouse", "verify")
	if all := f.Postmasters(); len(all) != 0 {
		f.Errorf("PostgreSQL servers %v outlived the program", all)
	}
}
