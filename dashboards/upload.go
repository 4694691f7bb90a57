package dashboards

// The page on which a file is uploaded: what will become of its rows is shown before
// any goes in, and then how far the import is.

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// anotherFile is what a file holds whose columns somebody is to explain.
const anotherFile = "another"

// uploadPath takes files, which are longer than what any other page is sent.
const uploadPath = "/imports/new"

func init() {
	register(func(s *site) []route {
		if s.Files == nil || s.Batches == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: uploadPath, page: s.uploadForm, may: access.ImportFiles},
			{method: http.MethodPost, path: uploadPath, page: s.takeUpload, may: access.ImportFiles, longest: uploadWork},
			{method: http.MethodGet, path: uploadPath + "/:upload", page: s.upload, may: access.ImportFiles},
			{method: http.MethodPost, path: uploadPath + "/:upload/run", page: s.runUpload, may: access.ImportFiles},
			{method: http.MethodGet, path: uploadPath + "/:upload/rejects", page: s.uploadRejects, may: access.ImportFiles},
		}
	}, uploadFormPage{}, uploadPage{})
}

// uploadFormPage asks for a file.
type uploadFormPage struct {
	frame
	Problems []formProblem
	File     formField
	Fields   []formField
	To       string
}

func (uploadFormPage) file() string { return "upload_form.html" }

// uploadPage is a file on its way: what would become of it, how far it is, or what
// became of it.
type uploadPage struct {
	frame
	Heading    string
	Running    string // "Checking, 5,000 rows": it is under way
	Again      string // where to look again
	Refused    string // why nothing, or nothing more, goes in
	Trial      bool   // nothing has gone in
	Facts      []SystemFact
	Notes      []string
	Lists      []uploadList
	Sample     []uploadSample // what the first rows become
	Columns    string         // where it is said what the columns are
	Keeps      string         // the mapping that is kept when the file is imported
	Rejects    string         // address of the file of rejects, "" if there are none
	Run        string         // where it is imported
	Import     string         // address of the import
	WaitingRow bool
}

func (uploadPage) file() string { return "upload.html" }

// uploadList is rows of one sort.
type uploadList struct {
	Title string
	Rows  []uploadRow
}

// uploadSample is a row, and what becomes of it.
type uploadSample struct {
	Line, Becomes, Reason string
	Shown                 []intake.Shown
}

type uploadRow struct{ Line, Column, Reason string }

func (s *site) uploadForm(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showUploadForm(c, v, http.StatusOK, map[string]string{}, "", "")
}

func (s *site) showUploadForm(c echo.Context, v access.Viewer, code int, given map[string]string, field, message string) error {
	formats, err := s.Files.Formats(c.Request().Context(), v)
	if err != nil {
		return fmt.Errorf("list the formats of files: %w", err)
	}
	holds := []option{{Value: "", Text: "Find out from its first line"}, {Value: anotherFile, Text: "Another file: I say below what its columns are"}}
	for _, f := range formats {
		holds = append(holds, option{Value: f.Name, Text: f.Title})
	}
	kinds := []option{{Value: "", Text: "Not another file"}}
	for _, k := range records.Kinds() {
		if ok, _ := k.Mappable(); ok && v.Writes(k.Category) {
			kinds = append(kinds, option{Value: k.Name, Text: k.Title})
		}
	}
	slices.SortFunc(kinds[1:], func(a, b option) int { return strings.Compare(a.Text, b.Text) })
	p := uploadFormPage{To: uploadPath, File: formField{Name: "file", Label: "File", Hint: "CSV, a workbook (XLSX), the XML of a school census, or the ZIP of a Standard Safeguarding Dataset. What will become of its rows is shown before any goes in."},
		Fields: []formField{
			choose("format", "What it holds", "", given["format"], holds...),
			choose("kind", "Of another file: what a row is", "", given["kind"], kinds...),
			choose("extent", "How much it holds", "", given["extent"], option{Value: "", Text: "Part of what there is, or as its name says"}, option{Value: "full", Text: "Everything: what it no longer has is withdrawn"}),
			{Name: "covers_to", Label: "Last day that it tells of (optional)", Hint: "For example, 2026-11-13. An earlier file then does not change what this one says.", Value: given["covers_to"]},
			{Name: "year", Label: "Year of a return (optional)", Hint: "2026 is the year to 31 March 2026. Without it, the year is the one that nearly all rows say.", Value: given["year"], Short: true},
		}}
	if message != "" {
		if field == "file" {
			p.File.Error, p.Problems = message, []formProblem{{"file", message}}
		} else {
			p.Problems = wrong(p.Fields, field, message)
		}
	}
	p.frame = s.frame(c, v, titled("Import a file", message != ""))
	return s.render(c, code, p)
}

// readUpload reads the form and keeps the file. A field that is wrong is named.
func readUpload(r *http.Request) (one *upload, given map[string]string, field, message string, err error) {
	given = map[string]string{}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, given, "file", "Choose a file", nil
	}
	one = &upload{}
	defer func() {
		if err != nil || message != "" {
			if one.file != nil {
				one.file.Close()
			}
		}
	}()
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, given, "", "", err
		}
		if part.FormName() != "file" {
			value, err := io.ReadAll(io.LimitReader(part, 1000))
			if err != nil {
				return nil, given, "", "", err
			}
			given[part.FormName()] = strings.TrimSpace(string(value))
			continue
		}
		if part.FileName() == "" || one.file != nil {
			continue
		}
		one.name = filepath.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
		if one.file, err = nameless(); err != nil {
			return nil, given, "", "", err
		}
		if _, err := io.Copy(one.file, part); err != nil {
			return nil, given, "", "", err
		}
	}
	one.format = given["format"]
	switch {
	case one.file == nil:
		return one, given, "file", "Choose a file", nil
	case one.format == anotherFile && given["kind"] == "":
		return one, given, "kind", "Choose what a row of the file is", nil
	case one.format != anotherFile && given["kind"] != "":
		return one, given, "format", "Choose “Another file”, or leave out what a row of it is", nil
	}
	if k, ok := records.KindOf(given["kind"]); ok && one.format == anotherFile {
		one.kind = k
	}
	switch given["extent"] {
	case "":
	case "full":
		one.options.Full = true
	default:
		return one, given, "extent", "Choose how much the file holds", nil
	}
	if text := given["covers_to"]; text != "" {
		day, ok := intake.ReadDay(text)
		if !ok {
			return one, given, "covers_to", "Give the last day as yyyy-mm-dd", nil
		}
		one.options.CoversTo = day
	}
	if text := given["year"]; text != "" {
		if one.options.Year, err = strconv.Atoi(text); err != nil || one.options.Year < 1990 || one.options.Year > 2100 {
			return one, given, "year", "Give the year in which the return's year ends, such as 2026", nil
		}
	}
	return one, given, "", "", nil
}

func (s *site) takeUpload(c echo.Context, v access.Viewer) error {
	if err := http.NewResponseController(c.Response()).SetReadDeadline(s.Now().Add(uploadWork)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("limit the time to read a file: %w", err)
	}
	one, given, field, message, err := readUpload(c.Request())
	if err != nil {
		return fmt.Errorf("read an uploaded file: %w", err)
	}
	if message != "" {
		return s.showUploadForm(c, v, http.StatusUnprocessableEntity, given, field, message)
	}
	if one.format != "" && one.kind == nil && !intake.Known(one.format) {
		if _, err := s.Files.MappingOf(c.Request().Context(), v, one.format); err != nil {
			one.file.Close()
			if !errors.Is(err, intake.ErrNoMapping) {
				return fmt.Errorf("look for a mapping: %w", err)
			}
			return s.showUploadForm(c, v, http.StatusUnprocessableEntity, given, "format", "Choose what the file holds")
		}
	}
	one.account, one.at, one.state = v.Account(), s.Now(), ""
	if one.kind != nil {
		one.state = uploadMapping
	}
	if err := s.uploads.add(one); err != nil {
		one.file.Close()
		return s.showUploadForm(c, v, http.StatusServiceUnavailable, given, "file", "Too many files wait to be imported: try again in an hour")
	}
	if one.kind != nil {
		return c.Redirect(http.StatusSeeOther, one.columnsAddress())
	}
	one.start(c.Request().Context(), s.Files, v, "", uploadTrying, s.uploadFailed)
	return c.Redirect(http.StatusSeeOther, uploadPath+"/"+one.id)
}

func (s *site) uploadFailed(err error) {
	s.log.Error("an uploaded file was not imported", "error", err)
}

func (s *site) uploadOf(c echo.Context, v access.Viewer) (*upload, error) {
	if one := s.uploads.of(c.Param("upload"), v.Account()); one != nil {
		return one, nil
	}
	return nil, echo.ErrNotFound
}

// uploadPatience is how long the page waits for a run to end before it says how far
// it is.
const uploadPatience = 10 * time.Second

func (s *site) upload(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	one, err := s.uploadOf(c, v)
	if err != nil {
		return err
	}
	one.wait(c.Request().Context(), uploadPatience)
	one.mu.Lock()
	defer one.mu.Unlock()
	p := uploadPage{Heading: one.name, Again: uploadPath + "/" + one.id, Trial: one.state == uploadTried}
	switch one.state {
	case uploadTrying, uploadImporting:
		doing := map[bool]string{true: "Checking", false: "Importing"}[one.state == uploadTrying || one.progress.Checking]
		p.Running = doing + ", " + count(int(one.progress.Rows), "row", "rows") + " so far"
	case uploadRefused:
		p.Refused = sentence(one.why)
	case uploadTried:
		p.Run = p.Again + "/run"
		if m := one.options.Mapping; m != nil {
			p.Keeps = m.Name
		}
	case uploadMapping:
		return c.Redirect(http.StatusSeeOther, one.columnsAddress())
	}
	if p.Running == "" && one.state != uploadDone && one.mapped() {
		p.Columns = one.columnsAddress()
	}
	if r := one.report; p.Running == "" && (p.Refused == "" || r.Rows > 0) {
		p.report(r)
		if r.Rejected > 0 && one.rejects != nil {
			p.Rejects = p.Again + "/rejects"
		}
		if r.File != 0 {
			p.Import = importAddress(r.File)
		}
		p.WaitingRow = r.Unmatched > 0 && !p.Trial && s.Waiting != nil
	}
	p.frame = s.frame(c, v, titled(one.name, p.Refused != ""))
	return s.render(c, http.StatusOK, p)
}

// report says what became, or would become, of the rows. Values stand in the file of
// rejects only.
func (p *uploadPage) report(r intake.Report) {
	p.Facts = []SystemFact{{"What", formatTitle(r.Format)}, {"Rows", grouped(int(r.Rows))}, {"Added", grouped(int(r.Added))}, {"Changed", grouped(int(r.Changed))}, {"Already there", grouped(int(r.Unchanged))},
		{"Kept as they stand", grouped(int(r.Kept))}, {"Match nobody", grouped(int(r.Unmatched))}, {"Rejected", grouped(int(r.Rejected))}}
	for _, w := range r.Records {
		title := w.Kind
		if k, ok := records.KindOf(w.Kind); ok {
			title = k.Title
		}
		p.Facts = append(p.Facts, SystemFact{title, fmt.Sprintf("%s made, %s corrected, %s deleted", grouped(int(w.Created)), grouped(int(w.Corrected)), grouped(int(w.Deleted)))})
	}
	for _, n := range r.Notes {
		p.Notes = append(p.Notes, sentence(n))
	}
	for _, row := range r.Sample {
		p.Sample = append(p.Sample, uploadSample{strconv.FormatInt(row.Line, 10), sentence(row.Result.String()), sentence(strings.TrimPrefix(row.Column+": "+row.Reason, ": ")), slices.DeleteFunc(row.Shown, func(s intake.Shown) bool { return s.Value == "" })})
	}
	for _, l := range []struct {
		title string
		rows  []intake.Listed
	}{{"Rejected", r.RejectedRows}, {"Match nobody", r.UnmatchedRows}, {"Kept as they stand", r.KeptRows}} {
		if len(l.rows) == 0 {
			continue
		}
		list := uploadList{Title: l.title}
		for _, row := range l.rows {
			list.Rows = append(list.Rows, uploadRow{strconv.FormatInt(row.Line, 10), row.Column, sentence(row.Reason)})
		}
		p.Lists = append(p.Lists, list)
	}
}

func (s *site) runUpload(c echo.Context, v access.Viewer) error {
	one, err := s.uploadOf(c, v)
	if err != nil {
		return err
	}
	one.start(c.Request().Context(), s.Files, v, uploadTried, uploadImporting, s.uploadFailed) // asked twice, it runs once
	return c.Redirect(http.StatusSeeOther, uploadPath+"/"+one.id)
}

func (s *site) uploadRejects(c echo.Context, v access.Viewer) error {
	one, err := s.uploadOf(c, v)
	if err != nil {
		return err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.rejects == nil || one.state == uploadTrying || one.state == uploadImporting {
		return echo.ErrNotFound
	}
	size, err := one.rejects.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("read the rejects: %w", err)
	}
	name := strings.TrimSuffix(one.name, filepath.Ext(one.name)) + ".rejects.csv"
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return c.Stream(http.StatusOK, "text/csv; charset=utf-8", io.NewSectionReader(one.rejects, 0, size))
}
