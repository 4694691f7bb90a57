package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"onevision/cmd/app"
	"onevision/indicators"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// indicatorsCommand looks at the library of indicators without a server; to
// compute and to explain it asks the server that runs on the data folder, or
// works on the warehouse itself when none runs.
type indicatorsCommand struct {
	List    indicatorsList    `cmd:"" help:"List the definitions."`
	Check   indicatorsCheck   `cmd:"" help:"Check definitions and run their examples; exit code 1 if something is wrong."`
	Try     indicatorsTry     `cmd:"" help:"Real figures of a definition that is not in force yet; nothing is kept."`
	Run     indicatorsRun     `cmd:"" name:"run" help:"Compute now."`
	Explain indicatorsExplain `cmd:"" help:"Where an indicator's numbers come from."`
}

type indicatorsList struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (l *indicatorsList) Run(c *cli) error {
	defined, err := c.place(c.quiet()).Library()
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
	Dir   string   `help:"A folder of definitions. Default: that of --indicators, else the library that the program carries." type:"existingdir"`
	Files []string `arg:"" optional:"" help:"Only these files of it (a definition, or its examples)."`
}

func (i *indicatorsCheck) Run(ctx context.Context, c *cli) error {
	var dir fs.FS = library.Files
	if own := cmp.Or(i.Dir, c.Own); own != "" {
		dir = os.DirFS(own)
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

type indicatorsTry struct {
	File string `arg:"" help:"The definition's file." type:"existingfile"`
	JSON bool   `name:"json" help:"As JSON."`
}

func (i *indicatorsTry) Run(ctx context.Context, c *cli) error {
	text, err := os.ReadFile(i.File)
	if err != nil {
		return err
	}
	if len(text) > 64<<10 {
		return fmt.Errorf("%s is larger than 64 KB: a definition is a page of text", i.File)
	}
	var trial indicators.Trial
	request := "POST /indicators/try?" + url.Values{"name": {i.File}, "text": {string(text)}}.Encode()
	if err := c.askEngine(ctx, request, &trial, func(e *indicators.Engine) (err error) {
		trial, err = app.Try(ctx, e, i.File, string(text))
		return err
	}); err != nil {
		return err
	}
	for _, p := range trial.Problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if len(trial.Problems) > 0 {
		return errors.New("the definition is not right yet: see above")
	}
	if i.JSON {
		return printJSON(trial)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "period\tof\tvalue\tnumerator and denominator\t")
	for _, l := range trial.Lines {
		of := "whole authority"
		if l.Breakdown != "" {
			of = l.Breakdown + ": " + l.Member
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Period, of, l.Value, l.Of, l.Note)
	}
	return w.Flush()
}

type indicatorsRun struct {
	IDs     []string `arg:"" optional:"" name:"id" help:"Only these indicators. Default: all."`
	Periods int      `help:"Only the newest so many periods of each kind. Default: all that are kept." placeholder:"N"`
	JSON    bool     `name:"json" help:"As JSON."`
}

func (r *indicatorsRun) Run(ctx context.Context, c *cli) error {
	if r.Periods < 0 {
		return errors.New("--periods is a number of periods, 1 or more")
	}
	if err := c.defined(r.IDs...); err != nil {
		return err
	}
	var kept []indicators.Explanation
	request := "POST /indicators/run?" + url.Values{"id": r.IDs, "periods": {strconv.Itoa(r.Periods)}}.Encode()
	if err := c.askEngine(ctx, request, &kept, func(e *indicators.Engine) (err error) {
		kept, err = app.Compute(ctx, e, r.IDs, r.Periods)
		return err
	}); err != nil {
		return err
	}
	if r.JSON {
		return printJSON(kept)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "indicator\tperiods\tvalues\tdata as at")
	for _, x := range kept {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", x.Definition.ID, x.Periods, x.Values, x.AsAt.In(indicators.London()).Format("2 January 2006 15:04:05"))
	}
	return w.Flush()
}

type indicatorsExplain struct {
	ID   string `arg:"" help:"The indicator: see onevision indicators list."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (i *indicatorsExplain) Run(ctx context.Context, c *cli) error {
	if err := c.defined(i.ID); err != nil {
		return err
	}
	var x indicators.Explanation
	if err := c.askEngine(ctx, "GET /indicators/explain?"+url.Values{"id": {i.ID}}.Encode(), &x, func(e *indicators.Engine) (err error) {
		x, err = app.Explain(ctx, e, i.ID)
		return err
	}); err != nil {
		return err
	}
	if i.JSON {
		return printJSON(x)
	}
	fmt.Print(x)
	return nil
}

// defined refuses ids that are not in the library, before anything is started.
func (c *cli) defined(ids ...string) error {
	l, err := c.place(c.quiet()).Library()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := l.Definition(id); !ok {
			return fmt.Errorf("there is no indicator %q: `onevision indicators list` names them", id)
		}
	}
	return nil
}

// askEngine has the running server's engine answer, or one of its own when no
// server runs.
func (c *cli) askEngine(ctx context.Context, request string, answer any, alone func(*indicators.Engine) error) error {
	return c.ask(ctx, request, answer, func(g *app.Environment) error { return g.WithEngine(ctx, time.Now, alone) })
}

// memory is DuckDB in memory, for examples.
type memory struct{}

func (memory) Memory(ctx context.Context) (*sql.DB, error) { return warehouse.Memory(ctx) }
