package app

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
	"onevision/warehouse"
)

// Compute computes the indicators of these ids (none: all) over the newest
// periods of each kind (0: all that are kept), and says what is kept of each.
func Compute(ctx context.Context, e *indicators.Engine, ids []string, periods int) ([]indicators.Explanation, error) {
	if len(ids) == 0 {
		ids = nil
		for _, d := range e.Defined().Definitions() {
			ids = append(ids, d.ID)
		}
	}
	if err := e.Run(ctx, ids, periods); err != nil {
		return nil, err
	}
	var kept []indicators.Explanation
	for _, id := range ids {
		x, err := Explain(ctx, e, id)
		if err != nil {
			return nil, err
		}
		kept = append(kept, x)
	}
	return kept, nil
}

// Explain says where an indicator's numbers come from, to whoever may run the
// program's commands on its machine.
func Explain(ctx context.Context, e *indicators.Engine, id string) (indicators.Explanation, error) {
	return e.Explain(ctx, access.System(access.Operating), id)
}

// Try computes a definition that is not in force, for whoever may run the program's
// commands on its machine; that it was tried is a line of the audit.
func Try(ctx context.Context, e *indicators.Engine, name, text string) (indicators.Trial, error) {
	v := access.System(access.Operating)
	trial, err := e.Try(ctx, v, name, []byte(text))
	if err != nil {
		return trial, err
	}
	return trial, access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v, access.Entry{Action: "try", Kind: "indicator", Fields: []string{trial.ID}})
	})
}

// Publish publishes for whoever may run the program's commands on its machine.
func Publish(ctx context.Context, e *indicators.Engine, o indicators.Publishing) (indicators.Release, error) {
	o.By = "command"
	return e.Publish(ctx, access.System(access.Operating), o)
}

// controlIndicators is what a command may ask of a running server's engine.
func (a *App) controlIndicators(mux *http.ServeMux, answer func(http.ResponseWriter, any, error)) {
	mux.HandleFunc("POST /indicators/run", func(w http.ResponseWriter, r *http.Request) {
		periods, err := strconv.Atoi(r.FormValue("periods"))
		if err != nil || periods < 0 {
			answer(w, nil, errors.New("give the number of periods: 0 for all that are kept"))
			return
		}
		kept, err := Compute(r.Context(), a.Engine, r.Form["id"], periods)
		answer(w, kept, err)
	})
	mux.HandleFunc("POST /indicators/publish", func(w http.ResponseWriter, r *http.Request) {
		done, err := Publish(r.Context(), a.Engine, indicators.Publishing{Of: r.FormValue("of"), Incomplete: r.FormValue("incomplete") == "true",
			SignedOffBy: r.FormValue("signed-off-by"), Commentary: r.FormValue("commentary")})
		answer(w, done, err)
	})
	mux.HandleFunc("POST /indicators/try", func(w http.ResponseWriter, r *http.Request) {
		trial, err := Try(r.Context(), a.Engine, r.FormValue("name"), r.FormValue("text"))
		answer(w, trial, err)
	})
	mux.HandleFunc("GET /indicators/explain", func(w http.ResponseWriter, r *http.Request) {
		x, err := Explain(r.Context(), a.Engine, r.FormValue("id"))
		answer(w, x, err)
	})
}

// WithEngine opens the warehouse of an environment that no server runs on, lets it
// catch up with the record store, and calls fn with an engine over it. Nothing
// hangs on that engine's runs: no alert is evaluated.
func (env *Environment) WithEngine(ctx context.Context, now func() time.Time, fn func(*indicators.Engine) error) error {
	defined, err := env.Library()
	if err != nil {
		return err
	}
	return env.WithWarehouse(ctx, now, func(w *warehouse.Warehouse) error {
		e, err := indicators.NewEngine(indicators.EngineOptions{Library: defined, Warehouse: counted{w}, Pool: env.Pool, Now: now, Log: env.Log})
		if err != nil {
			return err
		}
		return fn(e)
	})
}
