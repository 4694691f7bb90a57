package records_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records"
)

// While a code table cannot be read, only who needs to read it waits, and no
// longer than their context.
func TestACodeTableThatIsLockedHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	h := open(t)
	var seconds atomic.Int64
	h.store = records.NewStore(h.pool, func() time.Time { return clock(int(seconds.Load()))() })
	h.child("") // reads the codes
	seconds.Store(10)

	conn, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE identifier_scheme IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waited := make(chan error, 1)
	go func() { // an unknown code is looked up afresh
		waited <- h.store.Put(ctx, everything, &records.Child{DateOfBirth: day("2020-01-01"), Sex: "M", Ethnicity: "NEWC"}, "")
	}()
	// PostgreSQL says when it waits for the lock.
	for value[int](h, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'identifier_scheme'::regclass`) == 0 {
		select {
		case err := <-waited:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	h.child("") // a known one is not
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever waited and gave up: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	wants(t, h.store.Put(t.Context(), everything, &records.Child{DateOfBirth: day("2020-01-01"), Sex: "M", Ethnicity: "NEWC"}, ""), "ethnicity unknown-code")
}
