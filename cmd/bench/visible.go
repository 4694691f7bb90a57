package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"onevision/warehouse"
)

// seen is told of the warehouse's changes: which position was visible when.
type seen struct {
	mu      sync.Mutex
	changes []sight
	more    chan struct{} // of capacity 1
}

type sight struct {
	lsn uint64
	at  time.Time
}

func (s *seen) change(c warehouse.Change) {
	s.mu.Lock()
	s.changes = append(s.changes, sight{c.Position.LSN, time.Now()})
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// after is when the first change beyond a position was visible.
func (s *seen) after(ctx context.Context, lsn uint64) (time.Time, error) {
	for {
		s.mu.Lock()
		i := slices.IndexFunc(s.changes, func(c sight) bool { return c.lsn > lsn })
		var at time.Time
		if i >= 0 {
			at = s.changes[i].at
		}
		s.mu.Unlock()
		if i >= 0 {
			return at, nil
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("%w while a commit was not visible", ctx.Err())
		}
	}
}

const (
	visibleFor   = 20 * time.Second
	visibleEvery = 100 * time.Millisecond
)

func visible(ctx context.Context, c *bench) (float64, error) {
	return c.visible(ctx, func(ctx context.Context, w *marksWriter, n int) error { return w.write(ctx, n) })
}

func visibleScattered(ctx context.Context, c *bench) (float64, error) {
	w, err := c.newWriter(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	if err := w.scatter(ctx); err != nil {
		return 0, err
	}
	return c.visible(ctx, func(ctx context.Context, w *marksWriter, n int) error { return w.correctScattered(ctx, n) })
}

// visible is the p99, in milliseconds, from the return of a commit to the
// moment at which the warehouse has what was committed, while the whole app
// runs: indicators are computed anew, and dashboards are read.
func (c *bench) visible(ctx context.Context, write func(ctx context.Context, w *marksWriter, n int) error) (float64, error) {
	s, err := c.serve(ctx)
	if err != nil {
		return 0, err
	}
	w, err := c.newWriter(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	before, err := s.marks(ctx)
	if err != nil {
		return 0, err
	}
	reading, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	failed := make(chan error, dashboardReaders)
	for range dashboardReaders {
		readers.Go(func() { failed <- s.readDashboards(reading) })
	}
	var commits []sight
	tick := time.NewTicker(visibleEvery)
	defer tick.Stop()
	for n := 0; n < int(visibleFor/visibleEvery); n++ {
		select {
		case <-tick.C:
		case err := <-failed:
			return 0, fmt.Errorf("read the dashboard: %w", err)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if _, err := w.conn.Exec(ctx, "BEGIN"); err != nil {
			return 0, err
		}
		if err := write(ctx, w, n); err != nil {
			return 0, err
		}
		// The commit's own place in the log lies behind this one, and nobody
		// else changes facts.
		var lsn string
		if err := w.conn.QueryRow(ctx, "/* bench.visible */ SELECT pg_current_wal_insert_lsn()::text").Scan(&lsn); err != nil {
			return 0, err
		}
		if _, err := w.conn.Exec(ctx, "COMMIT"); err != nil {
			return 0, err
		}
		at := time.Now()
		position, err := parseLSN(lsn)
		if err != nil {
			return 0, err
		}
		commits = append(commits, sight{position, at})
	}
	var waits []float64
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, commit := range commits {
		at, err := s.seen.after(late, commit.lsn)
		if err != nil {
			return 0, err
		}
		waits = append(waits, max(0, float64(at.Sub(commit.at).Microseconds())/1000))
	}
	after, err := s.marks(ctx)
	if err != nil {
		return 0, err
	}
	if after == before {
		return 0, errors.New("nothing of what was committed is in the warehouse")
	}
	c.log.Debug("visible", "median", percentile(waits, 50), "p90", percentile(waits, 90), "p99", percentile(waits, 99), "max", percentile(waits, 100))
	return percentile(waits, 99), nil
}

// percentile of values, by the nearest rank.
func percentile(values []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func parseLSN(s string) (uint64, error) {
	hi, lo, ok := strings.Cut(s, "/")
	h, err1 := strconv.ParseUint(hi, 16, 32)
	l, err2 := strconv.ParseUint(lo, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("not a position in the log: %q", s)
	}
	return h<<32 | l, nil
}

// marks is a sum that every change of the writers moves.
func (s *served) marks(ctx context.Context) (n int64, err error) {
	err = s.app.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
		return conn.QueryRowContext(ctx, `/* bench.marks */ SELECT count(*) + coalesce(sum(pm_minutes), 0)::BIGINT FROM facts.attendance`).Scan(&n)
	})
	return n, err
}

// scatter chooses marks of all years at random for correctScattered, enough for
// one measurement if the county has so many.
func (w *marksWriter) scatter(ctx context.Context) error {
	const enough = int(visibleFor/visibleEvery) * batch
	var marks int
	if err := w.conn.QueryRow(ctx, `/* bench.scatter */ SELECT count(*) FROM attendance WHERE date < '2031-09-01'`).Scan(&marks); err != nil {
		return err
	}
	percent := min(100, max(2, 125*float64(enough)/max(1, float64(marks)))) // a sample of pages is only about so large
	_, err := w.conn.Exec(ctx, fmt.Sprintf(`/* bench.scatter */ DROP TABLE IF EXISTS bench.scattered;
		CREATE UNLOGGED TABLE bench.scattered AS SELECT row_number() OVER (ORDER BY random()) - 1 AS n, id, date
			FROM attendance TABLESAMPLE SYSTEM (%f) WHERE date < '2031-09-01';
		CREATE UNIQUE INDEX ON bench.scattered (n); ANALYZE bench.scattered`, percent))
	if err != nil {
		return err
	}
	if err := w.conn.QueryRow(ctx, `/* bench.scatter */ SELECT count(*) FROM bench.scattered`).Scan(&marks); err != nil {
		return err
	}
	if marks < enough {
		return fmt.Errorf("%w: it has %d marks to correct, and %d are needed", errTooSmall, marks, enough)
	}
	return nil
}

// correctScattered corrects 1,000 marks of all years.
func (w *marksWriter) correctScattered(ctx context.Context, n int) error {
	w.round = w.round%400 + 1
	return w.thousand(ctx, `/* bench.correctScattered */ UPDATE attendance a SET pm = 'L', pm_minutes = $1, version = version + 1
		FROM bench.scattered s WHERE s.n >= $2::int AND s.n < $2 + $3::int AND a.id = s.id AND a.date = s.date`, w.round, n*batch, batch)
}
