// Command bench measures what the product promises about speed: each figure a
// ratio of two things measured in one run, the median of three. A line a
// figure, its fields separated by tabs: name, value, unit, bar, and ok or SHORT.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
	_ "time/tzdata"

	"onevision/cmd/house"
	"onevision/records/county"
)

// figure is one promise.
type figure struct {
	name    string
	unit    string
	bar     float64
	atLeast bool // the bar is a floor; else a ceiling
	what    string
	measure func(ctx context.Context, c *bench) (float64, error)
}

func (f figure) met(v float64) bool {
	if f.atLeast {
		return v >= f.bar
	}
	return v <= f.bar
}

func (f figure) words() string {
	if f.atLeast {
		return fmt.Sprintf("at least %g", f.bar)
	}
	return fmt.Sprintf("at most %g", f.bar)
}

var figures = []figure{
	{"load", "times the floor", 1.7, false, "first load of attendance / the same columns copied leaf by leaf by as many streams to nowhere", load},
	{"drain", "of the rate", 0.5, true, "rate of following a backlog of 100,000 rows / rate of decoding it alone", drain},
	{"card", "times faster", 20, true, "direct DuckDB query of a card's figures / HTTP read of the card", card},
}

const rounds = 3

// counties are the sizes that a figure can be measured on.
var counties = map[string]county.Options{
	"demo": {Seed: 1},
	"full": {Children: 160_000, Years: 5, Seed: 1},
}

func main() {
	size := flag.String("county", "demo", "demo or full")
	only := flag.String("only", "", "measure only the figure of this name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	short, err := run(ctx, *size, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if short {
		os.Exit(1)
	}
}

func run(ctx context.Context, size, only string) (short bool, err error) {
	options, ok := counties[size]
	if !ok {
		return false, fmt.Errorf("there is no county %q: demo or full", size)
	}
	wanted := slices.DeleteFunc(slices.Clone(figures), func(f figure) bool { return only != "" && f.name != only })
	if len(wanted) == 0 {
		return false, fmt.Errorf("there is no figure %q", only)
	}
	c, err := open(ctx, options)
	if err != nil {
		return false, err
	}
	defer c.close()
	for _, f := range wanted {
		var values []float64
		for range rounds {
			v, err := f.measure(ctx, c)
			if err != nil {
				return short, fmt.Errorf("%s: %w", f.name, err)
			}
			values = append(values, v)
		}
		slices.Sort(values)
		v := values[len(values)/2]
		verdict := "ok"
		if !f.met(v) {
			verdict, short = "SHORT", true
		}
		fmt.Printf("%s\t%.2f\t%s\t%s\t%s\n", f.name, v, f.unit, f.words(), verdict)
		fmt.Fprintf(os.Stderr, "  %s; rounds %.2f\n", f.what, values)
	}
	return short, nil
}

// bench is a demo county of its own, in a folder that goes afterwards.
type bench struct {
	ground *house.Ground
	log    *slog.Logger
	folder string
	years  int // how many times drain has moved marks to another year
	served *served
}

func open(ctx context.Context, o county.Options) (*bench, error) {
	folder, err := os.MkdirTemp("", "onevision-bench-")
	if err != nil {
		return nil, err
	}
	// The private PostgreSQL's own user must get through.
	if err := os.Chmod(folder, 0o711); err != nil {
		return nil, err
	}
	c := &bench{folder: folder, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	c.ground, err = house.Stand(ctx, house.Place{Data: folder, Log: c.log})
	if err != nil {
		return nil, err
	}
	o.Progress = func(part string, done, total int64) {
		if done == total {
			fmt.Fprintf(os.Stderr, "  %s: %d\n", part, done)
		}
	}
	if err := c.ground.Settle(ctx, o, password, time.Now); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *bench) close() {
	if c.served != nil {
		c.served.close()
	}
	if err := c.ground.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.RemoveAll(c.folder)
}
