package dashboards

// The audit line of a view of figures.

import (
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

// auditView writes the audit line of a view of figures: once for each page that somebody opens,
// not again while that page refreshes itself. A refresh names what it shows
// already, with a tag that was given to this viewer.
func (s *site) auditView(c echo.Context, v access.Viewer, kind string, ids ...string) error {
	h := c.Request().Header
	if h.Get("OneVision-Refresh") != "" && strings.HasPrefix(h.Get("If-None-Match"), tagBegins(v)) {
		return nil
	}
	if err := s.Audit(c.Request().Context(), v, kind, ids); err != nil {
		return fmt.Errorf("audit the view of %s: %w", kind, err)
	}
	return nil
}
