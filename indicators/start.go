package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	// A change is answered when nothing followed it for settle, and no later than
	// patience after it: an import streams changes for minutes. A run then may give
	// way (see backoff).
	settle   = 300 * time.Millisecond
	patience = time.Second
	// While nothing changes, values stay true of ever later facts: how often this
	// is looked at.
	lookEvery = 10 * time.Second
)

// intervals are how long after something is tried (again).
type intervals struct {
	// A change recomputes the recent periods at once. A correction of something
	// older is seen by the sweep over all periods, which follows sweep after a
	// change or after a failure, and no sooner than share times what it took last.
	sweep time.Duration
	share time.Duration
	// A loop that panicked begins again after again, twice as long after each more.
	again, mostAgain time.Duration
}

var retryIntervals = intervals{sweep: 30 * time.Second, share: 20, again: time.Second, mostAgain: time.Minute}

// changes are the tables that changed since the last run.
type changes struct {
	mu       sync.Mutex
	tables   map[string]bool
	newBuild bool
	told     map[string]int // how often each table changed, ever
	wake     chan struct{}  // of capacity 1
}

// Changed tells the engine that facts of these tables changed, or that a new
// build of the warehouse serves, or other tables in the same. It returns at once.
func (e *Engine) Changed(tables []string, newBuild bool) {
	e.changes.mu.Lock()
	if e.changes.tables == nil {
		e.changes.tables = map[string]bool{}
	}
	for _, t := range tables {
		e.changes.tables[t] = true
		e.changes.told[t]++
	}
	e.changes.newBuild = e.changes.newBuild || newBuild
	e.changes.mu.Unlock()
	select {
	case e.changes.wake <- struct{}{}:
	default:
	}
}

func (c *changes) take() (tables map[string]bool, newBuild bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tables, newBuild = c.tables, c.newBuild
	c.tables, c.newBuild = nil, false
	return tables, newBuild
}

// state is how often each table changed, and whether a change waits.
func (c *changes) state() (told map[string]int, waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.told), len(c.tables) > 0 || c.newBuild
}

// Start fills the tables of targets and comparators, serves what the warehouse
// holds of earlier runs, and then computes everything once, and again by each
// definition's schedule and when facts beneath it changed, until ctx ends. It
// returns once what was there is served; the warehouse must be ready.
func (e *Engine) Start(ctx context.Context) error {
	if e.Pool != nil {
		if err := e.fillTargets(ctx); err != nil {
			return err
		}
		if err := e.beginPublishing(ctx); err != nil {
			return err
		}
	}
	if err := e.restore(ctx); err != nil {
		return err
	}
	if err := e.keepSchedule(ctx); err != nil {
		return err
	}
	e.Changed(nil, true)
	e.background.Go(func() {
		<-ctx.Done()
		e.timed.stop()
	})
	e.background.Go(func() { e.keepFollowing(ctx) })
	return nil
}

// Wait returns when all that Start began has ended, after its ctx did: the
// warehouse must not close before.
func (e *Engine) Wait() { e.background.Wait() }

// restore serves what a program before this one computed, if it is there.
func (e *Engine) restore(ctx context.Context) error {
	if err := e.acquire(ctx); err != nil {
		return err
	}
	defer e.release()
	next := emptySnapshot()
	err := e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, at Position) error {
		if there, err := laidOut(ctx, c); err != nil || !there {
			return err
		}
		if err := e.parse(ctx, c); err != nil {
			return err
		}
		all, err := readComputed(ctx, c, e.Defined().definitions, e.relations, e.reads, DayOf(e.Now()))
		if err != nil {
			return err
		}
		for id, was := range all {
			e.last = max(e.last, was.run)
			next.indicators[id], next.behind[id] = was, true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what was computed before: %w", err)
	}
	e.serve(ctx, next)
	return nil
}
