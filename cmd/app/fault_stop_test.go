package app_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"onevision/cmd/app"
	"onevision/indicators/indicatorstest"
	"onevision/records/county"
	"onevision/records/postgres/postgrestest"
)

// The program is stopped, in an ordinary way, while its engine computes: what
// uses the warehouse has ended before it is closed, which the race detector sees
// to, and nothing is logged as if it had gone wrong.
func TestFaultStoppedWhileIndicatorsAreComputed(t *testing.T) {
	t.Parallel()
	rounds := 3
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		rounds = 200
	}
	said := &lines{}
	log := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	place := app.Place{Data: t.TempDir(), DatabaseURL: postgrestest.Server(t, nil).URL(postgrestest.Prepared), Log: log}
	env, err := app.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Close() })
	if err := env.SeedDemo(t.Context(), county.Options{Children: 400, Seed: 1}, demoPassword, time.Now); err != nil {
		t.Fatal(err)
	}
	for range rounds {
		a, err := app.New(t.Context(), env, app.Options{Place: place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Log: log, Demo: &app.Demo{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		select {
		case <-a.Warehouse.Ready():
			time.Sleep(rand.N(1500 * time.Millisecond)) // the engine begins after about 300 ms
			stop()
			err = <-ended
		case err = <-ended:
			t.Error("the app ended by itself")
		}
		stop()
		if err != nil {
			t.Errorf("run: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if text := said.String(); text != "" {
			t.Fatalf("an ordinary stop was logged:\n%s", text)
		}
	}
}
