package warehouse

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// The bench program's figures come out. Their size says nothing here, unless
// ONEVISION_BENCH_DAYS asks for more days of a thousand marks.
func TestFiguresAreMeasured(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	days, _ := strconv.Atoi(os.Getenv("ONEVISION_BENCH_DAYS"))
	transactions, repeat := 5, 1
	if days > 0 {
		transactions, repeat = 100, 3
		c.exec(`ALTER TABLE attendance DROP CONSTRAINT attendance_child_id_fkey, DROP CONSTRAINT attendance_school_id_fkey`)
		c.exec(`INSERT INTO attendance (child_id, school_id, date, am, pm, recorded_by) SELECT 1000 + c, 1 + c % 50, DATE '2022-09-01' + d,
			CASE WHEN c % 13 = 0 THEN 'I' ELSE '/' END, '\', 0 FROM generate_series(0, $1::int - 1) d, generate_series(1, 1000) c`, days)
		c.exec(`VACUUM ANALYZE attendance`)
	}
	for range repeat {
		ours, floor, rows, err := MeasureLoad(t.Context(), o)
		if err != nil || rows < 4000 {
			t.Fatal(rows, err)
		}
		t.Logf("load of %d rows: %v, floor %v, %.2f times", rows, ours, floor, ours.Seconds()/floor.Seconds())
	}
	for i := range repeat {
		d, err := MeasureDrain(t.Context(), o, c.backlog(i, transactions, 10*transactions))
		if err != nil || d.Rows < 250 {
			t.Fatal(d, err)
		}
		t.Logf("%+v, %.2f of the rate", d, d.Decode.Seconds()/d.Follow.Seconds())
	}
}

func (c *county) backlog(round, transactions, rows int) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := range transactions {
			if _, err := c.conn.Exec(ctx, `INSERT INTO attendance (child_id, school_id, date, am, recorded_by)
				SELECT 1 + g % 200, 1 + g / 200, DATE '2026-09-01' + $1::int, '/', 0 FROM generate_series(0, $2 - 1) g`, i+round*transactions, rows); err != nil {
				return fmt.Errorf("backlog: %w", err)
			}
		}
		return nil
	}
}
