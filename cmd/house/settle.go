package house

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

// settled is what the data folder keeps about a county that is whole.
type settled struct {
	Children int       `json:"children"`
	Seed     uint64    `json:"seed"`
	Day      time.Time `json:"day"`
}

const settledName = "county.json"

// CountyDay is the day for which the demo county of this ground was made: its
// "today".
func (g *Ground) CountyDay() (time.Time, error) {
	var done settled
	err := readJSON(g.path(settledName), &done)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("there is no whole demo county in %s", g.Data)
	}
	return done.Day, err
}

// Settle makes the demo county and its accounts, unless they are there.
func (g *Ground) Settle(ctx context.Context, o county.Options, password string, now func() time.Time) error {
	var done settled
	err := readJSON(g.path(settledName), &done)
	switch {
	case err == nil:
		fmt.Printf("Going on with the demo county of %d children of %s (--fresh makes another).\n", done.Children, done.Day.Format("2 January 2006"))
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	var begun bool
	if err := g.Pool.QueryRow(ctx, `/* house.Settle */ SELECT demo FROM installation`).Scan(&begun); err != nil {
		return fmt.Errorf("read what the installation is: %w", err)
	}
	if g.shared {
		return fmt.Errorf("another program runs on %s, and it holds no demo county: choose another folder with --data", g.Data)
	}
	if begun {
		return errors.New("an earlier start was stopped while it made the demo county: start again with --fresh")
	}
	o.Today, o.AdminURL = now().In(indicators.London()), g.AdminURL
	fmt.Println("Making a demo county of invented people.")
	report, err := county.Generate(ctx, o)
	if err != nil {
		return err
	}
	if err := county.Accounts(ctx, g.Pool, now, o.Today, password); err != nil {
		return err
	}
	fmt.Printf("Made %d records in %.0f s.\n", report.Rows(), report.Seconds)
	return writeJSON(g.path(settledName), settled{Children: o.Children, Seed: o.Seed, Day: o.Today})
}

// WithWarehouse opens the warehouse of a ground that no server runs on, lets it
// catch up with the record store, and calls fn.
func (g *Ground) WithWarehouse(ctx context.Context, now func() time.Time, fn func(*warehouse.Warehouse) error) error {
	w, err := warehouse.Open(ctx, g.WarehouseOptions(now, g.Log))
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
