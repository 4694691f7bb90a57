package dashboards

import (
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

// The table of pages. A page is one template and one Go file, which holds the
// template's struct, the handler, and an init that registers both here: no
// other list names it.

// A route is open to anybody, or it is a page that takes the viewer as a
// parameter: a page cannot be reached, or written, without one.
type route struct {
	method, path string
	open         func(c echo.Context) error
	page         func(c echo.Context, v access.Viewer) error
	may          access.Permission // of a page: what its viewer must be allowed, "" for anybody who is signed in
	data         bool              // answers with JSON: no redirect to sign-in
	longest      time.Duration     // that it may take; 0: half a minute
	menu         string            // its name in the menu of those who may open it, "" for no place there
	place        int               // in the menu, the lowest first
	within       string            // the path of the menu's page that this one belongs to, "" for the one that it begins with
}

// registered is what each page's file has registered: its routes, and the data
// of its templates, of which a test executes each.
var registered []struct {
	routes func(s *site) []route
	pages  []page
}

// register is called by the init of a page's file. routes is asked once, when the
// site is mounted, and leaves out what the site's options lack.
func register(routes func(s *site) []route, pages ...page) {
	registered = append(registered, struct {
		routes func(s *site) []route
		pages  []page
	}{routes, pages})
}

// allRoutes is every page there is, and who may open it.
func (s *site) allRoutes() []route {
	var all []route
	for _, r := range registered {
		if r.routes != nil {
			all = append(all, r.routes(s)...)
		}
	}
	return all
}

// menu is the menu of the viewer on the page of that path, which is of the
// route's pattern.
func (s *site) menu(v access.Viewer, pattern, path string) []link {
	var items []route
	within := ""
	for _, r := range s.routes {
		if r.menu != "" && (r.may == "" || v.May(r.may)) {
			items = append(items, r)
		}
		if r.path == pattern {
			within = r.within
		}
	}
	slices.SortStableFunc(items, func(a, b route) int { return a.place - b.place })
	var menu []link
	for _, r := range items {
		l := link{Href: r.path, Text: r.menu}
		switch {
		case path == r.path:
			l.Current = "page"
		case r.path == within, r.path != "/" && strings.HasPrefix(path, r.path+"/"):
			l.Current = "true"
		}
		menu = append(menu, l)
	}
	return menu
}
