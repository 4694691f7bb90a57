package warehouse

import (
	"context"
	"testing"
	"time"
)

func TestFaultPostgresRestartAndCrash(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	for i := range rounds() {
		stop := c.write()
		time.Sleep(300 * time.Millisecond)
		if i%2 == 0 {
			if err := c.server.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := c.server.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		func() { // the writer's connection broke, as it must
			defer func() { recover() }()
			stop()
		}()
		c.connect()
		c.exec(`UPDATE ks4_result SET attainment8 = $1`, i)
		f.equal()
	}
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("PostgreSQL's restart made a new build necessary: %+v", s)
	}
}
