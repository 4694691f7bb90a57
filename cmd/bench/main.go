// Command bench measures what the product promises about speed: each figure a
// ratio of two things measured in one run, the median of three. A line a
// figure, its fields separated by tabs: name, value, unit, bar, and ok, SHORT
// or not measured (the county is too small for it).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"

	"onevision/cmd/app"
	"onevision/records/county"
)

// figure is one promise.
type figure struct {
	name    string
	unit    string
	bars    map[string]float64 // by county; one without a bar is printed
	atLeast bool               // the bar is a floor; else a ceiling
	what    string
	measure func(ctx context.Context, c *bench) (float64, error)
}

// verdict is the bar in words, and whether a value reaches it.
func (f figure) verdict(county string, v float64) (words string, ok bool) {
	bar, has := f.bars[county]
	switch {
	case !has:
		return "printed", true
	case f.atLeast:
		return fmt.Sprintf("at least %g", bar), v >= bar
	}
	return fmt.Sprintf("at most %g", bar), v <= bar
}

// everywhere is one bar for each county.
func everywhere(bar float64) map[string]float64 {
	return map[string]float64{"demo": bar, "full": bar}
}

var figures = []figure{
	{"load", "times the floor", map[string]float64{"demo": 1.7, "full": 1.5}, false,
		"first load of attendance / the same columns copied leaf by leaf by as many streams to nowhere", load},
	{"load_memory", "MB", everywhere(512), false,
		"peak memory of a whole process that loads every table (VmHWM)", loadMemory},
	{"drain", "of the rate", everywhere(0.5), true,
		"rate of following a backlog of changed rows (500,000; on the demo county 100,000) / rate of decoding it alone", drain},
	{"visible_p99", "ms", everywhere(100), false,
		"commit in PostgreSQL to visible in DuckDB: transactions of 1,000 inserts or same-day corrections, 10 a second, while dashboards are read", visible},
	{"visible_scattered_p99", "ms", everywhere(1000), false,
		"the same for 1,000 corrections scattered over all years", visibleScattered},
	{"writer", "% slower", everywhere(25), false,
		"a writer of 1,000 rows a transaction that is followed / one that is not", writer},
	{"readers", "times", everywhere(2), false,
		"p99 of small reads while a whole new build is loaded / while nothing is", readers},
	{"size", "of the size", everywhere(0.1), false,
		"the warehouse's file / the PostgreSQL tables that it mirrors, indexes included", size},
	{"county", "times faster", map[string]float64{"full": 15}, true,
		"ten whole-county questions in PostgreSQL with sensible indexes / the same SQL in the warehouse, in total", questions},
	{"import", "times the floor", nil, false,
		"attendance and SSDA903 files imported / the same rows copied into an unlogged table without keys", imports},
	{"engine", "s", map[string]float64{"full": 30}, false,
		"all periods that are kept, by the twelve breakdowns of a child’s circumstances, from nothing, five definitions, in 2 GB", engine},
	{"sixty", "s", map[string]float64{"full": 90}, false,
		"every indicator, all periods that are kept, the breakdowns of its definition, from nothing, in 3 GB", sixty},
	{"start", "s", everywhere(5), false,
		"a program started where another had computed every indicator, to a director's dashboard", start},
	{"card", "times faster", everywhere(20), true,
		"direct DuckDB query of a card's figures / HTTP read of the card", card},
}

// errTooSmall says that a figure means nothing on this county: it is left out, and
// the others are measured.
var errTooSmall = errors.New("the county is too small for this figure")

// counties are the sizes that a figure can be measured on.
var counties = map[string]county.Options{
	"demo": {Seed: 1},
	"full": {Children: 160_000, Years: 5, Seed: 1},
}

func main() {
	size := flag.String("county", "demo", "demo or full")
	only := flag.String("only", "", "measure only the figures of these names, comma separated")
	keep := flag.String("keep", "", "folder in which the county stays for the next run")
	rounds := flag.Int("rounds", 3, "how often each figure is measured, for its median")
	verbose := flag.Bool("v", false, "print what the program logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if data := os.Getenv(childEnvironment); data != "" {
		if err := loadAlone(ctx, data); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		return
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	short, err := run(ctx, log, *size, *only, *keep, *rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if short {
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger, size, only, keep string, rounds int) (short bool, err error) {
	options, ok := counties[size]
	if !ok {
		return false, fmt.Errorf("there is no county %q: demo or full", size)
	}
	wanted := figures
	if only != "" {
		wanted = nil
		for name := range strings.SplitSeq(only, ",") {
			i := slices.IndexFunc(figures, func(f figure) bool { return f.name == name })
			if i < 0 {
				return false, fmt.Errorf("there is no figure %q", name)
			}
			wanted = append(wanted, figures[i])
		}
	}
	c, err := open(ctx, log, size, keep, options)
	if err != nil {
		return false, err
	}
	defer c.close()
	for _, f := range wanted {
		var values []float64
		for range rounds {
			v, err := f.measure(ctx, c)
			if errors.Is(err, errTooSmall) {
				values = nil
				fmt.Printf("%s\t-\t%s\t-\tnot measured\n", f.name, f.unit)
				fmt.Fprintf(os.Stderr, "  %s: %v\n", f.name, err)
				break
			}
			if err != nil {
				return short, fmt.Errorf("%s: %w", f.name, err)
			}
			values = append(values, v)
		}
		if len(values) == 0 {
			continue
		}
		told := fmt.Sprintf("%.3g", values)
		slices.Sort(values)
		v := values[len(values)/2]
		bar, met := f.verdict(size, v)
		verdict := "ok"
		if !met {
			verdict, short = "SHORT", true
		}
		fmt.Printf("%s\t%.3g\t%s\t%s\t%s\n", f.name, v, f.unit, bar, verdict)
		fmt.Fprintf(os.Stderr, "  %s; rounds %s\n", f.what, told)
	}
	return short, nil
}

// bench is a demo county of its own, in a folder that goes afterwards unless it
// is to be kept.
type bench struct {
	env    *app.Environment
	log    *slog.Logger
	county string
	folder string
	keep   bool
	served *served
}

func open(ctx context.Context, log *slog.Logger, size, keep string, o county.Options) (_ *bench, err error) {
	folder := keep
	if folder == "" {
		if folder, err = os.MkdirTemp("", "onevision-bench-"); err != nil {
			return nil, err
		}
		// The private PostgreSQL's own user must get through.
		if err := os.Chmod(folder, 0o711); err != nil {
			return nil, err
		}
	}
	c := &bench{county: size, folder: folder, keep: keep != "", log: log}
	c.env, err = app.Open(ctx, app.Place{Data: folder, Log: c.log})
	if err != nil {
		return nil, err
	}
	o.Progress = func(part string, done, total int64) {
		if done == total {
			fmt.Fprintf(os.Stderr, "  %s: %d\n", part, done)
		}
	}
	if err := c.env.SeedDemo(ctx, o, password, time.Now); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *bench) close() {
	c.unserve()
	if err := c.env.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if !c.keep {
		os.RemoveAll(c.folder)
	}
}

// unserve ends the app: what is measured without it must have the machine for
// itself.
func (c *bench) unserve() {
	if c.served != nil {
		c.served.close()
		c.served = nil
	}
}

// admin connects as the superuser.
func (c *bench) admin(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, c.env.AdminURL)
}
