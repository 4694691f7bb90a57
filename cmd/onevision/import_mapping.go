package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/records/intake"
)

// importMappings lists the mappings that are kept.
type importMappings struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (i *importMappings) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		list, err := importer.Mappings(ctx, access.System(access.Importing))
		if err != nil {
			return err
		}
		if i.JSON {
			return printJSON(list)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "name\tkind\tsource\tfiles\tkept\tby")
		for _, m := range list {
			by := m.By
			if m.Account == 0 {
				by = "the command line"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, m.Kind, m.Source, m.Files, m.At.Format(time.DateTime), by)
		}
		return w.Flush()
	})
}

// importMapping prints a mapping, or takes it away.
type importMapping struct {
	Name   string `arg:"" help:"The mapping, as the list names it."`
	Forget bool   `help:"Take the mapping away. What came by it stays."`
}

func (i *importMapping) Run(ctx context.Context, c *cli) error {
	return c.importer(ctx, func(importer *intake.Importer) error {
		v := access.System(access.Importing)
		if i.Forget {
			if err := importer.Forget(ctx, v, i.Name); err != nil {
				return fmt.Errorf("%s: %w", i.Name, err)
			}
			fmt.Printf("The mapping %s is taken away.\n", i.Name)
			return nil
		}
		m, err := importer.MappingOf(ctx, v, i.Name)
		if err != nil {
			return fmt.Errorf("%s: %w (onevision import mappings lists them)", i.Name, err)
		}
		text, err := m.Text()
		if err == nil {
			_, err = os.Stdout.Write(text)
		}
		return err
	})
}
