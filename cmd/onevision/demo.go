package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"onevision/cmd/app"
	"onevision/dashboards"
	"onevision/indicators"
	"onevision/records/county"
)

// demoCommand makes a demo county, once, and runs everything on it.
type demoCommand struct {
	Listen   string `default:"127.0.0.1:8080" help:"Address of the web server."`
	Children int    `default:"13000" help:"How many children."`
	Schools  int    `help:"How many schools. Default: in proportion, 30 for 13,000 children."`
	Years    int    `default:"1" help:"How many whole academic years of attendance before the present one."`
	Seed     uint64 `default:"1" help:"The same seed, size and day make the same county."`
	Fresh    bool   `help:"Remove the demo county that is there and make another."`

	Report    bool   `help:"Print the county's figures beside the published ones that it follows, and serve nothing."`
	Files     string `help:"Write the county into this folder as files that can be imported, and serve nothing." placeholder:"DIR"`
	HalfTerms int    `name:"half-terms" help:"With --files: so many half terms of attendance, the newest. Default: all. Of 160,000 children each has 5 million rows." placeholder:"N"`
}

func (d *demoCommand) Run(ctx context.Context, c *cli) error {
	log := c.quiet()
	place := c.place(log)
	place.Serve = !d.Report && d.Files == ""
	if d.Fresh {
		if err := removeDemo(ctx, place); err != nil {
			return err
		}
	}
	fmt.Printf("Data folder: %s\n", place.Data)
	g, err := app.Open(ctx, place)
	if err != nil {
		return err
	}
	return errors.Join(d.run(ctx, g, log), g.Close())
}

func (d *demoCommand) run(ctx context.Context, g *app.Environment, log *slog.Logger) error {
	only := d.Report || d.Files != "" // then there is nothing to serve, and another program may
	if g.Shared() && !only {
		return fmt.Errorf("another program runs on %s: stop it, or choose another folder with --data", g.Data)
	}
	password, err := demoPassword(filepath.Join(g.Data, "demo-password"))
	if err != nil {
		return err
	}
	if err := g.SeedDemo(ctx, county.Options{Children: d.Children, Schools: d.Schools, Years: d.Years, Seed: d.Seed, Progress: progress()}, password, time.Now); err != nil {
		return err
	}
	if only {
		return d.tell(ctx, g)
	}
	var personas []dashboards.Persona
	for _, p := range county.Personas() {
		personas = append(personas, dashboards.Persona{Role: string(p.Role), Username: p.Username, Password: password})
	}
	h, err := app.New(ctx, g, app.Options{Place: g.Place, Listen: d.Listen, Log: log, Demo: &app.Demo{Personas: personas}})
	if err != nil {
		return err
	}
	go func() {
		if h.WaitReady(ctx) == nil {
			publishDemo(ctx, h, log)
			printPersonas(h.PublicURL, password)
		}
	}()
	return errors.Join(h.Run(ctx), h.Close())
}

// publishDemo publishes the demo's last year, once: a county that has just been made
// has no history of publications.
func publishDemo(ctx context.Context, h *app.App, log *slog.Logger) {
	month := time.Now().In(indicators.London())
	month = month.AddDate(0, 0, -month.Day()) // the last day of the month before
	_, err := app.Publish(ctx, h.Engine, indicators.Publishing{Of: month.AddDate(0, 0, 1).AddDate(-1, -1, 0).Format("2006-01") + ".." + month.Format("2006-01")})
	if err != nil && ctx.Err() == nil {
		log.Warn("the demo's figures were not published", "error", err)
	}
}

// printPersonas prints them in one write: whoever waits for the address reads all of it.
func printPersonas(url, password string) {
	var all strings.Builder
	fmt.Fprintf(&all, "\nThe demo county is at %s\n\nSign in as one of its invented people; the password of each is %s\n\n", url, password)
	w := tabwriter.NewWriter(&all, 0, 4, 2, ' ', 0)
	for _, p := range county.Personas() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Username, p.Role, p.Does)
	}
	w.Flush()
	fmt.Fprintf(&all, "\nMail that alerts send is at %s/inbox. Ctrl-C stops everything; the county stays for the next start.\n", url)
	fmt.Print(all.String())
}

// demoPassword is the password that all demo accounts share, made at the first
// start and kept so that the next one can print it again.
func demoPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the demo's password: %w", err)
	}
	password := "demo-" + strings.ToLower(rand.Text()[:10])
	return password, os.WriteFile(path, []byte(password+"\n"), 0o600)
}

// removeDemo removes a data folder, if what it holds is a demo.
func removeDemo(ctx context.Context, p app.Place) error {
	if p.DatabaseURL != "" {
		return errors.New("--fresh removes a data folder, not a database that you named: empty the database yourself")
	}
	if _, err := os.Stat(p.Data); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(p.Data, "demo-password")); err != nil {
		return fmt.Errorf("%s does not hold a demo: --fresh removes nothing else", p.Data)
	}
	if err := p.Halt(ctx); err != nil {
		return err
	}
	return os.RemoveAll(p.Data)
}

// progress prints what the generator does: on a terminal one line that moves.
func progress() func(part string, done, total int64) {
	last := time.Time{}
	return func(part string, done, total int64) {
		if total == 0 || done < total && time.Since(last) < time.Second { // a part with nothing to make: what it holds is shipped
			return
		}
		last = time.Now()
		fmt.Printf("  %-24s %12d of %d\n", part, done, total)
	}
}
