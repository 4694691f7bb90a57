package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/indicators"
)

// restrictCommand keeps which children exist for a named few only.
type restrictCommand struct {
	Add  restrictAdd  `cmd:"" help:"Restrict a child's record: it exists for the accounts named and for nobody else."`
	List restrictList `cmd:"" help:"List the restrictions that stand or are to come. It names no child."`
	End  restrictEnd  `cmd:"" help:"End a restriction now."`
}

func (c *cli) restrictions(ctx context.Context, fn func(*access.Restrictions, access.Viewer) error) error {
	env, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(access.NewRestrictions(env.Pool), access.System(access.Operating)), env.Close())
}

type restrictAdd struct {
	Child  string   `arg:"" help:"A UPN, an NHS number, another system's number, or the id in the address of the child's page."`
	Class  string   `required:"" enum:"adopted,confidential,staff-family,sensitive" help:"Why: adopted, confidential, staff-family or sensitive."`
	Reason string   `required:"" help:"Who asked for it, and when it is to be looked at again."`
	Named  []string `required:"" help:"Usernames of those for whom the child exists, with commas between them."`
	From   string   `help:"The first day, yyyy-mm-dd. Default: from now on."`
	To     string   `help:"The first day after the last. Default: until further notice."`
}

func (r *restrictAdd) Run(ctx context.Context, c *cli) error {
	n := access.NewRestriction{Child: access.Sought{Text: r.Child}, Class: access.RestrictionClass(r.Class), Reason: r.Reason, Named: r.Named}
	for _, day := range []struct {
		flag, given string
		to          *time.Time
	}{{"--from", r.From, &n.From}, {"--to", r.To, &n.To}} {
		if day.given == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, day.given, indicators.London())
		if err != nil {
			return errors.New(day.flag + " is a day, as yyyy-mm-dd")
		}
		*day.to = at
	}
	return c.restrictions(ctx, func(all *access.Restrictions, by access.Viewer) error {
		id, err := all.Restrict(ctx, by, n)
		if err != nil {
			return err
		}
		fmt.Printf("Restriction %d stands: the child exists for %s only.\n", id, strings.Join(r.Named, ", "))
		return nil
	})
}

type restrictList struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (r *restrictList) Run(ctx context.Context, c *cli) error {
	return c.restrictions(ctx, func(all *access.Restrictions, by access.Viewer) error {
		list, err := all.List(ctx, by)
		if err != nil {
			return err
		}
		if r.JSON {
			return json.NewEncoder(os.Stdout).Encode(list)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tchild\tclass\tfrom\tto\texists for")
		for _, one := range list {
			to := "further notice"
			if !one.To.IsZero() {
				to = one.To.In(indicators.London()).Format(time.DateTime)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", one.ID, one.Child, one.Class, one.From.In(indicators.London()).Format(time.DateTime), to, strings.Join(one.Named, ", "))
		}
		return w.Flush()
	})
}

type restrictEnd struct {
	ID int64 `arg:"" help:"As the list shows it."`
}

func (r *restrictEnd) Run(ctx context.Context, c *cli) error {
	return c.restrictions(ctx, func(all *access.Restrictions, by access.Viewer) error {
		if err := all.End(ctx, by, r.ID); err != nil {
			return err
		}
		fmt.Printf("Restriction %d has ended.\n", r.ID)
		return nil
	})
}
