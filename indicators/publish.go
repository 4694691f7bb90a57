package indicators

// Publishing: what has become publishable is computed, what of it is suppressed is
// chosen, and the values are written for good.

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Publish computes everything, and publishes what has not been published yet of the
// periods that are asked for; what could not be computed is among what is left.
// ErrNotFound for a viewer who may not, *Unprintable for text that cannot be shown.
func (e *Engine) Publish(ctx context.Context, v access.Viewer, o Publishing) (Release, error) {
	if !v.May(access.Publish) || e.Pool == nil {
		return Release{}, ErrNotFound
	}
	if err := o.check(); err != nil {
		return Release{}, err
	}
	of, err := asksOf(o.Of)
	if err != nil {
		return Release{}, err
	}
	if err := e.acquire(ctx); err != nil { // no run changes a value meanwhile
		return Release{}, err
	}
	defer e.release()
	e.asked.Add(1) // it gives way to nothing
	_, err = e.compute(ctx, "publication", nil, 0, time.Now())
	e.asked.Add(-1)
	if ctx.Err() != nil {
		return Release{}, fmt.Errorf("compute what is to be published: %w", context.Cause(ctx))
	}
	if err != nil {
		e.Log.WarnContext(ctx, "what could not be computed is not published", "error", err)
	}
	today := DayOf(e.Now())
	return e.publish(ctx, v, o, of.has, func(d Definition, p Period, c cell) (bool, string) {
		ok, why := c.enough(d, today)
		switch {
		case !p.Ended(e.Now()):
			return false, "it has not ended"
		case !ok && !o.Incomplete:
			return false, why
		}
		return true, ""
	})
}

// dueEvery is how often it is looked whether something is due: runs follow one another
// within seconds, and a look reads all values of a kind of period.
const dueEvery = 10 * time.Minute

// publishDue publishes by itself periods that ended since the program first ran here:
// what is complete, and on its last day what is not. What first arrives after that day
// may be the first of several files: it is published when it is complete, else by a person.
func (e *Engine) publishDue(ctx context.Context) error {
	if since := e.Now().Sub(e.dueAt); since >= 0 && since < dueEvery {
		return nil
	}
	today, from := DayOf(e.Now()), time.Time{}
	if err := e.Pool.QueryRow(ctx, `/* indicators.publishDue */ SELECT day FROM published_from`).Scan(&from); errors.Is(err, pgx.ErrNoRows) {
		return nil // a run before Start noted the day: nothing can have ended since
	} else if err != nil {
		return fmt.Errorf("read from when periods are published: %w", err)
	}
	e.dueAt = e.Now()
	_, err := e.publish(ctx, access.System(access.Computing), Publishing{By: "schedule"}, func(p Period) bool { return !p.Last.Before(from) }, func(d Definition, p Period, c cell) (bool, string) {
		ok, _ := c.enough(d, today)
		return ok || today.Equal(d.latestDay(p)), ""
	})
	return err
}

// beginPublishing notes from which day on periods are published by themselves, the
// first time that the program runs.
func (e *Engine) beginPublishing(ctx context.Context) error {
	err := access.InTx(ctx, e.Pool, access.System(access.Computing), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* indicators.beginPublishing */ INSERT INTO published_from (day) VALUES ($1) ON CONFLICT DO NOTHING`, DayOf(e.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("note from when periods are published: %w", err)
	}
	return nil
}

// due says of a measure's period whether it is to be published, and if not, why not
// ("": that need not be said).
type due func(Definition, Period, cell) (bool, string)

// act is one publication while it is made. It has the engine to itself.
type act struct {
	*Engine
	release  Release
	today    time.Time
	key      []byte
	wholes   map[string]map[string]hidden // headlines that are published, by indicator and period; hidden "" is shown
	periods  []publishedPeriod
	values   []publishedValue
	computed map[string]*computed
	spans    map[string]*table // of twelve months, of measures that have no months beside them
	ids      []string
	bases    map[string]PeriodKind // by which members are published, of each indicator that was published
}

func (e *Engine) publish(ctx context.Context, v access.Viewer, o Publishing, wanted func(Period) bool, is due) (Release, error) {
	a := &act{Engine: e, today: DayOf(e.Now()), computed: e.serving.Load().indicators, spans: map[string]*table{},
		release: Release{At: e.Now(), By: o.By, SignedOffBy: strings.TrimSpace(o.SignedOffBy), Commentary: strings.TrimSpace(o.Commentary)}}
	for _, d := range e.Defined().definitions {
		if a.computed[d.ID] != nil {
			a.ids = append(a.ids, d.ID)
		}
	}
	err := access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* indicators.publish */ SELECT pg_advisory_xact_lock(hashtext('published_release'))`); err != nil {
			return err
		}
		if err := a.readPublished(ctx, tx); err != nil {
			return err
		}
		for _, kind := range append(slices.Clone(bases), Rolling12Months) {
			if err := a.kind(ctx, tx, kind, wanted, is); err != nil {
				return err
			}
		}
		if len(a.periods) == 0 {
			return nil
		}
		if err := a.write(ctx, tx, v); err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "publish", Kind: "indicator", Record: a.release.ID, Reason: o.Of})
	})
	if err != nil {
		return Release{}, fmt.Errorf("publish: %w", err)
	}
	if len(a.periods) > 0 {
		e.published.forget()
		e.Log.InfoContext(ctx, "figures were published", "release", a.release.ID, "by", a.release.By, "measures", a.release.Measures, "shown", a.release.Shown, "hidden", a.release.Hidden)
	}
	return a.release, nil
}

// readPublished reads the key, and which headlines are published.
func (a *act) readPublished(ctx context.Context, tx pgx.Tx) error {
	if err := tx.QueryRow(ctx, `/* indicators.readPublished */ SELECT key FROM published_key`).Scan(&a.key); err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	a.wholes = map[string]map[string]hidden{}
	rows, err := tx.Query(ctx, `/* indicators.readPublished */ SELECT indicator, period_id, reason FROM published_value WHERE breakdown = ''`)
	if err != nil {
		return err
	}
	var indicator, period string
	var why hidden
	_, err = pgx.ForEachRow(rows, []any{&indicator, &period, &why}, func() error {
		a.whole(indicator)[period] = why
		return nil
	})
	if err != nil {
		return err
	}
	a.bases = map[string]PeriodKind{}
	if rows, err = tx.Query(ctx, `/* indicators.readPublished */ SELECT DISTINCT ON (indicator) indicator, definition->'Periods' FROM published_period ORDER BY indicator, release_id`); err != nil {
		return err
	}
	var kinds []byte
	_, err = pgx.ForEachRow(rows, []any{&indicator, &kinds}, func() error {
		var was Definition
		err := json.Unmarshal(kinds, &was.Periods)
		a.bases[indicator] = was.PublishedBy()
		return err
	})
	return err
}

func (a *act) whole(indicator string) map[string]hidden {
	if a.wholes[indicator] == nil {
		a.wholes[indicator] = map[string]hidden{}
	}
	return a.wholes[indicator]
}

// kind publishes what is due of one kind of period, the oldest first.
func (a *act) kind(ctx context.Context, tx pgx.Tx, kind PeriodKind, wanted func(Period) bool, is due) error {
	var periods []Period
	for _, id := range a.ids {
		c := a.computed[id]
		if !slices.Contains(c.definition.Publishes(), kind) {
			continue
		}
		for _, p := range c.periods[kind] {
			if _, done := a.wholes[id][p.ID]; !done && wanted(p) && p.Ended(a.Now()) && !slices.Contains(periods, p) {
				periods = append(periods, p)
			}
		}
	}
	if len(periods) == 0 {
		return nil
	}
	for _, id := range a.ids {
		c := a.computed[id]
		if a.spans[id] != nil || !c.definition.yearsWithoutMonths() {
			continue
		}
		t, err := a.table(ctx, c, Rolling12Months)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			a.spans[id] = t
		}
	}
	sortPeriods(periods)
	read, err := a.readKind(ctx, kind)
	if err != nil {
		return err
	}
	for _, p := range periods {
		if err := a.period(ctx, tx, p, read, is); err != nil {
			return err
		}
	}
	return nil
}

// read is what the warehouse holds of one kind of period: by indicator, period and
// place; the members that there are of each breakdown; what they are called.
type read struct {
	cells   map[string]map[string]map[place]cell
	members map[string]map[string][]string
	labels  map[string]map[string]Label
}

func (a *act) readKind(ctx context.Context, kind PeriodKind) (*read, error) {
	out := &read{map[string]map[string]map[place]cell{}, map[string]map[string][]string{}, map[string]map[string]Label{}}
	err := a.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error {
		for _, id := range a.ids {
			d := a.computed[id].definition
			if !slices.Contains(d.Publishes(), kind) {
				continue
			}
			out.cells[id], out.members[id] = map[string]map[place]cell{}, map[string][]string{}
			parts := map[part]*cells{{id, kind, ""}: {values: map[string]map[string]cell{}}}
			if d.PublishedBy() == kind {
				for _, breakdown := range d.Breakdowns {
					parts[part{id, kind, breakdown}] = &cells{values: map[string]map[string]cell{}}
				}
			}
			if err := readValues(ctx, c, parts); err != nil {
				return err
			}
			for p, values := range parts {
				breakdown := p.breakdown
				for member, line := range values.values {
					if breakdown != "" {
						out.members[id][breakdown] = append(out.members[id][breakdown], member)
					}
					for period, v := range line {
						if out.cells[id][period] == nil {
							out.cells[id][period] = map[place]cell{}
						}
						out.cells[id][period][place{breakdown, member}] = v
					}
				}
				slices.Sort(out.members[id][breakdown])
				if b, ok := BreakdownOf(breakdown); ok && out.labels[breakdown] == nil {
					var err error
					if out.labels[breakdown], err = b.readLabels(ctx, c); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is to be published: %w", err)
	}
	return out, nil
}
