package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/records"
	"onevision/records/intake"
)

// importer has fn import into the record store.
func (c *cli) importer(ctx context.Context, fn func(*intake.Importer) error) error {
	g, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(&intake.Importer{Store: records.NewStore(g.Pool, time.Now), Pool: g.Pool, Now: time.Now}), g.Close())
}

// importWaiting lists the rows of files that match nobody yet.
type importWaiting struct {
	After int64 `help:"Only those after this one." placeholder:"ID"`
	Limit int   `help:"At most so many." default:"50"`
	JSON  bool  `name:"json" help:"As JSON, with the values of the rows."`
}

func (i *importWaiting) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		list, err := importer.Waiting(ctx, access.System(access.Importing), i.After, i.Limit)
		if err != nil {
			return err
		}
		if i.JSON {
			return printJSON(list)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tsince\timport\tfile\tline\treason")
		for _, r := range list {
			fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%d\t%s\n", r.ID, r.Created.Format(time.DateTime), r.File, r.Name, r.Line, r.Reason)
		}
		return w.Flush()
	})
}

// importCandidates says whom a row may be about.
type importCandidates struct {
	ID   int64 `arg:"" help:"The row, as import waiting numbers it."`
	JSON bool  `name:"json" help:"As JSON."`
}

func (i *importCandidates) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		v := access.System(access.Importing)
		w, err := importer.WaitingRow(ctx, v, i.ID)
		if err != nil {
			return fmt.Errorf("row %d: %w", i.ID, err)
		}
		list, err := importer.Candidates(ctx, v, w)
		if err != nil {
			return err
		}
		if i.JSON {
			return printJSON(list)
		}
		fmt.Printf("Line %d of %s waits: %s.\n", w.Line, w.Name, w.Reason)
		if len(list) == 0 {
			fmt.Println("Nobody on record agrees with it in anything.")
		}
		for _, one := range list {
			fmt.Printf("%d of 100: %s (%s)\n", one.Score, strings.Join(one.Names, "; "), one.Child.ID)
			for _, b := range one.Beside {
				fmt.Printf("  %-13s row %q, record %q: %s\n", b.What, b.Row, b.Record, map[bool]string{true: "agrees", false: "another"}[b.Same])
			}
		}
		return nil
	})
}

// importApply has a row that waits go in.
type importApply struct {
	ID  int64             `arg:"" help:"The row, as import waiting numbers it."`
	Set map[string]string `help:"The right value of a column, such as upn=A823456789012; may be given for several columns." placeholder:"COLUMN=VALUE"`
	Why string            `required:"" help:"The reason that the audit keeps." placeholder:"REASON"`
}

func (i *importApply) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		result, problem, err := importer.Apply(ctx, access.System(access.Importing), i.ID, i.Set, i.Why)
		switch {
		case err != nil:
			return fmt.Errorf("row %d: %w", i.ID, err)
		case problem != nil && result != records.KeptBack:
			return fmt.Errorf("row %d goes on waiting: %s", i.ID, strings.TrimSpace(problem.Column+" "+problem.Reason))
		}
		fmt.Printf("Row %d waits no longer: %s.\n", i.ID, result)
		return nil
	})
}

// importDiscard has rows wait no longer.
type importDiscard struct {
	IDs []int64 `arg:"" name:"id" help:"The rows, as import waiting numbers them."`
	Why string  `required:"" help:"The reason that the audit keeps." placeholder:"REASON"`
}

func (i *importDiscard) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		return importer.Discard(ctx, access.System(access.Importing), i.IDs, i.Why)
	})
}

// importRetry tries all rows that wait again.
type importRetry struct{}

func (i *importRetry) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		n, err := importer.Retry(ctx, access.System(access.Importing), nil)
		fmt.Printf("%d rows wait no longer.\n", n)
		return err
	})
}
