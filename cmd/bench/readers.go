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
	idle, loading, err := warehouse.MeasureReaders(ctx, c.options(), func(ctx context.Context, conn *sql.Conn) error {
		var sex string
		err := conn.QueryRowContext(ctx, `/* bench.readers */ SELECT c.sex::VARCHAR FROM facts.child c WHERE c.id = ?`, 1+rng.IntN(10_000)).Scan(&sex)
		if err != nil {
			return fmt.Errorf("a small read: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, err
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
