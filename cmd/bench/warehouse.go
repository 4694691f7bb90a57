package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/warehouse"
)

func load(ctx context.Context, c *bench) (float64, error) {
	ours, floor, _, err := warehouse.MeasureLoad(ctx, c.ground.WarehouseOptions(time.Now, c.log))
	if err != nil {
		return 0, err
	}
	return ours.Seconds() / floor.Seconds(), nil
}

func drain(ctx context.Context, c *bench) (float64, error) {
	d, err := warehouse.MeasureDrain(ctx, c.ground.WarehouseOptions(time.Now, c.log), c.backlog)
	if err != nil {
		return 0, err
	}
	if d.Rows != backlog {
		return 0, fmt.Errorf("the backlog was of %d rows, not %d", d.Rows, backlog)
	}
	return d.Decode.Seconds() / d.Follow.Seconds(), nil
}

const (
	backlog = 100_000
	batch   = 1_000
)

// backlog commits changes of 100,000 rows in transactions of 1,000, as an
// upload of marks does: three quarters new rows, a quarter corrections.
func (c *bench) backlog(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.ground.AdminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	c.years++
	for n := range backlog / batch {
		// New rows are the newest ones again, a multiple of years later, where no
		// partition holds any yet.
		sql := `/* bench.backlog */ INSERT INTO attendance (child_id, school_id, date, am, pm, recorded_by)
			SELECT child_id, school_id, (date + make_interval(years => $1))::date, am, pm, 0
			FROM attendance WHERE date >= '2026-09-01' AND date < '2027-02-28' ORDER BY date, id OFFSET $2 LIMIT $3`
		args := []any{c.years, n * batch, batch}
		if n%4 == 3 {
			sql = `/* bench.backlog */ UPDATE attendance SET pm = 'L', pm_minutes = $1, version = version + 1
				WHERE id IN (SELECT id FROM attendance WHERE date < '2026-09-01' ORDER BY date, id OFFSET $2 LIMIT $3) AND date < '2026-09-01'`
			args = []any{c.years, n * batch, batch}
		}
		tag, err := conn.Exec(ctx, sql, args...)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != batch {
			return fmt.Errorf("a transaction of the backlog changed %d rows, not %d: the county is too small", tag.RowsAffected(), batch)
		}
	}
	return nil
}
