// Package indicators says what each number means and how it is computed, keeps
// the numerators and denominators per child behind it, and answers questions
// about it, suppressed for the viewer who asks.
package indicators

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

// EngineOptions are what an engine stands on.
type EngineOptions struct {
	Library   *Library
	Warehouse Warehouse
	Pool      *pgxpool.Pool // the program's own role: targets and comparators
	Now       func() time.Time
	Log       *slog.Logger
}

// Engine computes the library's indicators and answers questions about them.
type Engine struct {
	EngineOptions
	listeners []func(context.Context, Run)
}

// NewEngine makes an engine.
func NewEngine(o EngineOptions) (*Engine, error) {
	if o.Library == nil || o.Warehouse == nil || o.Now == nil {
		return nil, errors.New("an engine needs a library, a warehouse and a clock")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Engine{EngineOptions: o}, nil
}

// Run computes the indicators of these ids, nil for all, over the newest
// periods of each kind that they define; periods 0 means all that are kept.
func (e *Engine) Run(ctx context.Context, ids []string, periods int) error {
	return errors.ErrUnsupported
}

// Start loads what was computed before, then computes by schedule and when
// facts changed, until ctx ends. It returns at once.
func (e *Engine) Start(ctx context.Context) error { return nil }

// Changed tells the engine that facts of these tables changed, or that a new
// build of the warehouse serves. It returns at once.
func (e *Engine) Changed(tables []string, newBuild bool) {}

// OnRun has fn called after each run, one at a time. Call it before Start.
func (e *Engine) OnRun(fn func(context.Context, Run)) { e.listeners = append(e.listeners, fn) }

// Ask answers q for the viewer from what was computed last, without touching
// the warehouse. ErrNotFound for a viewer who may neither view dashboards nor
// evaluate alerts, and for what does not exist.
func (e *Engine) Ask(ctx context.Context, v access.Viewer, q Question) (Answer, error) {
	return Answer{}, ErrNotFound
}

// List is the definitions that the viewer may ask about, by theme and title.
func (e *Engine) List(v access.Viewer) []Definition { return nil }
