// The definitions in force, and how a running engine takes others.

package indicators

import (
	"context"
	"fmt"
	"sync"

	"github.com/robfig/cron/v3"
)

// Defined is the library in force.
func (e *Engine) Defined() *Library { return e.defined.Load() }

// Define puts a library in the place of the one in force: what another definition
// decides is computed, on its new schedule from then on, and what is not defined any
// more is not answered. An indicator that is computed anew keeps the figures of its
// definition before until then.
func (e *Engine) Define(ctx context.Context, l *Library) error {
	changed, err := e.replace(ctx, l)
	if err != nil {
		return err
	}
	if e.Pool != nil {
		if err := e.fillTargets(ctx); err != nil {
			return err
		}
	}
	if e.timed.begun() {
		if err := e.keepSchedule(ctx); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		return e.readAgain(ctx)
	}
	_, err = e.run(ctx, "definitions", changed, 0)
	return err
}

// replace puts the library in force and says which of its indicators are to be
// computed.
func (e *Engine) replace(ctx context.Context, l *Library) (changed []string, err error) {
	if err := e.acquire(ctx); err != nil {
		return nil, err
	}
	defer e.release()
	before := e.defined.Load()
	was := e.serving.Load()
	next := was.next()
	for _, d := range before.definitions {
		if _, stays := l.Definition(d.ID); !stays {
			delete(next.indicators, d.ID)
			delete(next.behind, d.ID)
		}
	}
	for _, d := range l.definitions {
		o, there := before.Definition(d.ID)
		if there && o.Hash == d.Hash {
			if c := next.indicators[d.ID]; c != nil { // what is said of it may be other words
				told := *c
				told.definition = d
				next.indicators[d.ID] = &told
			}
			continue
		}
		delete(e.columns, d.ID)
		delete(e.inputs, d.ID)
		changed = append(changed, d.ID)
		next.behind[d.ID] = true // until it is computed
	}
	e.reads, e.relations, e.broken = nil, nil, nil // parsed again by the next run
	e.defined.Store(l)
	e.serving.Store(next)
	return changed, nil
}

// readAgain serves the same figures beside targets and comparators as they are now.
func (e *Engine) readAgain(ctx context.Context) error {
	if err := e.acquire(ctx); err != nil {
		return err
	}
	defer e.release()
	was := e.serving.Load()
	e.serve(ctx, was.next())
	return nil
}

// schedule is when the definitions in force are computed.
type schedule struct {
	mu   sync.Mutex
	cron *cron.Cron // nil: not begun
}

func (s *schedule) begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cron != nil
}

// put begins a schedule in the place of the one that there was.
func (s *schedule) put(c *cron.Cron) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cron != nil {
		s.cron.Stop() // what has begun ends by itself
	}
	s.cron = c
	c.Start()
}

// stop returns when what was begun by the schedule has ended.
func (s *schedule) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cron != nil {
		<-s.cron.Stop().Done()
	}
}

// keepSchedule has each definition in force computed when its schedule says.
func (e *Engine) keepSchedule(ctx context.Context) error {
	all := cron.New(cron.WithLocation(London()))
	for _, d := range e.Defined().definitions {
		if _, err := all.AddFunc(d.Schedule, func() {
			e.panicked(ctx, protect("schedule of "+d.ID, func() error {
				_, err := e.run(ctx, "schedule", []string{d.ID}, 0)
				e.tell(ctx, err)
				return nil
			}))
		}); err != nil {
			return fmt.Errorf("the schedule of %s: %w", d.ID, err)
		}
	}
	e.timed.put(all)
	return nil
}
