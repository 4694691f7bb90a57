package dashboards

// The dashboard as an Excel workbook.

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		if s.Workbook == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/dashboard.xlsx", page: s.workbook, may: access.Export, longest: 2 * time.Minute}}
	})
}

const excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// workbook sends the viewer's dashboard as Excel, as it is written. Nothing is
// promised to the browser before the first byte, so a workbook that cannot be
// begun is a page that says so; one that breaks off later is a download that
// the browser knows to be broken.
func (s *site) workbook(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	w := &download{c: c, name: "OneVision dashboard " + s.Now().In(indicators.London()).Format("2 January 2006") + ".xlsx"}
	if err := s.Workbook(c.Request().Context(), v, w); err != nil {
		if w.begun {
			s.log.Error("workbook broke off", "request_id", requestID(c), "error", err)
			panic(http.ErrAbortHandler)
		}
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// download sends its headers with the first byte that is written to it.
type download struct {
	c     echo.Context
	name  string
	begun bool
}

var _ io.Writer = (*download)(nil)

func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.c.Response().Header()
		h.Set("Content-Type", excel)
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", d.name))
		d.c.Response().WriteHeader(http.StatusOK)
	}
	return d.c.Response().Write(p)
}
