package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/cmd/app"
)

// responsibilityCommand keeps who answers for which school, team or the whole
// authority: alerts are mailed to them.
type responsibilityCommand struct {
	List   responsibilityList   `cmd:"" help:"List who answers for what, now and later."`
	Add    responsibilityAdd    `cmd:"" help:"Say that somebody answers for the authority, a school or a team."`
	End    responsibilityEnd    `cmd:"" help:"End a responsibility."`
	Import responsibilityImport `cmd:"" help:"Add those of a CSV file with the columns username,answers_for,part,from,to: all or none."`
	Leave  responsibilityLeave  `cmd:"" help:"Note that somebody is away: those who answer with them are told instead."`
}

func (c *cli) responsibilities(ctx context.Context, fn func(*app.Environment, *access.Responsibilities, access.Viewer) error) error {
	env, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(env, access.NewResponsibilities(env.Pool), access.System(access.Operating)), env.Close())
}

type responsibilityList struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (r *responsibilityList) Run(ctx context.Context, c *cli) error {
	return c.responsibilities(ctx, func(_ *app.Environment, all *access.Responsibilities, by access.Viewer) error {
		held, err := all.List(ctx, by, time.Now())
		if err != nil {
			return err
		}
		if r.JSON {
			return json.NewEncoder(os.Stdout).Encode(held)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tanswers for\tname\tusername\tpart\tfrom\tto")
		for _, h := range held {
			to := "further notice"
			if !h.To.IsZero() {
				to = h.To.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", h.ID, h.AnswersFor, h.MemberName, h.Username, h.Part, h.From.Format(time.DateOnly), to)
		}
		return w.Flush()
	})
}

type responsibilityAdd struct {
	Username   string `arg:""`
	AnswersFor string `arg:"" help:"authority; or school and its LAESTAB, in quotation marks (\"school 8731234\"); or team and its name."`
	Part       string `default:"lead" help:"lead, deputy or member (works with it, and is told of no alert)."`
	From       string `help:"The first day, yyyy-mm-dd. Default: today."`
	To         string `help:"The first day after the last. Default: until further notice."`
}

func (r *responsibilityAdd) Run(ctx context.Context, c *cli) error {
	return c.responsibilities(ctx, func(_ *app.Environment, all *access.Responsibilities, by access.Viewer) error {
		if r.From == "" {
			r.From = time.Now().Format(time.DateOnly)
		}
		added, err := all.AssignNamed(ctx, by, access.NamedResponsibility{Username: r.Username, AnswersFor: r.AnswersFor, Part: r.Part, From: r.From, To: r.To})
		if err != nil {
			return err
		}
		if !added {
			fmt.Println("That is so already.")
			return nil
		}
		fmt.Printf("%s answers for %s from %s.\n", r.Username, r.AnswersFor, r.From)
		return nil
	})
}

type responsibilityEnd struct {
	ID int64  `arg:"" help:"As the list shows it."`
	On string `help:"The first day on which it does not hold any more, yyyy-mm-dd. Default: today."`
}

func (r *responsibilityEnd) Run(ctx context.Context, c *cli) error {
	on := time.Now()
	if r.On != "" {
		var err error
		if on, err = time.Parse(time.DateOnly, r.On); err != nil {
			return errors.New("--on is a day, as yyyy-mm-dd")
		}
	}
	return c.responsibilities(ctx, func(_ *app.Environment, all *access.Responsibilities, by access.Viewer) error {
		return all.End(ctx, by, r.ID, on)
	})
}

type responsibilityImport struct {
	File string `arg:"" type:"existingfile"`
}

func (r *responsibilityImport) Run(ctx context.Context, c *cli) error {
	file, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.responsibilities(ctx, func(_ *app.Environment, all *access.Responsibilities, by access.Viewer) error {
		added, same, err := all.AssignFile(ctx, by, file)
		if err != nil {
			return fmt.Errorf("%s: nothing was added: %w", r.File, err)
		}
		fmt.Printf("%d added, %d were there.\n", added, same)
		return nil
	})
}

type responsibilityLeave struct {
	Username string `arg:""`
	From     string `required:"" help:"The first day, yyyy-mm-dd."`
	Back     string `required:"" help:"The first day back."`
}

func (r *responsibilityLeave) Run(ctx context.Context, c *cli) error {
	from, err1 := time.Parse(time.DateOnly, r.From)
	back, err2 := time.Parse(time.DateOnly, r.Back)
	if err1 != nil || err2 != nil {
		return errors.New("--from and --back are days, as yyyy-mm-dd")
	}
	return c.responsibilities(ctx, func(env *app.Environment, all *access.Responsibilities, by access.Viewer) error {
		account, err := access.NewAccounts(env.Pool, time.Now).ByUsername(ctx, by, r.Username)
		if err != nil {
			return err
		}
		return all.TakeLeave(ctx, by, account.ID, from, back)
	})
}
