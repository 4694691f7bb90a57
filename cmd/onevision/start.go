package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"onevision/cmd/app"
)

// startCommand says what a new authority still lacks, and the next step for each:
// the list of the administrator's page.
type startCommand struct {
	Authority string `help:"Set the authority's name, as pages and mails show it." placeholder:"NAME"`
	Code      string `help:"Set the authority's code of the ONS: its schools are known by it in national files, and its figures in published ones." placeholder:"E10000003"`
	JSON      bool   `name:"json" help:"As JSON."`

	mailFlags `embed:""`
}

func (s *startCommand) Run(ctx context.Context, c *cli) error {
	env, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(s.run(ctx, env), env.Close())
}

func (s *startCommand) run(ctx context.Context, env *app.Environment) error {
	if s.Authority != "" || s.Code != "" {
		if err := env.NameAuthority(ctx, s.Authority, s.Code); err != nil {
			return err
		}
	}
	steps, err := app.StartSteps(ctx, env.Pool, s.mail(), time.Now())
	if err != nil {
		return err
	}
	if s.JSON {
		return json.NewEncoder(os.Stdout).Encode(steps)
	}
	lacking := 0
	for _, step := range steps {
		mark := "done"
		if step.Missing != "" {
			mark = "to do"
			lacking++
		}
		fmt.Printf("%-6s %s: %s\n", mark, step.Title, step.Have)
		if step.Missing != "" {
			fmt.Printf("       %s\n", step.Missing)
			if step.Command != "" {
				fmt.Printf("       next: %s\n", step.Command)
			}
		}
	}
	fmt.Printf("%d of %d things are there.\n", len(steps)-lacking, len(steps))
	return nil
}
