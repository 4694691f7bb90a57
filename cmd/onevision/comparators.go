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
	"onevision/indicators/comparators"
)

// comparatorsCommand keeps the published figures of other areas. It works beside
// a running server, whose pages show what changed at once.
type comparatorsCommand struct {
	Import     comparatorsImport     `cmd:"" help:"Read a file of the DfE's explore education statistics, by a map that says which column is which measure."`
	List       comparatorsList       `cmd:"" help:"List the releases of figures, or the measures."`
	Withdraw   comparatorsWithdraw   `cmd:"" help:"Take an imported release out of force: what stood before it stands again."`
	Neighbours comparatorsNeighbours `cmd:"" help:"Read authorities' regions and statistical neighbours from a CSV file."`
	Authority  comparatorsAuthority  `cmd:"" help:"Say which authority this is."`
}

func (c *cli) comparators(ctx context.Context, fn func(*comparators.Store, access.Viewer) error) error {
	g, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(comparators.NewStore(g.Pool), access.System(access.Operating)), g.Close())
}

type comparatorsImport struct {
	File    string `arg:"" help:"The file, as it was downloaded." placeholder:"FILE" type:"existingfile"`
	Map     string `required:"" help:"Which columns are figures of which measures: see docs/comparators.md." placeholder:"MAP" type:"existingfile"`
	Rejects string `help:"Where rows that were rejected are written. Default: FILE.rejects.csv." placeholder:"FILE"`
	JSON    bool   `name:"json" help:"Print the report as JSON."`
}

func (i *comparatorsImport) Run(ctx context.Context, c *cli) error {
	m, err := comparators.ReadMap(i.Map)
	if err != nil {
		return err
	}
	file, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer file.Close()
	if i.Rejects == "" {
		i.Rejects = i.File + ".rejects.csv"
	}
	rejects := &lazyFile{path: i.Rejects}
	var report comparators.Report
	err = c.comparators(ctx, func(s *comparators.Store, v access.Viewer) (err error) {
		report, err = s.Import(ctx, v, i.File, file, m, rejects)
		return err
	})
	if err = errors.Join(err, rejects.Close()); err != nil {
		return fmt.Errorf("%s: %w", i.File, err)
	}
	if i.JSON {
		if err := printJSON(report); err != nil {
			return err
		}
	} else {
		printComparatorsImport(report, rejects)
	}
	if report.Rejected > 0 {
		return errPartial
	}
	return nil
}

func printComparatorsImport(r comparators.Report, rejects *lazyFile) {
	fmt.Printf("%s: %d rows: %d figures added, %d changed, %d already there; %d rows of other areas or filters, %d rejected.\n",
		r.File, r.Rows, r.Added, r.Changed, r.Unchanged, r.Others, r.Rejected)
	if r.Release > 0 {
		fmt.Printf("They are release %d: `onevision comparators withdraw %d` takes them back.\n", r.Release, r.Release)
	}
	for _, j := range r.Rejects {
		where := ""
		if j.Column != "" {
			where = fmt.Sprintf(", column %s, value %q", j.Column, j.Value)
		}
		fmt.Printf("  line %d%s: %s\n", j.Line, where, j.Reason)
	}
	if more := r.Rejected - len(r.Rejects); more > 0 {
		fmt.Printf("  and %d more\n", more)
	}
	if rejects.file != nil {
		fmt.Printf("The rejected rows are in %s.\n", rejects.path)
	}
}

type comparatorsList struct {
	Measures bool `help:"The measures and their newest figures, instead of the releases."`
	JSON     bool `name:"json" help:"As JSON."`
}

func (l *comparatorsList) Run(ctx context.Context, c *cli) error {
	return c.comparators(ctx, func(s *comparators.Store, v access.Viewer) error {
		if l.Measures {
			return l.measures(ctx, s, v)
		}
		all, err := s.Releases(ctx, v)
		if err != nil {
			return err
		}
		if l.JSON {
			return printJSON(all)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "release\tfrom\tloaded\tfigures\tfile\tstate")
		for _, r := range all {
			state := "imported"
			switch {
			case r.Withdrawn && r.Shipped:
				state = "replaced by another version's"
			case r.Withdrawn:
				state = "withdrawn"
			case r.Shipped:
				state = "shipped"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\n", r.ID, strings.Trim(r.Publication+", "+r.Release, ", "), r.LoadedAt.Format(time.DateOnly), r.Figures, r.File, state)
		}
		return w.Flush()
	})
}

func (l *comparatorsList) measures(ctx context.Context, s *comparators.Store, v access.Viewer) error {
	set, err := s.Set(ctx, v)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(set.Measures())
	}
	authority, _ := set.Authority()
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "measure\tpart\tperiod\t%s\tEngland\trank\n", authority.Name)
	for _, m := range set.Measures() {
		p, ok := set.Newest(m, set.Kinds(m)[0])
		if !ok {
			continue
		}
		sum := set.Summary(m, p)
		rank := ""
		if sum.Stands {
			rank = sum.Standing.Words()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.Part, p.Text(), figureText(sum.Own), figureText(sum.England), rank)
	}
	return w.Flush()
}

func figureText(f comparators.Figure) string {
	if f.HasValue() {
		return f.Value.String()
	}
	return f.Flag
}

type comparatorsWithdraw struct {
	Release int64 `arg:"" help:"Its number: see onevision comparators list."`
}

func (w *comparatorsWithdraw) Run(ctx context.Context, c *cli) error {
	return c.comparators(ctx, func(s *comparators.Store, v access.Viewer) error {
		if err := s.Withdraw(ctx, v, w.Release); err != nil {
			return err
		}
		fmt.Printf("Release %d counts no longer.\n", w.Release)
		return nil
	})
}

type comparatorsNeighbours struct {
	File string `arg:"" help:"A CSV file with authority_code, authority_name, region_code, region_name, neighbour_code, neighbour_name, closeness." placeholder:"FILE" type:"existingfile"`
}

func (n *comparatorsNeighbours) Run(ctx context.Context, c *cli) error {
	file, err := os.Open(n.File)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.comparators(ctx, func(s *comparators.Store, v access.Viewer) error {
		count, err := s.ImportNeighbours(ctx, v, n.File, file)
		if err != nil {
			return fmt.Errorf("%s: %w", n.File, err)
		}
		fmt.Printf("The statistical neighbours of %d authorities are those of %s now.\n", count, n.File)
		return nil
	})
}

type comparatorsAuthority struct {
	Code string `arg:"" help:"Of the Office for National Statistics: E10000003."`
	Name string `help:"As pages should have it. Default: as the figures have it."`
}

func (a *comparatorsAuthority) Run(ctx context.Context, c *cli) error {
	return c.comparators(ctx, func(s *comparators.Store, v access.Viewer) error {
		is, err := s.SetAuthority(ctx, v, a.Code, a.Name)
		if err != nil {
			return err
		}
		fmt.Printf("This is %s (%s) now. A running server shows the name in its head after its next start.\n", is.Name, is.Code)
		if len(is.Neighbours) == 0 {
			fmt.Println("Its statistical neighbours are not known: read them with `onevision comparators neighbours FILE`.")
		}
		return nil
	})
}
