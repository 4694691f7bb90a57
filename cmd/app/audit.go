package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// auditView writes the audit line that a viewer opened a dashboard or an indicator, with
// the indicators whose figures were shown.
func (a *App) auditView(ctx context.Context, v access.Viewer, kind string, ids []string) error {
	return access.InTx(ctx, a.Env.Pool, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v, access.Entry{Action: "view", Kind: kind, Fields: ids})
	})
}

// Chain is the chain of the audit, whose key and exported heads are in the data
// folder.
func (e *Environment) Chain(now func() time.Time, log *slog.Logger) *access.Chain {
	return &access.Chain{Pool: e.Pool, Folder: e.path("audit"), Now: now, Log: log}
}

// catchUp chains what this program wrote to the audit and no server has chained yet:
// hours later it would look as if it had been dated back. An error is no reason to
// fail: a server chains it when it next runs.
func (e *Environment) catchUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Chain(time.Now, e.Log).CatchUp(ctx); err != nil {
		e.Log.Warn("what was written to the audit waits to be chained until the server runs", "error", err)
	}
}
