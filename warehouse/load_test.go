package warehouse

import (
	"testing"

	"onevision/records/postgres/postgrestest"
)

func TestFirstLoadHoldsTheSourcesFacts(t *testing.T) {
	t.Parallel()
	c := countyOfEveryKind(t, postgrestest.Server(t, nil))
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	if n := f.number("SELECT count(*) FROM facts.attendance WHERE pm IS NULL"); n != 28*20 {
		t.Errorf("%d rows without an afternoon mark", n)
	}
	if n := f.number("SELECT count(*) FROM facts.attendance a JOIN facts.attendance_code k ON k.code = a.am WHERE k.counts_as = 'present'"); n != 4000 {
		t.Errorf("%d present mornings", n)
	}
	r := f.equal()
	if len(r.Tables) != len(c.tables) {
		t.Errorf("%d tables verified", len(r.Tables))
	}
	t.Logf("%d tables", len(r.Tables))
}
