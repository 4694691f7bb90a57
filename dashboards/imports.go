package dashboards

// The pages of imports: every file that came in, what became of it, and undoing it as
// one, for those who may write what it holds.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

func init() {
	register(func(s *site) []route {
		if s.Batches == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/imports", page: s.imports, may: access.ImportFiles, menu: "Imports", place: 35},
			{method: http.MethodGet, path: "/imports/:id", page: s.oneImport, may: access.ImportFiles},
			{method: http.MethodPost, path: "/imports/:id/undo", page: s.undoImport, may: access.MaintainRecords, longest: 10 * time.Minute},
		}
	}, importsPage{}, importPage{})
}

// Batches are the files that came in: *records.Store is.
type Batches interface {
	Batches(ctx context.Context, v access.Viewer, before int64, limit int) ([]records.BatchInfo, error)
	Undo(ctx context.Context, v access.Viewer, batch int64, why string) ([]records.Undone, error)
	Codes(ctx context.Context, v access.Viewer, table string) ([]records.CodeValue, error)
}

// importsShown is how many imports a page lists.
const importsShown = 50

type importsPage struct {
	frame
	Notice string
	Upload bool // files can be uploaded here
	Rows   []importLine
	Next   string // address of those before, "" at the end
}

func (importsPage) file() string { return "imports.html" }

type importLine struct {
	Href, File, What, When, By, State                    string
	Rows, Added, Changed, Kept, There, NoMatch, Rejected string
}

// importPage is one import.
type importPage struct {
	frame
	Notice   string
	Problems []formProblem
	Line     importLine
	Facts    []SystemFact
	Waits    bool // rows of it may wait
	Why      textField
	Undo     string // where it is undone; "" if it has been
}

func (importPage) file() string { return "import.html" }

func (s *site) imports(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"before": nil})
	if err != nil {
		return err
	}
	var before int64
	if q["before"] != "" {
		if before, err = strconv.ParseInt(q["before"], 10, 64); err != nil || before < 1 {
			return badQuery{Key: "before", Allowed: []string{"before: a number"}}
		}
	}
	list, err := s.Batches.Batches(c.Request().Context(), v, before, importsShown+1)
	if err != nil {
		return fmt.Errorf("list imports: %w", err)
	}
	p := importsPage{frame: s.frame(c, v, "Imports"), Notice: s.Sessions.PopFlash(c.Request().Context()), Upload: s.Files != nil}
	if len(list) > importsShown {
		list = list[:importsShown]
		p.Next = "/imports?before=" + strconv.FormatInt(list[importsShown-1].ID, 10)
	}
	for _, b := range list {
		p.Rows = append(p.Rows, importLineOf(b, v))
	}
	return s.render(c, http.StatusOK, p)
}

func importAddress(id int64) string { return "/imports/" + strconv.FormatInt(id, 10) }

func importLineOf(b records.BatchInfo, v access.Viewer) importLine {
	line := importLine{Href: importAddress(b.ID), File: b.Name, What: formatTitle(b.Format), When: when(b.StartedAt), By: "account " + strconv.FormatInt(b.Account, 10), State: "Done",
		Rows: grouped(int(b.Rows)), Added: grouped(int(b.Added)), Changed: grouped(int(b.Changed)), Kept: grouped(int(b.Kept)), There: grouped(int(b.Unchanged)), NoMatch: grouped(int(b.Unmatched)), Rejected: grouped(int(b.Rejected))}
	switch {
	case b.Account == 0:
		line.By = "the command line or a folder"
	case b.Account == v.Account():
		line.By = "you"
	}
	switch {
	case !b.UndoneAt.IsZero():
		line.State = "Undone on " + when(b.UndoneAt)
	case b.FinishedAt.IsZero():
		line.State = "Under way, or ended early: send the file again to complete it"
	}
	return line
}

// formatTitle is what a format is called.
func formatTitle(name string) string {
	if f, ok := intake.FormatOf(name); ok {
		return f.Title
	}
	return name
}

// importOf is the import that the address names; what the viewer may not see is not
// there.
func (s *site) importOf(c echo.Context, v access.Viewer) (records.BatchInfo, error) {
	id, err := idIn(c, "id")
	if err != nil {
		return records.BatchInfo{}, err
	}
	if id < 1 {
		return records.BatchInfo{}, echo.ErrNotFound
	}
	list, err := s.Batches.Batches(c.Request().Context(), v, id+1, 1)
	if err != nil {
		return records.BatchInfo{}, fmt.Errorf("look for import %d: %w", id, err)
	}
	if len(list) == 0 || list[0].ID != id {
		return records.BatchInfo{}, echo.ErrNotFound
	}
	return list[0], nil
}

func (s *site) oneImport(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	b, err := s.importOf(c, v)
	if err != nil {
		return err
	}
	return s.showImport(c, v, http.StatusOK, b, textField{})
}

func (s *site) showImport(c echo.Context, v access.Viewer, code int, b records.BatchInfo, why textField) error {
	p := importPage{Line: importLineOf(b, v), Why: why, Waits: b.Unmatched > 0 && s.Waiting != nil}
	p.Why.Name, p.Why.Label, p.Why.Hint = "why", "Reason", "History keeps it with every record that changes."
	if why.Error != "" {
		p.Problems = []formProblem{{"why", why.Error}}
	} else {
		p.Notice = s.Sessions.PopFlash(c.Request().Context())
	}
	p.frame = s.frame(c, v, titled(b.Name, why.Error != ""))
	covers := "not said"
	if !b.CoversTo.IsZero() {
		covers = b.CoversTo.Time().Format("2 January 2006")
	}
	p.Facts = []SystemFact{{"What", p.Line.What}, {"State", p.Line.State}, {"Begun", p.Line.When}, {"By", p.Line.By}, {"Source", b.Source}, {"Goes up to", covers},
		{"Rows", p.Line.Rows}, {"Added", p.Line.Added}, {"Changed", p.Line.Changed}, {"Already there", p.Line.There}, {"Kept as they stand", p.Line.Kept}, {"Match nobody", p.Line.NoMatch}, {"Rejected", p.Line.Rejected}}
	if b.UndoneAt.IsZero() && v.May(access.MaintainRecords) {
		p.Undo = importAddress(b.ID) + "/undo"
	}
	return s.render(c, code, p)
}

func (s *site) undoImport(c echo.Context, v access.Viewer) error {
	b, err := s.importOf(c, v)
	if err != nil {
		return err
	}
	why := strings.TrimSpace(c.FormValue("why"))
	if why == "" {
		return s.showImport(c, v, http.StatusUnprocessableEntity, b, textField{Error: "Give the reason"})
	}
	undone, err := s.Batches.Undo(c.Request().Context(), v, b.ID, why)
	var invalid *records.Invalid
	switch {
	case errors.Is(err, records.ErrNotFound), errors.Is(err, records.ErrForbidden):
		return echo.ErrNotFound
	case errors.Is(err, records.ErrUndone):
		return c.Redirect(http.StatusSeeOther, importAddress(b.ID))
	case errors.As(err, &invalid):
		return s.showImport(c, v, http.StatusUnprocessableEntity, b, textField{Value: why, Error: "The reason " + invalid.Problems[0].Message})
	case err != nil:
		return fmt.Errorf("undo import %d: %w", b.ID, err)
	}
	said := []string{"The import is undone."}
	for _, u := range undone {
		said = append(said, fmt.Sprintf("%s: %s deleted, %s put back.", sentence(u.Kind), grouped(int(u.Deleted)), grouped(int(u.Restored))))
		if u.Stay > 0 {
			said = append(said, fmt.Sprintf("%s stay as they are, because somebody has changed them since or others refer to them.", grouped(int(u.Stay))))
		}
	}
	s.Sessions.PutFlash(c.Request().Context(), strings.Join(said, " "))
	return c.Redirect(http.StatusSeeOther, importAddress(b.ID))
}
