package dashboards

// Mounting the pages on the web server, and finding out who asks.

import (
	"cmp"
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

// site serves the pages.
type site struct {
	Options
	log       *slog.Logger
	templates map[string]*template.Template
	routes    []route
	uploads   uploads
}

// Mount puts the pages, and what guards every response of e, on e. It is
// called before the API and the assets are mounted, since they too go through
// its guards. An error names everything that the options lack.
func Mount(e *echo.Echo, o Options) error {
	public, err := o.check()
	if err != nil {
		return err
	}
	s := &site{Options: o, log: o.Log}
	s.routes = s.allRoutes()
	if s.templates, err = parse(); err != nil {
		return err
	}
	origin := public.Scheme + "://" + public.Host
	guardOrigin, err := sameOrigin(origin)
	if err != nil {
		return err
	}
	e.HTTPErrorHandler = s.fail
	e.Use(requestIDs(), s.requestLog(), securityHeaders(public.Scheme == "https"), s.recoverPanics(), guardOrigin, limitBody())

	session := echo.WrapMiddleware(o.Sessions.Middleware)
	for _, r := range s.routes {
		e.Add(r.method, r.path, s.handler(r), session)
	}
	return nil
}

// handler finds who asks and whether they may. What a viewer may not see does
// not exist for them.
func (s *site) handler(r route) echo.HandlerFunc {
	longest := cmp.Or(r.longest, 30*time.Second)
	return func(c echo.Context) error {
		// A store that is silent must not keep a browser waiting for ever.
		asked := c.Request()
		ctx, cancel := context.WithTimeout(asked.Context(), longest)
		defer func() { cancel(); c.SetRequest(asked) }()
		c.SetRequest(asked.WithContext(ctx))
		if r.open != nil {
			return r.open(c)
		}
		v, ok := s.Sessions.Viewer(c.Request().Context())
		if !ok {
			if r.data || c.Request().Header.Get("OneVision-Refresh") != "" {
				return echo.ErrUnauthorized
			}
			return c.Redirect(http.StatusSeeOther, signInPath(c.Request()))
		}
		v = v.WithRequest(requestID(c))
		if r.may != "" && !v.May(r.may) {
			return echo.ErrNotFound
		}
		if err := s.noteGlass(c, v); err != nil {
			return err
		}
		return r.page(c, v)
	}
}

// viewer is who is signed in, for a page that is open to anybody.
func (s *site) viewer(c echo.Context) access.Viewer {
	v, _ := s.Sessions.Viewer(c.Request().Context())
	return v
}
