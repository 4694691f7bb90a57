package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"

	"onevision/indicators"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// indicatorsCommand looks at the library of indicators, without a server.
type indicatorsCommand struct {
	List  indicatorsList  `cmd:"" help:"List the definitions."`
	Check indicatorsCheck `cmd:"" help:"Check definitions and run their examples; exit code 1 if something is wrong."`
}

type indicatorsList struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (l *indicatorsList) Run() error {
	defined, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(defined.Definitions())
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	for _, d := range defined.Definitions() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.ID, d.Theme, d.Title)
	}
	return w.Flush()
}

type indicatorsCheck struct {
	Dir   string   `help:"A folder of definitions. Default: the library that the program carries." type:"existingdir"`
	Files []string `arg:"" optional:"" help:"Only these files of it (a definition, or its examples)."`
}

func (i *indicatorsCheck) Run(ctx context.Context) error {
	var dir fs.FS = library.Files
	if i.Dir != "" {
		dir = os.DirFS(i.Dir)
	}
	problems := indicators.Check(ctx, dir, memory{}, i.Files...)
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return errors.New("the definitions are not right yet: see above")
	}
	fmt.Println("The definitions are right, and every example comes out as it says.")
	return nil
}

// memory is DuckDB in memory, for examples.
type memory struct{}

func (memory) Memory(ctx context.Context) (*sql.DB, error) { return warehouse.Memory(ctx) }
