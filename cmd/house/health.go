package house

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

// asked is what the record store answered the last time: whoever asks about the
// program's health, and however often, costs it one question a second.
type asked struct {
	mu sync.Mutex
	at time.Time
	up bool
}

func (a *asked) now(ctx context.Context, h *House) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.at) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		a.up = h.Ground.Pool.Ping(ctx) == nil
		a.at = time.Now()
	}
	return a.up
}

// health says to a watcher or a proxy in front whether people can be served: 200
// while they can, "degraded" if something is not as it should be, 503 if the
// record store is away.
func (h *House) health(c echo.Context) error {
	s := h.Warehouse.Status()
	code, words := http.StatusOK, "ok"
	switch {
	case !h.store.now(c.Request().Context(), h):
		code, words = http.StatusServiceUnavailable, "degraded: the record store does not answer"
		c.Response().Header().Set("Retry-After", "5")
	case !s.Serving:
		words = "degraded: the warehouse is being built for the first time"
	case behindSeconds(s, h.Now()) > fresh.Seconds():
		words = "degraded: the warehouse is behind the record store"
	case s.State != warehouse.Following && s.State != warehouse.CatchingUp:
		words = "degraded: the warehouse does not follow (" + string(s.State) + ")"
	}
	if s.Serving {
		words += fmt.Sprintf("\ndata as at %s", s.Position.AsAt.UTC().Format(time.RFC3339))
	}
	return c.String(code, words+"\n")
}
