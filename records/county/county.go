// Package county makes the demo county: an invented authority's children,
// schools, marks, results and cases, the same from the same seed and day, and
// enters it through the record store's bulk path. Its people are obviously
// invented; its numbers follow those published for the example authority
// (Cambridgeshire), in proportion.
package county

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"onevision/records"
)

// Options say how large a county to make, and when it is there.
type Options struct {
	Children int // aged 0 to 19; 0 means 13,000
	Schools  int // 0 means in proportion to the children: 30 for 13,000
	// Years of attendance: that many whole academic years before the present
	// one; the present one is always there up to yesterday, so that this week's
	// figures have marks beneath them. 0 means 1: a county of 13,000 children
	// has up to 240 school days and 1.9 million rows in November.
	Years    int
	Seed     uint64
	Today    time.Time // the day in Europe/London: the caller's clock and zone
	AdminURL string    // of an empty, prepared record store; its login may become the owner
	Progress func(part string, done, total int64)
}

// Report is what was made.
type Report struct {
	Counts  []Count
	Seconds float64
}

// Count is how many rows of a kind were entered, in the order of entry.
type Count struct {
	Kind string
	Rows int64
}

// Rows of all kinds together.
func (r Report) Rows() int64 {
	var n int64
	for _, c := range r.Counts {
		n += c.Rows
	}
	return n
}

// ErrNotEmpty: the record store holds schools or children already. Demo
// records never join others, nor half a county that was interrupted.
var ErrNotEmpty = errors.New("the record store is not empty: a demo county needs one of its own")

// Generate makes a county and enters it. The record store must be empty, else
// ErrNotEmpty. It marks the installation as a demo before the first record
// goes in, so that `serve` refuses even half a county.
func Generate(ctx context.Context, o Options) (Report, error) {
	begun := time.Now()
	o, err := o.complete()
	if err != nil {
		return Report{}, fmt.Errorf("make the demo county: %w", err)
	}
	p, err := newPlan(o)
	if err != nil {
		return Report{}, fmt.Errorf("make the demo county: %w", err)
	}
	bulk, err := records.NewBulk(ctx, o.AdminURL)
	if err != nil {
		return Report{}, fmt.Errorf("make the demo county: %w", err)
	}
	defer bulk.Close()
	bulk.Source = "demo"
	report, err := p.enter(ctx, bulk, o.Progress)
	report.Seconds = time.Since(begun).Seconds()
	if err != nil {
		return report, fmt.Errorf("make the demo county: %w", err)
	}
	return report, nil
}

func (o Options) complete() (Options, error) {
	if o.Children == 0 {
		o.Children = 13_000
	}
	if o.Schools == 0 {
		o.Schools = schoolsFor(o.Children)
	}
	if o.Years == 0 {
		o.Years = 1
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	switch {
	case o.Children < 400:
		return o, errors.New("a county needs at least 400 children, for each kind of record to have some")
	case o.Schools < 4:
		return o, errors.New("a county needs at least 4 schools: two primary, one secondary, one special")
	case o.Years < 1:
		return o, errors.New("the years of attendance must be 1 or more")
	case o.Today.IsZero():
		return o, errors.New("today is not given")
	}
	return o, nil
}

func (p *plan) enter(ctx context.Context, bulk *records.Bulk, progress func(string, int64, int64)) (Report, error) {
	var report Report
	if err := p.reference(ctx, bulk); err != nil {
		return report, err
	}
	for _, part := range p.parts() {
		n, err := part.load(ctx, bulk)
		if err != nil {
			return report, err
		}
		progress(part.kind, n, n)
		report.Counts = append(report.Counts, Count{part.kind, n})
	}
	n, err := p.loadAttendance(ctx, bulk, progress)
	if err != nil {
		return report, err
	}
	progress("attendance", n, n)
	report.Counts = append(report.Counts, Count{"attendance", n})
	return report, nil
}

// empty refuses a record store that holds anything a demo could be mistaken for.
func empty(ctx context.Context, bulk *records.Bulk) error {
	const notEmpty = "OV001"
	err := bulk.Exec(ctx, `/* county.empty */
		DO $$ BEGIN
			IF EXISTS (SELECT FROM child) OR EXISTS (SELECT FROM school) OR EXISTS (SELECT FROM team) THEN
				RAISE EXCEPTION 'not empty' USING ERRCODE = '`+notEmpty+`';
			END IF;
		END $$`)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == notEmpty {
		return ErrNotEmpty
	}
	if err != nil {
		return fmt.Errorf("look whether the record store is empty: %w", err)
	}
	return nil
}

// reference fills the tables that are no kind of record: that it is a demo, and
// where the invented postcodes lie.
func (p *plan) reference(ctx context.Context, bulk *records.Bulk) error {
	if err := empty(ctx, bulk); err != nil {
		return err
	}
	err := bulk.Exec(ctx, `/* county.reference */ UPDATE installation SET demo = true, authority = 'Demoshire (invented)', authority_code = 'E10000003'`)
	if err != nil {
		return fmt.Errorf("mark the installation as a demo: %w", err)
	}
	for sector, district := range sectors() {
		err := bulk.Exec(ctx, `/* county.reference */
			INSERT INTO postcode_sector (sector, district) VALUES ($1, $2) ON CONFLICT (sector) DO NOTHING`, sector, district)
		if err != nil {
			return fmt.Errorf("enter the postcode sectors: %w", err)
		}
	}
	return nil
}

// loadAttendance enters the years two at a time: as many as the machines that
// demos run on have processors to spare.
func (p *plan) loadAttendance(ctx context.Context, bulk *records.Bulk, progress func(string, int64, int64)) (int64, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	tally := newTally(p, progress)
	for y := p.firstYear; y <= p.thisYear; y++ {
		if len(p.calendar.before(y, p.today)) == 0 {
			continue
		}
		group.Go(func() error {
			n, err := bulk.LoadAttendance(ctx, y, tally.counting(ctx, p.attendance(y)))
			if err != nil {
				return fmt.Errorf("load the attendance of %d: %w", y, err)
			}
			tally.loaded.Add(n)
			return nil
		})
	}
	err := group.Wait()
	return tally.loaded.Load(), err
}
