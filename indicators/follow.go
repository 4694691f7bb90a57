package indicators

import (
	"context"
	"maps"
	"slices"
	"time"
)

// keepFollowing follows until ctx ends, and begins again after a panic: with
// everything, since what was waiting then is not known.
func (e *Engine) keepFollowing(ctx context.Context) {
	for again := e.retry.again; ctx.Err() == nil; again = min(2*again, e.retry.mostAgain) {
		if !e.panicked(ctx, protect("following of changes", func() error { e.follow(ctx); return nil })) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
		e.Changed(nil, true)
	}
}

// follow computes when facts changed, until ctx ends.
func (e *Engine) follow(ctx context.Context) {
	f := follower{Engine: e, stale: map[string]bool{}}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var seen observation
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			seen = e.look(ctx, seen)
		case <-f.sweep:
			f.compute(ctx, "change", slices.Sorted(maps.Keys(f.stale)), 0)
		case <-e.changes.wake:
			if !e.calm(ctx) {
				return
			}
			tables, newBuild := e.changes.take()
			if newBuild {
				if err := e.forgetRelations(ctx); err != nil {
					return
				}
				f.compute(ctx, "build", nil, 0)
				continue
			}
			ids := e.affected(ctx, tables)
			if len(ids) == 0 {
				continue
			}
			took := f.compute(ctx, "change", ids, recent)
			select { // half of the time is for others
			case <-ctx.Done():
				return
			case <-time.After(took):
			}
		}
	}
}

// follower is what follow remembers.
type follower struct {
	*Engine
	stale map[string]bool  // indicators of which not all periods are up to their facts
	sweep <-chan time.Time // when those are computed; nil: there are none
	whole time.Duration    // what computing all periods last took
}

// compute runs, and sees to it that what the run left behind is swept up.
func (f *follower) compute(ctx context.Context, why string, ids []string, periods int) (took time.Duration) {
	began := time.Now()
	lost, err := f.run(ctx, why, ids, periods)
	f.tell(ctx, err)
	took = time.Since(began) - lost
	if periods == 0 {
		f.whole, f.sweep = took, nil
		clear(f.stale)
	}
	for _, id := range ids {
		if periods != 0 {
			f.stale[id] = true
		}
	}
	for _, id := range f.failing(ctx) {
		f.stale[id] = true
	}
	if len(f.stale) > 0 && f.sweep == nil {
		f.sweep = time.After(max(f.retry.sweep, f.retry.share*f.whole))
	}
	return took
}

// failing are the indicators whose last run failed and may yet succeed.
func (e *Engine) failing(ctx context.Context) []string {
	if err := e.acquire(ctx); err != nil {
		return nil
	}
	defer e.release()
	var ids []string
	for id := range e.serving.Load().behind {
		if e.broken[id] == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// calm waits until changes stop coming, but no longer than patience; false when
// ctx ended.
func (e *Engine) calm(ctx context.Context) bool {
	deadline := time.After(patience)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-deadline:
			return true
		case <-time.After(settle):
			return true
		case <-e.changes.wake:
		}
	}
}

// affected are the indicators above any of the tables; all of them before the
// definitions were parsed.
func (e *Engine) affected(ctx context.Context, tables map[string]bool) []string {
	if err := e.acquire(ctx); err != nil {
		return nil
	}
	defer e.release()
	var ids []string
	for _, d := range e.Defined().definitions {
		facts, parsed := e.reads[d.ID]
		if len(tables) > 0 && (!parsed || slices.ContainsFunc(facts, func(f string) bool { return tables[f] })) {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// tell is for runs that nobody waits for: what failed is in the log already,
// name by name, and stays as it was until the next run. One that was cut short
// by the end of the program did not fail.
func (e *Engine) tell(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		e.Log.Warn("a run of indicators was not whole")
	}
}
