// The figure "engine": all of the library's indicators by every breakdown, from
// nothing.

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"
	"time"

	"onevision/indicators"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// engineMemory is what DuckDB may take of the 2 GB that a computation may have;
// the rest is for what stands beside its buffers.
const engineMemory = "1500MB"

// engine is how many seconds a run of every indicator takes, over all the periods
// that are kept and all breakdowns of the registry, when nothing is kept of an
// earlier one.
func engine(ctx context.Context, c *bench) (seconds float64, err error) {
	c.unserve()
	all, err := byEverything()
	if err != nil {
		return 0, err
	}
	l, err := indicators.LoadLibrary(all)
	if err != nil {
		return 0, err
	}
	o := c.options()
	o.MemoryLimit = engineMemory
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

// byEverything is the library with every breakdown in each definition.
func byEverything() (fs.FS, error) {
	var names []string
	for _, b := range indicators.Breakdowns() {
		names = append(names, b.Name)
	}
	out := fstest.MapFS{}
	err := fs.WalkDir(library.Files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(name, "/") {
			return err
		}
		text, err := fs.ReadFile(library.Files, name)
		if err != nil {
			return fmt.Errorf("read the library: %w", err)
		}
		out[name] = &fstest.MapFile{Data: breakdownsLine.ReplaceAll(text, []byte("breakdowns: ["+strings.Join(names, ", ")+"]"))}
		return nil
	})
	return out, err
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
