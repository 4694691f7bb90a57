package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"onevision/warehouse"
)

// readers is by how much a load beside it lengthens the p99 of a small read: one
// child's row.
func readers(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	rng := rand.New(rand.NewPCG(1, 1))
	t, err := newTrial(ctx, c.env.AdminURL, c.options())
	if err != nil {
		return 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	sample := func(to *[]time.Duration) error {
		began := time.Now()
		err := t.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
			var sex string
			return conn.QueryRowContext(ctx, `/* bench.readers */ SELECT c.sex::VARCHAR FROM facts.child c WHERE c.id = ?`, 1+rng.IntN(10_000)).Scan(&sex)
		})
		if err != nil {
			return fmt.Errorf("a small read: %w", err)
		}
		*to = append(*to, time.Since(began))
		time.Sleep(2 * time.Millisecond)
		return nil
	}
	var idle, loading []time.Duration
	for range 3000 {
		if err := sample(&idle); err != nil {
			return 0, err
		}
	}
	idle = idle[1000:] // the first ones warm up
	for len(loading) < 2000 {
		rebuilt := make(chan error, 1)
		go func() { rebuilt <- t.build(ctx) }()
		for done := false; !done; {
			select {
			case err := <-rebuilt:
				if err != nil {
					return 0, err
				}
				done = true
			default:
				if err := sample(&loading); err != nil {
					return 0, err
				}
			}
		}
	}
	c.log.Debug("readers", "idle p50", ms(idle, 50), "idle p99", ms(idle, 99), "loading p50", ms(loading, 50), "loading p99", ms(loading, 99), "reads", len(loading))
	return ms(loading, 99) / ms(idle, 99), nil
}

// ms is a percentile in milliseconds.
func ms(took []time.Duration, p int) float64 {
	values := make([]float64, len(took))
	for i, d := range took {
		values[i] = float64(d.Microseconds()) / 1000
	}
	return percentile(values, p)
}
