package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"onevision/cmd/app"
)

// doctorCommand says what is lacking. It changes nothing.
type doctorCommand struct {
	JSON bool `name:"json" help:"As JSON."`

	mailFlags `embed:""`
}

func (d *doctorCommand) Run(ctx context.Context, c *cli) error {
	found, err := app.Doctor{Place: c.place(c.quiet()), Mail: d.mail(), Now: time.Now}.Examine(ctx)
	if err != nil {
		return err
	}
	if d.JSON {
		err = found.PrintJSON(os.Stdout)
	} else {
		err = found.Print(os.Stdout)
	}
	if err != nil {
		return err
	}
	if !found.Healthy {
		return fmt.Errorf("%d of %d things must be mended", found.Lacking(), len(found.Findings))
	}
	return nil
}
