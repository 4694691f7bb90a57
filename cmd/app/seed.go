package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"onevision/indicators"
	"onevision/records/county"
	"onevision/warehouse"
)

// seeded is what the data folder keeps about a county that is whole.
type seeded struct {
	Children int       `json:"children"`
	Seed     uint64    `json:"seed"`
	Day      time.Time `json:"day"`
}

const seededName = "county.json"

// CountyDay is the day for which the demo county of this environment was made: its
// "today".
func (env *Environment) CountyDay() (time.Time, error) {
	var done seeded
	err := readJSON(env.path(seededName), &done)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("there is no whole demo county in %s", env.Data)
	}
	return done.Day, err
}

// SeedDemo makes the demo county and its accounts, unless they are there.
func (env *Environment) SeedDemo(ctx context.Context, o county.Options, password string, now func() time.Time) error {
	var done seeded
	err := readJSON(env.path(seededName), &done)
	switch {
	case err == nil:
		fmt.Printf("Going on with the demo county of %d children of %s (--fresh makes another).\n", done.Children, done.Day.Format("2 January 2006"))
		// A persona that a newer program brings gets an account too.
		return county.Accounts(ctx, env.Pool, now, done.Day, password)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	var begun bool
	if err := env.Pool.QueryRow(ctx, `/* app.SeedDemo */ SELECT demo FROM installation`).Scan(&begun); err != nil {
		return fmt.Errorf("read what the installation is: %w", err)
	}
	if env.shared {
		return fmt.Errorf("another program runs on %s, and it holds no demo county: choose another folder with --data", env.Data)
	}
	if begun {
		return errors.New("an earlier start was stopped while it made the demo county: start again with --fresh")
	}
	o.Today, o.AdminURL = now().In(indicators.London()), env.AdminURL
	fmt.Println("Making a demo county of invented people.")
	report, err := county.Generate(ctx, o)
	if err != nil {
		return err
	}
	if err := county.Accounts(ctx, env.Pool, now, o.Today, password); err != nil {
		return err
	}
	fmt.Printf("Made %d records in %.0f s.\n", report.Rows(), report.Seconds)
	return writeJSON(env.path(seededName), seeded{Children: o.Children, Seed: o.Seed, Day: o.Today})
}

// WithWarehouse opens the warehouse of an environment that no server runs on, lets it
// catch up with the record store, and calls fn.
func (env *Environment) WithWarehouse(ctx context.Context, now func() time.Time, fn func(*warehouse.Warehouse) error) error {
	w, err := warehouse.Open(ctx, env.WarehouseOptions(now, env.Log))
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- quietly(w.Follow(following)) }()
	select {
	case <-w.Ready():
		err = fn(w)
	case err = <-ended:
		ended <- err
	case <-ctx.Done():
		err = ctx.Err()
	}
	stop()
	return errors.Join(err, <-ended, w.Close())
}
