package dashboards

// The answer to a question as a file.

import (
	"context"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/sheet"
	"onevision/indicators"
)

func (s *site) askExcel(c echo.Context, v access.Viewer) error {
	return s.askFile(c, v, excel, ".xlsx", sheet.Crossing.WriteExcel)
}

func (s *site) askCSV(c echo.Context, v access.Viewer) error {
	return s.askFile(c, v, "text/csv; charset=utf-8; header=present", ".csv", sheet.Crossing.WriteCSV)
}

func (s *site) askFile(c echo.Context, v access.Viewer, kind, ending string, write func(sheet.Crossing, io.Writer) error) error {
	p, a, err := s.asked(c, v)
	if err != nil {
		return err
	}
	if a == nil { // the page says what is wrong with the question
		return c.Redirect(http.StatusSeeOther, "/ask?"+c.Request().URL.RawQuery)
	}
	q := a.Asked()
	file := sheet.Crossing{Question: p.Question, Authority: s.Authority, Viewer: v, At: s.Now(), Notes: p.Notes, Page: s.PublicURL + "/ask?" + p.Query, Answer: *a}
	for by, name := range map[*string]string{&file.Rows: q.Rows, &file.Columns: q.Columns} {
		if name != "" {
			*by = breakdownName(name)
		}
	}
	name := "OneVision " + a.Definition().ID + " " + s.Now().In(indicators.London()).Format("2 January 2006") + ending
	return s.download(c, v, kind, name, func(_ context.Context, _ access.Viewer, w io.Writer) error { return write(file, w) })
}
