package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/cmd/app"
	"onevision/records/schema"
)

// doctorCommand says what is lacking. It changes nothing.
type doctorCommand struct {
	JSON bool `name:"json" help:"As JSON."`
	SQL  bool `name:"sql" help:"Print all that needs a superuser in the database, for its administrator to read and run; the server then needs none."`

	mailFlags `embed:""`

	PublicURL string `name:"public-url" help:"As of the server; only looked at with --oidc-issuer." placeholder:"URL" env:"ONEVISION_PUBLIC_URL"`
	oidcFlags `embed:""`
}

func (d *doctorCommand) Run(ctx context.Context, c *cli) error {
	if d.SQL {
		return c.printScript()
	}
	found, err := app.Doctor{Place: c.place(c.quiet()), Mail: d.mail(), Organisation: d.oidcFlags.config(d.PublicURL), Now: time.Now}.Examine(ctx)
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

// printScript prints what a superuser has to run. It connects nowhere: the address
// may be one that does not work before.
func (c *cli) printScript() error {
	database, password := "onevision", schema.NewPasswords().App
	if config, err := pgx.ParseConfig(c.DatabaseURL); c.DatabaseURL != "" && err == nil {
		database = config.Database
		if config.User == schema.Login && config.Password != "" {
			password = config.Password
		}
	}
	fmt.Print(schema.Script(database, password))
	fmt.Fprintf(os.Stderr, "Afterwards: DATABASE_URL=postgres://%s:%s@HOST:5432/%s onevision serve\n", schema.Login, password, database)
	return nil
}
