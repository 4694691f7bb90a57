package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"onevision/cmd/app"
	"onevision/warehouse"
)

func (c *bench) options() warehouse.Options { return c.env.WarehouseOptions(time.Now, c.log) }

func load(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	o := c.options()
	o.Tables = partitioned(o.Tables)
	o.Streams = min(runtime.NumCPU(), 4)
	t, err := newTrial(ctx, c.env.AdminURL, o)
	if err != nil {
		return 0, err
	}
	defer t.done()
	// Once without a clock, so that both find the pages where they will be.
	if _, err := copyAway(ctx, o, t.conn, o.Streams); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	ours := time.Since(began)
	began = time.Now()
	if _, err := copyAway(ctx, o, t.conn, o.Streams); err != nil {
		return 0, err
	}
	floor := time.Since(began)
	c.log.Debug("load", "ours", ours, "floor", floor)
	return ours.Seconds() / floor.Seconds(), nil
}

// partitioned are the partitioned tables and the code tables that they refer to.
func partitioned(tables []warehouse.Table) []warehouse.Table {
	codes := map[string]bool{}
	for _, t := range tables {
		if t.Partitioned {
			for _, c := range t.Columns {
				codes[c.Codes] = true
			}
		}
	}
	var some []warehouse.Table
	for _, t := range tables {
		if t.Partitioned || t.Codes && codes[t.Name] {
			some = append(some, t)
		}
	}
	return some
}

// childEnvironment names the data folder to a bench that only loads it.
const childEnvironment = "ONEVISION_BENCH_LOAD"

// loadMemory has another process, which does nothing else, load everything.
func loadMemory(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.CommandContext(ctx, self)
	child.Env = append(os.Environ(), childEnvironment+"="+c.folder)
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return 0, fmt.Errorf("the process that loads: %w", err)
	}
	var peak float64
	return peak, json.Unmarshal(out, &peak)
}

// loadAlone loads a warehouse beside the one of the folder, as the program does,
// and prints the most memory that this process had, in megabytes.
func loadAlone(ctx context.Context, data string) error {
	g, err := app.Open(ctx, app.Place{Data: data})
	if err != nil {
		return err
	}
	defer g.Close()
	t, err := newTrial(ctx, g.AdminURL, g.WarehouseOptions(time.Now, nil))
	if err != nil {
		return err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(after)
	if !found || len(fields) < 2 || fields[1] != "kB" {
		return errors.New("the kernel does not tell the peak of memory")
	}
	peak, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(peak / 1024)
}

func drain(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	w, err := c.newWriter(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	transactions := 500
	if c.county == "demo" {
		transactions = 100
	}
	t, err := newTrial(ctx, c.env.AdminURL, c.options())
	if err != nil {
		return 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	bare := t.o.Slot + "_bare"
	if err := dropSlot(ctx, t.conn, bare); err != nil { // what an interrupted run left
		return 0, err
	}
	repl, err := replication(ctx, t.o.SourceURL, bare)
	if err != nil {
		return 0, err
	}
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		repl.Close(late)
		dropSlot(late, t.conn, bare)
	}()
	for n := range transactions {
		if err := w.write(ctx, n); err != nil {
			return 0, err
		}
	}
	end, err := t.flushed(ctx)
	if err != nil {
		return 0, err
	}
	var follow time.Duration
	began := time.Now()
	if err := t.following(ctx, end, func() error { follow = time.Since(began); return nil }); err != nil {
		return 0, err
	}
	began = time.Now()
	rows, err := decodeAway(ctx, repl, t.o, bare, end)
	if err != nil {
		return 0, err
	}
	decode := time.Since(began)
	if rows != int64(transactions)*batch {
		return 0, fmt.Errorf("the backlog was of %d rows, not %d", rows, transactions*batch)
	}
	return decode.Seconds() / follow.Seconds(), nil
}

// size sets the file, with nothing in it but the facts, against the tables that
// they come from.
func size(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	t, err := newTrial(ctx, c.env.AdminURL, c.options())
	if err != nil {
		return 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	file, err := t.file()
	if err != nil {
		return 0, err
	}
	conn, err := c.admin(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var tables int64
	for _, t := range c.options().Tables {
		var bytes int64
		err := conn.QueryRow(ctx, `/* bench.size */ SELECT pg_total_relation_size(format('%I', $1::text)::regclass)
			+ (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint FROM pg_inherits WHERE inhparent = format('%I', $1::text)::regclass)`, t.Name).Scan(&bytes)
		if err != nil {
			return 0, err
		}
		tables += bytes
	}
	return float64(file) / float64(tables), nil
}
