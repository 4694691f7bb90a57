package dashboards

// The page that tells whoever operates the program how it fares.

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.System == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/system", page: s.system, may: access.OperateSystem, menu: "System", place: 80}}
	}, systemPage{})
}

// SystemPart is one part of the program, as whoever operates it sees it: no
// figure of an indicator, nothing about a person.
type SystemPart struct {
	Title   string
	Warning string // in words; "" when all is well
	Facts   []SystemFact
}

// SystemFact is one line about a part.
type SystemFact struct{ Name, Text string }

// System says how the program fares.
type System func(ctx context.Context) ([]SystemPart, error)

type systemPage struct {
	frame
	Parts []SystemPart
}

func (systemPage) file() string { return "system.html" }

func (s *site) system(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	parts, err := s.System(c.Request().Context())
	if err != nil {
		return fmt.Errorf("ask how the program fares: %w", err)
	}
	p := systemPage{frame: s.frame(c, v, "System"), Parts: parts}
	p.Printed = when(s.Now())
	return s.render(c, http.StatusOK, p)
}
