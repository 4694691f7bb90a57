package api

// Files in: a file of any format that `onevision import` takes, and the report of
// what became of its rows.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"onevision/records"
	"onevision/records/intake"
)

// longestFile is how many bytes a file may have.
const longestFile = 512 << 20

func (s *server) mountImports() {
	if s.Files == nil {
		return
	}
	schemas := s.document.Components.Schemas
	number, line := &schema{Type: "integer"}, &schema{Type: "object", Required: []string{"line", "reason"}, Properties: map[string]*schema{
		"line": {Type: "integer"}, "column": text(), "reason": text(),
	}}
	schemas["ImportReport"] = &schema{Type: "object", Title: "Import report", Description: "Every row read is in exactly one of added, changed, unchanged, unmatched, rejected and kept.",
		Required: []string{"format", "rows", "added", "changed", "unchanged", "unmatched", "rejected", "kept"},
		Properties: map[string]*schema{
			"format": text(), "rows": number, "added": number, "changed": number, "unchanged": number,
			"unmatched":      {Type: "integer", Description: "Rows that match no child, school or enrolment: kept until they do."},
			"rejected":       {Type: "integer", Description: "Rows that cannot be right."},
			"kept":           {Type: "integer", Description: "Rows against which something stands that a person, a better source or a later file decided: it stays."},
			"kept_rows":      {Type: "array", Items: line, Description: "The first hundred; also rows of which single values were kept."},
			"resolved":       {Type: "integer", Description: "Rows of earlier files that match now."},
			"unmatched_rows": {Type: "array", Items: line, Description: "The first hundred."},
			"rejected_rows":  {Type: "array", Items: line, Description: "The first hundred."},
			"notes":          listOf(text()),
		}}
	op := newOperation(http.MethodPost, base+"/imports/{format}", "import-file", "Import a file",
		"Reads a file in one of the import formats and answers with what became of its rows. Sending the same file again changes nothing; after an error it completes it.", "Imports",
		http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
	op.longest = 30 * time.Minute
	var names []string
	for _, f := range intake.Formats() {
		names = append(names, f.Name)
	}
	op.Parameters = append(op.Parameters, parameter{Name: "format", In: "path", Required: true, Description: "The format: " + strings.Join(names, ", ") + "; or the name of a mapping that is kept.", Schema: text()})
	for _, p := range []parameter{
		{Name: "name", Description: "The file's name: the list of imports shows it, and some formats read the year or the last day from it.", Schema: text()},
		{Name: "covers_to", Description: "The last day that the file tells of: an earlier file then does not change what this one says.", Schema: &schema{Type: "string", Format: "date"}},
		{Name: "full", Description: "Whether an extract holds all that there is: what earlier ones had and it does not is withdrawn.", Schema: &schema{Type: "boolean"}},
		{Name: "year", Description: "The year in which a return's year ends, if its rows do not say it.", Schema: &schema{Type: "integer", Minimum: new(1990), Maximum: new(2100)}},
	} {
		p.In = "query"
		op.Parameters = append(op.Parameters, p)
	}
	op.RequestBody = &requestBody{Required: true, Content: map[string]mediaType{"text/csv": {Schema: text()}, "application/octet-stream": {Schema: &schema{Type: "string", Format: "binary"}}}}
	s.handle(answers(op, http.StatusOK, "What became of the file.", "ImportReport"), s.importFile)
}

// importReport is the report without the values of rows, so that it can stand in
// a log.
type importReport struct {
	Format    string         `json:"format"`
	Rows      int64          `json:"rows"`
	Added     int64          `json:"added"`
	Changed   int64          `json:"changed"`
	Unchanged int64          `json:"unchanged"`
	Unmatched int64          `json:"unmatched"`
	Rejected  int64          `json:"rejected"`
	Kept      int64          `json:"kept"`
	Resolved  int64          `json:"resolved"`
	NoMatch   []importedLine `json:"unmatched_rows,omitempty"`
	Refused   []importedLine `json:"rejected_rows,omitempty"`
	KeptRows  []importedLine `json:"kept_rows,omitempty"`
	Notes     []string       `json:"notes,omitempty"`
}

type importedLine struct {
	Line   int64  `json:"line"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

func (s *server) importFile(c call) (answer, error) {
	format, ok := intake.FormatOf(c.Param("format"))
	if !ok {
		kept, err := s.Files.MappingOf(c.ctx, c.viewer, c.Param("format"))
		if err != nil && !errors.Is(err, intake.ErrNoMapping) {
			return answer{}, err
		}
		if ok = err == nil; ok {
			format = kept.Format()
		}
	}
	switch {
	case ok && format.May(c.viewer):
	case !ok || !c.viewer.Reads(format.Category):
		return answer{}, records.ErrNotFound
	default:
		return answer{}, records.ErrForbidden
	}
	options, name, err := importQuery(c.Request().URL.Query())
	if err != nil {
		return answer{}, err
	}
	file, err := c.spool()
	if err != nil {
		return answer{}, err
	}
	defer file.Close()
	report, err := s.Files.Import(c.ctx, c.viewer, format.Name, name, file, options)
	var refused *intake.Refusal
	switch {
	case errors.As(err, &refused):
		return answer{}, &refusal{status: http.StatusUnprocessableEntity, detail: refused.Error()}
	case errors.Is(err, intake.ErrNotAllowed):
		return answer{}, records.ErrForbidden
	case err != nil:
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: importReport{
		Format: report.Format, Rows: report.Rows, Added: report.Added, Changed: report.Changed, Unchanged: report.Unchanged,
		Unmatched: report.Unmatched, Rejected: report.Rejected, Kept: report.Kept, Resolved: report.Resolved,
		NoMatch: importedLines(report.UnmatchedRows), Refused: importedLines(report.RejectedRows), KeptRows: importedLines(report.KeptRows), Notes: report.Notes,
	}}, nil
}

// importQuery reads what the address says of the file.
func importQuery(values url.Values) (o intake.Options, name string, err error) {
	name = "api-upload"
	for field, given := range values {
		problem := records.Problem{Field: sayable(field)}
		switch value := given[0]; {
		case len(given) > 1:
			problem.Code, problem.Message = twice, "is given twice: give it once"
		case field == "name":
			name = path.Base(strings.ReplaceAll(value, `\`, "/"))
		case field == "full":
			if o.Full, err = strconv.ParseBool(value); err != nil {
				problem.Code, problem.Message = records.Format, "give true or false"
			}
		case field == "covers_to":
			if o.CoversTo, err = records.ParseDate(value); err != nil {
				problem.Code, problem.Message = records.Format, "give a day as yyyy-mm-dd"
			}
		case field == "year":
			if o.Year, err = strconv.Atoi(value); err != nil || o.Year < 1990 || o.Year > 2100 {
				problem.Code, problem.Message = records.OutOfRange, "give the year in which the return's year ends, such as 2026"
			}
		default:
			problem.Code, problem.Message = unknownField, "is nothing that an import is told: leave it out, or check its name"
		}
		if problem.Code != "" {
			return o, "", &refusal{http.StatusBadRequest, "The file was not imported: errors says what is wrong with which part of the address.", []records.Problem{problem}}
		}
	}
	return o, name, nil
}

func importedLines(rows []intake.Listed) []importedLine {
	var lines []importedLine
	for _, r := range rows {
		lines = append(lines, importedLine{r.Line, r.Column, r.Reason})
	}
	return lines
}

// spool keeps the body in a file that has no name any more, since a file is read
// twice; it is gone when it is closed, or when the program ends.
func (c call) spool() (*os.File, error) {
	if err := http.NewResponseController(c.Response()).SetReadDeadline(c.until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fmt.Errorf("limit the time to read a file: %w", err)
	}
	file, err := os.CreateTemp("", "onevision-upload-*")
	if err != nil {
		return nil, fmt.Errorf("keep an uploaded file: %w", err)
	}
	keep := func() error {
		if err := os.Remove(file.Name()); err != nil {
			return fmt.Errorf("keep an uploaded file: %w", err)
		}
		n, err := io.Copy(file, io.LimitReader(c.Request().Body, longestFile+1))
		if n > longestFile {
			return &refusal{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("A file has at most %d MiB.", longestFile>>20)}
		}
		if err != nil {
			return &refusal{status: http.StatusBadRequest, detail: "The request ended before its file did."}
		}
		_, err = file.Seek(0, io.SeekStart)
		return err
	}
	if err := keep(); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
