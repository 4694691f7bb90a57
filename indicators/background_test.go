package indicators_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// An authority that has not recorded its half terms has no such periods, and
// everything else.
func TestWithoutHalfTermsThereAreNoSuchPeriods(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	w.Exec(`DELETE FROM facts.half_term`)
	e := w.Engine(saturday, indicatorstest.Few)
	if err := e.RunRecent(t.Context()); err != nil {
		t.Fatal(err)
	}
	var kinds string
	err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
		return c.QueryRowContext(ctx, `SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM results.period`).Scan(&kinds)
	})
	if err != nil || kinds != "academic-year academic-year-to-date month week" {
		t.Errorf("there are periods of %s (%v)", kinds, err)
	}
}

// A panic while one indicator is computed, or in who hears of the run, ends
// neither the program nor the run: it is logged with the stack on which it
// happened and told of, and what was not computed is computed again.
func TestAPanicIsToldAndTheJobIsTriedAgain(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	told := make(chan *indicators.PanicError, 10)
	w := &panicking{Warehouse: threeSchools(t), at: 2} // the first is of what all share
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w, Log: slog.New(slog.NewTextHandler(&log, nil)), OnPanic: func(p *indicators.PanicError) { told <- p }})
	e.RetrySoon()
	var once atomic.Bool
	e.OnRun(func(context.Context, indicators.Run) {
		if once.CompareAndSwap(false, true) {
			panic("who hears of it")
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	if err := e.Start(ctx); err != nil {
		t.Fatal(err)
	}
	all := len(e.Library.Definitions())
	if r := <-ran; len(r.Indicators) != all-1 {
		t.Errorf("the first run computed %v", r.Indicators)
	}
	for _, want := range []string{"in the warehouse", "who hears of it"} {
		if p := <-told; p.Value != want || !strings.Contains(string(p.Stack), "background_test.go") {
			t.Errorf("%v: %s", p, p.Stack)
		}
	}
	if r := <-ran; len(r.Indicators) != 1 {
		t.Errorf("the run after it computed %v", r.Indicators)
	}
	stop()
	e.Wait()
	if s := log.String(); !strings.Contains(s, "panic=\"in the warehouse\"") || !strings.Contains(s, "stack=") {
		t.Error(s)
	}
}

// panicking is a warehouse in which one transaction panics.
type panicking struct {
	indicators.Warehouse
	at   int32
	seen atomic.Int32
}

func (p *panicking) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	return p.Warehouse.Write(ctx, func(ctx context.Context, c *sql.Conn, at indicators.Position) error {
		if p.seen.Add(1) == p.at {
			panic("in the warehouse")
		}
		return fn(ctx, c, at)
	})
}

// Whoever waits for a run behind another is let go when their time is over.
func TestWaitingForARunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	shut := &gated{Warehouse: threeSchools(t), shut: make(chan struct{}), waits: make(chan struct{}, 10)}
	e, _ := watched(t, indicators.EngineOptions{Warehouse: shut})
	first := make(chan error, 1)
	go func() { first <- e.Run(t.Context(), []string{"open-cases"}, 0) }()
	<-shut.waits
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := e.Run(ctx, nil, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second run: %v", err)
	}
	close(shut.shut)
	if err := <-first; err != nil {
		t.Errorf("the first run: %v", err)
	}
}

// When the program stops nothing is computed any more once Wait returns, and no
// error is logged.
func TestTheEngineStopsWithoutAnError(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	shut := &gated{Warehouse: threeSchools(t), shut: make(chan struct{}), waits: make(chan struct{}, 10)}
	e, _ := watched(t, indicators.EngineOptions{Warehouse: shut, Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, stop := context.WithCancel(t.Context())
	if err := e.Start(ctx); err != nil {
		t.Fatal(err)
	}
	<-shut.waits
	stop()
	close(shut.shut)
	e.Wait()
	if log.Len() > 0 {
		t.Error(log.String())
	}
}
