// The figures "engine" and "sixty": all of the library's indicators from nothing, by
// every breakdown and by their own.

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"testing/fstest"
	"time"

	"onevision/indicators"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// engine computes in 2 GB, sixty in 3: what DuckDB may take of that. The rest is for
// what stands beside its buffers.
const (
	engineMemory = "1500MB"
	sixtyMemory  = "2500MB"
)

func engine(ctx context.Context, c *bench) (float64, error) {
	all, err := byEverything()
	if err != nil {
		return 0, err
	}
	return computeAll(ctx, c, all, engineMemory)
}

func sixty(ctx context.Context, c *bench) (float64, error) {
	return computeAll(ctx, c, library.Files, sixtyMemory)
}

// computeAll is how many seconds a run of every definition takes, over all the periods
// that are kept, when nothing is kept of an earlier one.
func computeAll(ctx context.Context, c *bench, definitions fs.FS, memory string) (seconds float64, err error) {
	c.unserve()
	l, err := indicators.LoadLibrary(definitions)
	if err != nil {
		return 0, err
	}
	o := c.options()
	o.MemoryLimit = memory
	w, err := warehouse.Open(ctx, o)
	if err != nil {
		return 0, err
	}
	following, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Follow(following) }()
	defer func() {
		stop()
		if failed := <-ended; failed != nil && !errors.Is(failed, context.Canceled) {
			err = errors.Join(err, failed)
		}
		err = errors.Join(err, w.Close())
	}()
	select {
	case <-w.Ready():
	case failed := <-ended:
		ended <- nil
		return 0, failed
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
		_, err := conn.ExecContext(ctx, `/* bench.engine */ DROP SCHEMA IF EXISTS results CASCADE; DROP SCHEMA IF EXISTS kept CASCADE`)
		return err
	}); err != nil {
		return 0, err
	}
	e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: plain{w}, Now: time.Now, Log: c.log, Limit: 10 * time.Minute})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := e.Run(ctx, nil, 0); err != nil {
		return 0, err
	}
	return time.Since(began).Seconds(), nil
}

var breakdownsLine = regexp.MustCompile(`(?m)^breakdowns: .*$`)

// everyBreakdown are those that the five definitions of the figure "engine" are computed by.
const everyBreakdown = "school, phase, district, year-group, age-band, sex, ethnicity, ethnic-group, care-status, legal-status, placement-type, team"

// byEverything are five definitions, a rate by day, a threshold for each child, two of
// one cohort and a stock, by every breakdown that a child's circumstances have.
func byEverything() (fs.FS, error) {
	out := fstest.MapFS{}
	for _, name := range indicatorstest.FewFiles {
		text, err := fs.ReadFile(library.Files, name)
		if err != nil {
			return nil, fmt.Errorf("read the library: %w", err)
		}
		if name != "targets.yaml" {
			text = breakdownsLine.ReplaceAll(text, []byte("breakdowns: ["+everyBreakdown+"]"))
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	return out, nil
}

// plain is the warehouse as indicators want it.
type plain struct{ w *warehouse.Warehouse }

func (p plain) Read(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	return p.w.Read(ctx, func(ctx context.Context, conn *sql.Conn, at warehouse.Position) error {
		return fn(ctx, conn, indicators.Position{AsAt: at.AsAt, Build: at.Build, Text: at.String()})
	})
}

func (p plain) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	return p.w.Write(ctx, func(ctx context.Context, conn *sql.Conn, at warehouse.Position) error {
		return fn(ctx, conn, indicators.Position{AsAt: at.AsAt, Build: at.Build, Text: at.String()})
	})
}
