package app

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/warehouse"
)

// fresh is how old the figures of a healthy program may be.
const fresh = time.Minute

// ping is what the record store answered the last time: whoever asks about the
// program's health, and however often, costs it one question a second.
type ping struct {
	mu sync.Mutex
	at time.Time
	up bool
}

func (p *ping) now(ctx context.Context, a *App) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		p.up = a.Env.Pool.Ping(ctx) == nil
		p.at = time.Now()
	}
	return p.up
}

// health says to a watcher or a proxy in front whether people can be served: 200
// while they can, "degraded" if something is not as it should be, 503 if the
// record store is away.
func (a *App) health(c echo.Context) error {
	s := a.Warehouse.Status()
	code, words := http.StatusOK, "ok"
	switch {
	case !a.store.now(c.Request().Context(), a):
		code, words = http.StatusServiceUnavailable, "degraded: the record store does not answer"
		c.Response().Header().Set("Retry-After", "5")
	case !s.Serving:
		words = "degraded: the warehouse is being built for the first time"
	case behindSeconds(s, a.Now()) > fresh.Seconds():
		words = "degraded: the warehouse is behind the record store"
	case s.State != warehouse.Following && s.State != warehouse.CatchingUp:
		words = "degraded: the warehouse does not follow (" + string(s.State) + ")"
	}
	if s.Serving {
		words += fmt.Sprintf("\ndata as at %s", s.Position.AsAt.UTC().Format(time.RFC3339))
	}
	return c.String(code, words+"\n")
}
