package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// batch is how many rows a transaction changes.
const batch = 1_000

// marksWriter changes marks, in transactions of 1,000 rows: three quarters add
// a day's marks of pupils on the roll, a quarter correct marks of one day.
type marksWriter struct {
	conn  *pgx.Conn
	slots int       // pupils on a roll
	day   time.Time // of the next marks: a day that has none
	place int       // the next pupil's
	old   time.Time // of the corrections: a day on which many have marks
	round int       // corrections write another number of minutes each time
}

// newWriter prepares what the writer's statements take: tables of the bench's
// own, which are not followed.
func (c *bench) newWriter(ctx context.Context) (*marksWriter, error) {
	conn, err := c.admin(ctx)
	if err != nil {
		return nil, err
	}
	w := &marksWriter{conn: conn}
	err = func() error {
		if _, err := conn.Exec(ctx, `/* bench.newWriter */ SET synchronous_commit = on;
			CREATE SCHEMA IF NOT EXISTS bench;
			CREATE UNLOGGED TABLE IF NOT EXISTS bench.slot AS
				SELECT row_number() OVER (ORDER BY e.child_id) - 1 AS n, e.child_id, e.school_id FROM enrolment e
				WHERE e.to_date IS NULL AND e.status = 'C';
			CREATE UNIQUE INDEX IF NOT EXISTS slot_n ON bench.slot (n);
			ANALYZE bench.slot`); err != nil {
			return err
		}
		// Days to come have no marks: the first behind all those of earlier runs.
		if err := conn.QueryRow(ctx, `/* bench.newWriter */ SELECT count(*), (SELECT coalesce(max(date) + 1, '2031-09-01') FROM attendance WHERE date >= '2031-09-01')
			FROM bench.slot`).Scan(&w.slots, &w.day); err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, `/* bench.newWriter */ SELECT max(day) FROM (SELECT date AS day FROM attendance WHERE date BETWEEN current_date - 90 AND current_date - 1
			GROUP BY date HAVING count(*) >= (SELECT count(*) / 2 FROM bench.slot)) d`).Scan(&w.old); err != nil {
			return err
		}
		// Which marks will be corrected is known before: a search for them (no index
		// begins with the date) would take both processors, and longer than the rest.
		if _, err := conn.Exec(ctx, `/* bench.newWriter */ DROP TABLE IF EXISTS bench.same_day;
			CREATE UNLOGGED TABLE bench.same_day AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id
				FROM attendance WHERE date = '`+w.old.Format(time.DateOnly)+`';
			CREATE UNIQUE INDEX ON bench.same_day (n); ANALYZE bench.same_day`); err != nil {
			return err
		}
		return conn.QueryRow(ctx, `/* bench.newWriter */ SELECT coalesce(max(pm_minutes), 0) FROM attendance WHERE date = $1`, w.old).Scan(&w.round)
	}()
	if err != nil {
		w.close()
		return nil, fmt.Errorf("prepare a writer: %w", err)
	}
	return w, nil
}

func (w *marksWriter) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w.conn.Close(ctx) // of no interest: it is not used again
}

// write commits the n-th transaction of a run.
func (w *marksWriter) write(ctx context.Context, n int) error {
	if n%4 == 3 {
		return w.correct(ctx, n)
	}
	return w.add(ctx)
}

// add adds the marks of 1,000 pupils on a day to come.
func (w *marksWriter) add(ctx context.Context) error {
	if w.place+batch > w.slots {
		w.day, w.place = w.day.AddDate(0, 0, 1), 0
	}
	err := w.thousand(ctx, `/* bench.add */ INSERT INTO attendance (child_id, school_id, date, am, pm, recorded_by)
		SELECT child_id, school_id, $1, '/', CASE WHEN n % 13 = 0 THEN 'I' ELSE '\' END, 0 FROM bench.slot WHERE n >= $2::int AND n < $2 + $3::int`, w.day, w.place, batch)
	w.place += batch
	return err
}

// correct corrects the marks of 1,000 pupils on one day.
func (w *marksWriter) correct(ctx context.Context, n int) error {
	w.round = w.round%400 + 1
	whole := w.slots / 3 / batch * batch
	if whole == 0 {
		return fmt.Errorf("%w: %d pupils have a mark on one day", errTooSmall, w.slots/3)
	}
	at := n * batch % whole
	return w.thousand(ctx, `/* bench.correct */ UPDATE attendance a SET pm = 'L', pm_minutes = $1, version = version + 1
		FROM bench.same_day s WHERE s.n >= $2::int AND s.n < $2 + $3::int AND a.id = s.id AND a.date = $4`, w.round, at, batch, w.old)
}

func (w *marksWriter) thousand(ctx context.Context, sql string, args ...any) error {
	tag, err := w.conn.Exec(ctx, sql, args...)
	if err == nil && tag.RowsAffected() != batch {
		err = fmt.Errorf("%w: a transaction changed %d rows, not %d", errTooSmall, tag.RowsAffected(), batch)
	}
	return err
}

// writer is by how much, in percent, a writer that never rests is slowed down
// by being followed: turns about, so that both see the same machine.
func writer(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	w, err := c.newWriter(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	const transactions, turns = 150, 3
	n := 0
	run := func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		for range transactions {
			if err := w.write(ctx, n); err != nil {
				return 0, err
			}
			n++
		}
		return time.Since(began), nil
	}
	if _, err := run(ctx); err != nil { // once without a clock
		return 0, err
	}
	t, err := newTrial(ctx, c.env.AdminURL, c.options())
	if err != nil {
		return 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	var followed, alone time.Duration
	for range turns {
		took, err := run(ctx) // the slot is there, and nobody streams from it
		if err != nil {
			return 0, err
		}
		alone += took
		end, err := t.flushed(ctx)
		if err != nil {
			return 0, err
		}
		err = t.following(ctx, end, func() error {
			took, err := run(ctx)
			followed += took
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return 100 * (followed.Seconds() - alone.Seconds()) / alone.Seconds(), nil
}
