package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A job that panics is begun again; the log has its own stack, and metrics and
// the status page say that it happened.
func TestAJobThatPanicsIsBegunAgain(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	j := newJobs(slog.New(slog.NewTextHandler(&log, nil)), time.Now)
	j.pause = time.Millisecond
	calls := 0
	want := errors.New("its own error")
	err := j.run(t.Context(), "gauges", func(context.Context) error {
		if calls++; calls < 3 {
			blowUp()
		}
		return want
	})
	if err != want || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if s := log.String(); strings.Count(s, "job=gauges") != 2 || !strings.Contains(s, "app.blowUp") {
		t.Errorf("the log: %s", s)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(j.panics)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].Metric[0].Counter.GetValue() != 2 {
		t.Errorf("the metrics: %v, %v", families, err)
	}
	if p := j.part(); p.Warning == "" || !strings.Contains(p.Facts[0].Text, "2 times") {
		t.Errorf("the status page: %+v", p)
	}
}

func TestAJobThatPanicsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	j := newJobs(slog.New(slog.DiscardHandler), time.Now)
	j.pause = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	if err := j.run(ctx, "gauges", func(context.Context) error { cancel(); panic("once") }); err != nil {
		t.Error(err)
	}
	if p := (&jobs{}).part(); p.Warning != "" || len(p.Facts) != 1 {
		t.Errorf("without faults: %+v", p)
	}
}

func blowUp() { panic("a fault of the program") }
