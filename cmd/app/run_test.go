package app_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"onevision/alerts"
	"onevision/cmd/app"
	"onevision/indicators/indicatorstest"
	"onevision/records/postgres/postgrestest"
)

// Ctrl-C before anything runs is an end like any other: no error, and nothing
// is left running that Close would wait for.
func TestStoppedBeforeItBegan(t *testing.T) {
	t.Parallel()
	g := open(t, postgrestest.Server(t, nil).URL(postgrestest.Prepared))
	h, err := app.New(t.Context(), g, app.Options{Place: g.Place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Log: slog.New(slog.DiscardHandler),
		Mail: alerts.Mail{Host: "127.0.0.1", Port: 1, From: "alerts@example.invalid", TLS: alerts.TLSNone}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	begun := time.Now()
	if err := h.Run(ctx); err != nil {
		t.Errorf("run: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(begun); took > 2*time.Minute {
		t.Errorf("stopping took %s", took)
	}
}
