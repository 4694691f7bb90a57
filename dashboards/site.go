package dashboards

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
	if s.templates, err = parse(); err != nil {
		return err
	}
	origin := public.Scheme + "://" + public.Host
	guardOrigin, err := sameOrigin(origin)
	if err != nil {
		return err
	}
	e.HTTPErrorHandler = s.fail
	e.Use(identify(), s.journal(), secure(public.Scheme == "https"), s.rescue(), guardOrigin, limitBody())

	session := echo.WrapMiddleware(o.Sessions.Middleware)
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.handler(r), session)
	}
	return nil
}

// A route is open to anybody, or it is a page that takes the viewer as a
// parameter: a page cannot be reached, or written, without one.
type route struct {
	method, path string
	open         func(c echo.Context) error
	page         func(c echo.Context, v access.Viewer) error
	may          access.Permission // of a page: what its viewer must be allowed, "" for anybody who is signed in
	data         bool              // answers with JSON: no redirect to sign-in
	longest      time.Duration     // that it may take; 0: half a minute
}

// routes is every page there is, and who may open it.
func (s *site) routes() []route {
	all := []route{
		{method: http.MethodGet, path: "/sign-in", open: s.signInForm},
		{method: http.MethodPost, path: "/sign-in", open: s.signIn, longest: 10 * time.Second},
		{method: http.MethodGet, path: "/accessibility-statement", open: s.statement},

		{method: http.MethodPost, path: "/sign-out", page: s.signOut},
		{method: http.MethodGet, path: "/", page: s.home},
		{method: http.MethodGet, path: "/indicators/:indicator", page: s.indicator, may: access.ViewDashboards},
		{method: http.MethodGet, path: "/cards/:indicator", page: s.cardData, may: access.ViewDashboards, data: true},
		{method: http.MethodGet, path: "/alerts", page: s.alertList, may: access.ViewDashboards},
	}
	if s.System != nil {
		all = append(all, route{method: http.MethodGet, path: "/system", page: s.system, may: access.OperateSystem})
	}
	if s.Workbook != nil {
		all = append(all, route{method: http.MethodGet, path: "/dashboard.xlsx", page: s.workbook, may: access.Export, longest: 2 * time.Minute})
	}
	if s.Inbox != nil {
		all = append(all,
			route{method: http.MethodGet, path: "/inbox", page: s.inbox},
			route{method: http.MethodGet, path: "/inbox/:mail", page: s.mail},
			route{method: http.MethodGet, path: "/inbox/:mail/html", page: s.mailHTML})
	}
	return all
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
		return r.page(c, v)
	}
}

// viewer is who is signed in, for a page that is open to anybody.
func (s *site) viewer(c echo.Context) access.Viewer {
	v, _ := s.Sessions.Viewer(c.Request().Context())
	return v
}
