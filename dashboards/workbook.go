package dashboards

// The dashboard as an Excel workbook.

import (
	"context"
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
		routes := []route{{method: http.MethodGet, path: "/dashboard.xlsx", page: s.workbook, may: access.Export, longest: 5 * time.Minute}}
		if s.Figures != nil {
			routes = append(routes, route{method: http.MethodGet, path: "/figures.csv", page: s.figures, may: access.Export, longest: 5 * time.Minute})
		}
		return routes
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
	return s.download(c, v, excel, "OneVision dashboard "+s.Now().In(indicators.London()).Format("2 January 2006")+".xlsx", s.Workbook)
}

// figures sends every figure in long form, as CSV.
func (s *site) figures(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.download(c, v, "text/csv; charset=utf-8; header=present", "OneVision figures "+s.Now().In(indicators.London()).Format("2 January 2006")+".csv", s.Figures)
}

func (s *site) download(c echo.Context, v access.Viewer, kind, name string, write func(context.Context, access.Viewer, io.Writer) error) error {
	w := &download{c: c, kind: kind, name: name}
	if err := write(c.Request().Context(), v, w); err != nil {
		if w.begun {
			s.log.Error("download broke off", "request_id", requestID(c), "error", err)
			panic(http.ErrAbortHandler)
		}
		return fmt.Errorf("write a download: %w", err)
	}
	return nil
}

// download sends its headers with the first byte that is written to it.
type download struct {
	c     echo.Context
	kind  string
	name  string
	begun bool
}

var _ io.Writer = (*download)(nil)

func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.c.Response().Header()
		h.Set("Content-Type", d.kind)
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", d.name))
		d.c.Response().WriteHeader(http.StatusOK)
	}
	return d.c.Response().Write(p)
}
