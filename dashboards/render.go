package dashboards

// Templates: read, executed whole, and framed with what every page has around it.

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/static"
)

//go:embed templates
var templateFiles embed.FS

// unattended is how long a page goes on asking for new figures when nobody
// touches it. It is less than a session's idle time, which those questions
// would otherwise keep going on a screen that somebody walked away from.
const unattended = access.IdleTimeout - 5*time.Minute

// A page is the data of one template and names it; each page is a struct of its
// own, and a test executes every template with its struct.
type page interface{ file() string }

// parse reads layout, parts and pages. Each page is its own set, so that two
// pages may both define "main".
func parse() (map[string]*template.Template, error) {
	base := template.New("layout").Option("missingkey=error").Funcs(template.FuncMap{"asset": static.Path, "idle": func() int { return int(unattended / time.Second) }})
	if _, err := base.ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html"); err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		if name == "templates/layout.html" {
			continue
		}
		set, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := set.ParseFS(templateFiles, name); err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		all[path.Base(name)] = set
	}
	return all, nil
}

// render writes a page whole or not at all: one that fails half way becomes the
// page of an error.
func (s *site) render(c echo.Context, code int, p page) error {
	set, ok := s.templates[p.file()]
	if !ok {
		return fmt.Errorf("no template %s", p.file())
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, "layout", p); err != nil {
		return fmt.Errorf("page %s: %w", p.file(), err)
	}
	return c.HTMLBlob(code, b.Bytes())
}

// refreshable renders a page that a browser asks for again and again. Its tag
// says what the viewer would see, so it is theirs alone; a browser that shows
// just that is told so in a few bytes.
func (s *site) refreshable(c echo.Context, p page, tag string) error {
	c.Response().Header().Set("ETag", tag)
	for shown := range strings.SplitSeq(c.Request().Header.Get("If-None-Match"), ",") {
		if strings.TrimSpace(shown) == tag {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return s.render(c, http.StatusOK, p)
}

// frame is what every page has around it.
type frame struct {
	Title     string // of the page, before the product's name
	Authority string
	Person    string // who is signed in, "" for nobody
	Role      string
	Nav       []link
	Demo      bool
	Glass     []glassBanner // what the viewer sees by break-glass, on every page while it lasts
	Charts    bool          // the page draws charts
	Printed   string        // who and when stand at the foot of a page with figures
}

type link struct {
	Href, Text string
	Current    string // aria-current: "page", "true" for a page within, "" elsewhere
}

func (s *site) frame(c echo.Context, v access.Viewer, title string) frame {
	f := frame{Title: title, Authority: s.Authority, Demo: s.Demo}
	if !v.Anybody() {
		return f
	}
	f.Person, f.Role = v.Name(), roleName(v.Role())
	f.Nav = s.menu(v, c.Path(), c.Request().URL.Path)
	f.Glass, _ = c.Get(glassKey).([]glassBanner)
	return f
}
