package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/records"
)

// importList lists imports.
type importList struct {
	Before int64 `help:"Only those before this one." placeholder:"ID"`
	Limit  int   `help:"At most so many." default:"50"`
	JSON   bool  `name:"json" help:"As JSON."`
}

func (c *cli) store(ctx context.Context, fn func(*records.Store) error) error {
	g, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(records.NewStore(g.Pool, time.Now)), g.Close())
}

func (i *importList) Run(ctx context.Context, c *cli) error {
	return c.store(ctx, func(store *records.Store) error {
		list, err := store.Batches(ctx, access.System(access.Importing), i.Before, i.Limit)
		if err != nil {
			return err
		}
		if i.JSON {
			return printJSON(list)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\twhen\tby\tformat\tsource\tcovers to\tfile\trows\tadded\tchanged\tkept\tunmatched\trejected\tstate")
		for _, b := range list {
			state := "ended early"
			switch {
			case !b.UndoneAt.IsZero():
				state = "undone " + b.UndoneAt.Format(time.DateTime)
			case !b.FinishedAt.IsZero():
				state = "done"
			}
			fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", b.ID, b.StartedAt.Format(time.DateTime), b.Account, b.Format, b.Source, b.CoversTo, b.Name,
				b.Rows, b.Added, b.Changed, b.Kept, b.Unmatched, b.Rejected, state)
		}
		return w.Flush()
	})
}

// importUndo undoes one import.
type importUndo struct {
	ID   int64  `arg:"" help:"The import, as the list numbers it."`
	Why  string `help:"The reason that history keeps." placeholder:"REASON"`
	JSON bool   `name:"json" help:"As JSON."`
}

func (i *importUndo) Run(ctx context.Context, c *cli) error {
	return c.store(ctx, func(store *records.Store) error {
		undone, err := store.Undo(ctx, access.System(access.Importing), i.ID, i.Why)
		switch {
		case errors.Is(err, records.ErrNotFound):
			return fmt.Errorf("there is no import %d: onevision import list shows them", i.ID)
		case err != nil:
			return err
		case i.JSON:
			return printJSON(undone)
		}
		fmt.Printf("Import %d is undone.\n", i.ID)
		stay := false
		for _, u := range undone {
			fmt.Printf("  %s: %d deleted, %d put back as they were, %d stay as they are\n", u.Kind, u.Deleted, u.Restored, u.Stay)
			stay = stay || u.Stay > 0
		}
		if stay {
			fmt.Println("What stays was changed by somebody since, or other records refer to it.")
		}
		return nil
	})
}
