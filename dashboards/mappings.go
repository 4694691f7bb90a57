package dashboards

// The mappings that are kept: how files of no known format become records.

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

func init() {
	register(func(s *site) []route {
		if s.Files == nil || s.Batches == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/imports/mappings", page: s.mappings, may: access.ImportFiles},
			{method: http.MethodPost, path: "/imports/mappings/:mapping/forget", page: s.forgetMapping, may: access.ImportFiles},
		}
	}, mappingsPage{})
}

type mappingsPage struct {
	frame
	Notice string
	Rows   []mappingLine
}

func (mappingsPage) file() string { return "mappings.html" }

type mappingLine struct{ Name, Title, Kind, Source, Files, When, By, Text, Forget string }

func (s *site) mappings(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	list, err := s.Files.Mappings(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("list the mappings: %w", err)
	}
	p := mappingsPage{frame: s.frame(c, v, "Mappings"), Notice: s.Sessions.PopFlash(c.Request().Context())}
	for _, m := range list {
		text, err := m.Text()
		if err != nil {
			return err
		}
		kind := m.Kind
		if k, ok := records.KindOf(m.Kind); ok {
			kind = k.Title
		}
		line := mappingLine{Name: m.Name, Title: m.Title, Kind: kind, Source: m.Source, Files: m.Files, When: when(m.At), By: m.By, Text: string(text), Forget: "/imports/mappings/" + m.Name + "/forget"}
		if m.Account == 0 {
			line.By = "the command line"
		}
		p.Rows = append(p.Rows, line)
	}
	return s.render(c, http.StatusOK, p)
}

func (s *site) forgetMapping(c echo.Context, v access.Viewer) error {
	name := c.Param("mapping")
	err := s.Files.Forget(c.Request().Context(), v, name)
	switch {
	case errors.Is(err, intake.ErrNoMapping):
		return echo.ErrNotFound
	case err != nil:
		return fmt.Errorf("take a mapping away: %w", err)
	}
	s.Sessions.PutFlash(c.Request().Context(), "The mapping "+name+" is taken away. What came by it stays.")
	return c.Redirect(http.StatusSeeOther, "/imports/mappings")
}
