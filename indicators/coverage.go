package indicators

// Up to which day files tell of the facts beneath a figure. Where facts come by an
// extract that states its last day, a period that the extract does not cover is not
// judged, and the figure says so: "social-care data to 14 November". With the days of a
// definition's completeness this is feed(X, n): covered, and n days passed.

import (
	"context"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"time"
)

// Coverage is up to which day the facts of a table are known, by table; those that
// people enter, or that come by files which do not say, are not in it.
type Coverage map[string]Covered

// Covered is up to which day.
type Covered struct {
	What string // "social-care data"
	To   time.Time
}

// growsUncovered is for how long a span that is still growing is judged by what is
// there: nobody expects an extract each day.
const growsUncovered = 31

// SetCoverage says from now on what is covered.
func (e *Engine) SetCoverage(c Coverage) {
	now := coverage{of: maps.Clone(c)}
	h := fnv.New64a() // the same in every program: a tag of figures has it
	for _, table := range slices.Sorted(maps.Keys(c)) {
		io.WriteString(h, table+"\x1f"+c[table].What+"\x1f"+c[table].To.Format(time.DateOnly)+"\x1e")
	}
	now.sum = h.Sum64()
	e.covered.Store(&now)
}

// coverage is one, with a number that is another when it is.
type coverage struct {
	of  Coverage
	sum uint64
}

func (e *Engine) coverage() *coverage {
	if c := e.covered.Load(); c != nil {
		return c
	}
	return &coverage{}
}

// short says why a period of a figure that counts these facts is not covered, "" if it
// is: of several, what covers least.
func (c *coverage) short(counted []string, p Period, today time.Time) string {
	var least *Covered
	for _, table := range counted {
		if of, ok := c.of[table]; ok && (least == nil || of.To.Before(least.To)) {
			least = &of
		}
	}
	if least == nil {
		return ""
	}
	needs := p.Last
	if p.grows() && today.Before(needs) {
		needs = today.AddDate(0, 0, -growsUncovered)
	}
	if !least.To.Before(needs) {
		return ""
	}
	layout := "2 January"
	if least.To.Year() != today.Year() {
		layout = "2 January 2006"
	}
	return least.What + " to " + least.To.Format(layout)
}

// FollowCoverage asks read what is covered, now and then until ctx ends; an error leaves
// what was known.
func (e *Engine) FollowCoverage(ctx context.Context, every time.Duration, read func(context.Context) (Coverage, error)) error {
	for {
		c, err := read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			e.Log.Warn("it could not be seen up to which day files tell", "error", err)
		default:
			e.SetCoverage(c)
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return nil
		}
	}
}
