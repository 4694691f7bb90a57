package dashboards

// The accessibility statement.

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/accessibility-statement", open: s.statement}}
	}, statementPage{})
}

// statementPage is the accessibility statement that the Regulations of 2018
// require, in their model form.
type statementPage struct {
	frame
	Contact string
}

func (statementPage) file() string { return "statement.html" }

func (s *site) statement(c echo.Context) error {
	return s.render(c, http.StatusOK, statementPage{frame: s.frame(c, s.viewer(c), "Accessibility statement"), Contact: s.Contact})
}
