package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"onevision/cmd/app"
	"onevision/warehouse"
)

// warehouseCommand looks after the warehouse. While a server runs on the data
// folder the command asks that server (DuckDB lets one process hold a file);
// when none runs it works on the file itself.
type warehouseCommand struct {
	Status  warehouseStatus  `cmd:"" help:"Where the warehouse stands."`
	Verify  warehouseVerify  `cmd:"" help:"Compare counts and checksums with the record store, table by table, and name the keys that differ; exit code 1 on a difference."`
	Rebuild warehouseRebuild `cmd:"" help:"Build the file anew beside the one that serves."`
}

type warehouseStatus struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (s *warehouseStatus) Run(ctx context.Context, c *cli) error {
	var status warehouse.Status
	if err := c.askWarehouse(ctx, "GET /warehouse/status", &status, func(w *warehouse.Warehouse) error {
		status = w.Status()
		return nil
	}); err != nil {
		return err
	}
	if s.JSON {
		return printJSON(status)
	}
	return app.PrintStatus(os.Stdout, status)
}

type warehouseVerify struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (v *warehouseVerify) Run(ctx context.Context, c *cli) error {
	var report warehouse.Report
	if err := c.askWarehouse(ctx, "POST /warehouse/verify", &report, func(w *warehouse.Warehouse) error {
		var err error
		report, err = w.Verify(ctx)
		return err
	}); err != nil {
		return err
	}
	if v.JSON {
		if err := printJSON(report); err != nil {
			return err
		}
	} else if err := printReport(os.Stdout, report); err != nil {
		return err
	}
	if !report.Equal {
		return errors.New("the warehouse differs from the record store: run `onevision warehouse rebuild`, and report it")
	}
	return nil
}

type warehouseRebuild struct{}

func (*warehouseRebuild) Run(ctx context.Context, c *cli) error {
	var status warehouse.Status
	if err := c.askWarehouse(ctx, "POST /warehouse/rebuild", &status, func(w *warehouse.Warehouse) error {
		if err := w.Rebuild(ctx, "asked for on the command line"); err != nil {
			return err
		}
		status = w.Status()
		return nil
	}); err != nil {
		return err
	}
	return app.PrintStatus(os.Stdout, status)
}

// askWarehouse has the running server answer, or opens the warehouse itself and
// has alone do the work once it follows.
func (c *cli) askWarehouse(ctx context.Context, request string, answer any, alone func(*warehouse.Warehouse) error) error {
	return c.ask(ctx, request, answer, func(g *app.Environment) error { return g.WithWarehouse(ctx, time.Now, alone) })
}

// ask has the running server answer; when none runs, alone does the work.
func (c *cli) ask(ctx context.Context, request string, answer any, alone func(*app.Environment) error) error {
	place := c.place(c.quiet())
	err := app.AskServer(ctx, place.Data, request, answer)
	if !errors.Is(err, app.ErrNoServer) {
		return err
	}
	g, err := app.Open(ctx, place)
	if err != nil {
		return err
	}
	if g.Shared() {
		// Whoever opens the warehouse first has it, and loads it: a server that
		// is still starting, or making its county, would find that it cannot.
		return errors.Join(fmt.Errorf("another program runs on %s and does not answer yet: try again when the server serves, or the import has ended", place.Data), g.Close())
	}
	return errors.Join(alone(g), g.Close())
}

func printReport(out io.Writer, r warehouse.Report) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "table\trecord store\twarehouse\tchecksums")
	for _, t := range r.Tables {
		verdict := "equal"
		if !t.Equal {
			verdict = "DIFFERENT"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t.Name, t.SourceRows, t.Rows, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, t := range r.Tables {
		for _, d := range t.Differences {
			columns := ""
			if len(d.Columns) > 0 {
				columns = ": " + strings.Join(d.Columns, ", ")
			}
			fmt.Fprintf(out, "%s %s is %s%s\n", t.Name, d.Key, d.What, columns)
		}
		if t.More {
			fmt.Fprintf(out, "%s has more that differ than the %d named here\n", t.Name, len(t.Differences))
		}
	}
	verdict := "The warehouse is equal to the record store"
	if !r.Equal {
		verdict = "The warehouse DIFFERS from the record store"
	}
	_, err := fmt.Fprintf(out, "%s at position %s.\n", verdict, r.Position)
	return err
}

func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
