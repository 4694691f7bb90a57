package dashboards

// The page on which somebody says what the columns of an uploaded file are: which
// column is which field of the kind, and which value is which code. What it makes is a
// mapping, which is tried on the file before it is kept.

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
			{method: http.MethodGet, path: uploadPath + "/:upload/columns", page: s.mappingForm, may: access.ImportFiles},
			{method: http.MethodPost, path: uploadPath + "/:upload/columns", page: s.takeMapping, may: access.ImportFiles},
		}
	}, mappingEditPage{})
}

type mappingEditPage struct {
	frame
	Problems []formProblem
	Heading  string
	Kind     string
	To       string
	Fields   []formField // of the mapping as a whole
	Columns  []mappedColumn
	Values   []mappedValues
	Always   []formField // fields that no column gives
}

func (mappingEditPage) file() string { return "mapping_edit.html" }

// mappedColumn is a column of the file with what it is.
type mappedColumn struct {
	Name, Values string
	Is           formField
}

// mappedValues are the values of a column, each with the code that it is.
type mappedValues struct {
	Title  string
	More   bool // there are more values than are listed
	Values []mappedValue
}

type mappedValue struct {
	Hidden, Raw string
	Is          formField
}

// shownValues is how many of a column's values its line shows.
const shownValues = 3

func (u *upload) columnsAddress() string { return uploadPath + "/" + u.id + "/columns" }

// mapped reports whether it is a mapping that says what the file is.
func (u *upload) mapped() bool {
	return u.kind != nil || u.options.Mapping != nil || u.format != "" && !intake.Known(u.format)
}

// mappingOf is what is said of the file's columns so far.
func (s *site) mappingOf(c echo.Context, v access.Viewer, one *upload, columns []intake.Column, sheet string) (*intake.Mapping, *records.Kind, error) {
	one.mu.Lock()
	m, kind, format := one.options.Mapping, one.kind, one.format
	one.mu.Unlock()
	if m == nil && kind == nil {
		kept, err := s.Files.MappingOf(c.Request().Context(), v, format)
		if errors.Is(err, intake.ErrNoMapping) {
			return nil, nil, echo.ErrNotFound
		}
		if err != nil {
			return nil, nil, fmt.Errorf("look for a mapping: %w", err)
		}
		m = kept.Mapping
	}
	if m == nil {
		var names []string
		for _, col := range columns {
			names = append(names, col.Name)
		}
		m = intake.MappingFor(kind, names)
		m.Sheet = sheet
	}
	k, ok := records.KindOf(m.Kind)
	if !ok || !v.Writes(k.Category) {
		return nil, nil, echo.ErrNotFound
	}
	return m, k, nil
}

func (s *site) mappingForm(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.mapColumns(c, v, func(m *intake.Mapping, k *records.Kind, columns []intake.Column) (*intake.Mapping, bool, []intake.MappingProblem) {
		return m, false, nil
	})
}

func (s *site) takeMapping(c echo.Context, v access.Viewer) error {
	form, err := c.FormParams()
	if err != nil {
		return echo.ErrBadRequest
	}
	return s.mapColumns(c, v, func(was *intake.Mapping, k *records.Kind, columns []intake.Column) (*intake.Mapping, bool, []intake.MappingProblem) {
		return readMappingForm(form.Get, was, k, columns), form.Get("do") == "try", meantTwice(form.Get, columns)
	})
}

// mapColumns shows the form, or has the file tried by what it says.
func (s *site) mapColumns(c echo.Context, v access.Viewer, read func(m *intake.Mapping, k *records.Kind, columns []intake.Column) (*intake.Mapping, bool, []intake.MappingProblem)) error {
	one, err := s.uploadOf(c, v)
	if err != nil {
		return err
	}
	if !one.mapped() {
		return echo.ErrNotFound
	}
	columns, sheet, err := one.columns()
	var refused *intake.Refusal
	if errors.As(err, &refused) {
		return s.render(c, http.StatusOK, uploadPage{frame: s.frame(c, v, titled(one.name, true)), Heading: one.name, Refused: sentence(refused.Why)})
	}
	if err != nil {
		return fmt.Errorf("look at the columns of a file: %w", err)
	}
	m, k, err := s.mappingOf(c, v, one, columns, sheet)
	if err != nil {
		return err
	}
	m, try, problems := read(m, k, columns)
	code := http.StatusOK
	if try {
		if problems = append(problems, mappingProblems(m.Check())...); len(problems) == 0 {
			if one.mapBy(m) {
				one.start(c.Request().Context(), s.Files, v, "", uploadTrying, s.uploadFailed)
			}
			return c.Redirect(http.StatusSeeOther, uploadPath+"/"+one.id)
		}
		code = http.StatusUnprocessableEntity
	}
	p, err := s.mappingPage(c, v, one, m, k, columns)
	if err != nil {
		return err
	}
	if code == http.StatusOK {
		problems = nil // nothing is tried yet
	}
	p.wrong(problems)
	p.frame = s.frame(c, v, titled("What the columns mean", len(problems) > 0))
	return s.render(c, code, p)
}

// columns looks at the file's columns, unless a run reads it just now.
func (u *upload) columns() ([]intake.Column, string, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state == uploadTrying || u.state == uploadImporting || u.state == uploadDone {
		return nil, "", echo.ErrNotFound
	}
	return intake.Columns(u.file)
}

func mappingProblems(err error) (list []intake.MappingProblem) {
	var one intake.MappingProblem
	var several interface{ Unwrap() []error }
	switch {
	case errors.As(err, &several):
		for _, e := range several.Unwrap() {
			list = append(list, mappingProblems(e)...)
		}
	case errors.As(err, &one):
		list = append(list, one)
	}
	return list
}

// The names of the form's fields.
func columnField(i int) string                  { return "column-" + strconv.Itoa(i) }
func alwaysField(f *records.Field) string       { return "always-" + f.Name }
func valueField(f *records.Field, i int) string { return "value-" + f.Name + "-" + strconv.Itoa(i) }
func rawField(f *records.Field, i int) string   { return "of-" + f.Name + "-" + strconv.Itoa(i) }

// readMappingForm is the mapping that a form says; what the form does not ask stays.
func readMappingForm(given func(string) string, was *intake.Mapping, k *records.Kind, columns []intake.Column) *intake.Mapping {
	m := &intake.Mapping{Name: strings.TrimSpace(given("name")), Title: strings.TrimSpace(given("title")), Kind: k.Name, Source: given("source"), Files: strings.TrimSpace(given("files")),
		Dates: strings.TrimSpace(given("dates")), Sheet: was.Sheet, Where: was.Where, Child: map[string]string{}, Fields: map[string]intake.MappedField{}}
	for i, col := range columns {
		means := []string{given(columnField(i))}
		if all := columnMeans(was, col.Name); len(all) > 1 && means[0] == all[0] { // the form asks for the first
			means = all
		}
		for _, is := range means {
			what, name, _ := strings.Cut(is, ":")
			switch {
			case what == "child":
				m.Child[name] = col.Name
			case what == "number":
				m.Number = col.Name
			case what == "field":
				m.Fields[name] = intake.MappedField{Column: col.Name}
			}
		}
	}
	for _, f := range intake.MappableFields(k) {
		one, mapped := m.Fields[f.Name]
		if !mapped {
			if value := strings.TrimSpace(given(alwaysField(f))); value != "" {
				m.Fields[f.Name] = intake.MappedField{Value: value}
			}
			continue
		}
		if before := was.Fields[f.Name]; before.Column == one.Column { // values that the form does not list
			for from, to := range before.Values {
				one = one.With(from, to)
			}
		}
		for i := 0; given(rawField(f, i)) != ""; i++ {
			one = one.With(given(rawField(f, i)), given(valueField(f, i)))
		}
		m.Fields[f.Name] = one
	}
	return m
}

func (s *site) mappingPage(c echo.Context, v access.Viewer, one *upload, m *intake.Mapping, k *records.Kind, columns []intake.Column) (p mappingEditPage, err error) {
	p = mappingEditPage{Heading: one.name, Kind: strings.ToLower(k.Title), To: one.columnsAddress()}
	var sources []option
	for _, source := range records.Sources() {
		sources = append(sources, option{Value: source, Text: source})
	}
	p.Fields = []formField{
		{Name: "name", Label: "Name of this mapping", Hint: "Small letters, digits and hyphens, such as nccis-activities. The next file of the kind is imported by it.", Value: m.Name},
		{Name: "title", Label: "Title (optional)", Value: m.Title},
		choose("source", "Whose word it is", "Where sources say different things of a child, it decides which stands.", m.Source, sources...),
		{Name: "dates", Label: "How dates are written (optional)", Hint: "Such as dd/mm/yyyy or yyyymmdd. Without it, any way that has the day before the month.", Value: m.Dates},
		{Name: "files", Label: "Names of its files in the nightly folder (optional)", Hint: "Such as NCCIS*.csv. Without it, they are known by their columns.", Value: m.Files},
	}
	is := []option{{Value: "", Text: "Not read"}}
	if k.About() {
		for _, clue := range intake.Clues() {
			is = append(is, option{Value: "child:" + clue.Name, Text: "The child: " + clue.Title})
		}
	}
	is = append(is, option{Value: "number", Text: "The row’s own number in its system"})
	for _, f := range intake.MappableFields(k) {
		is = append(is, option{Value: "field:" + f.Name, Text: fieldWords(f)})
	}
	at := map[string]intake.Column{}
	for i, col := range columns {
		if col.Name == "" {
			continue
		}
		value := ""
		for n, is := range columnMeans(m, col.Name) {
			if n == 0 {
				value = is
			}
			if name, ok := strings.CutPrefix(is, "field:"); ok {
				at[name] = col
			}
		}
		some := strings.Join(col.Values[:min(len(col.Values), shownValues)], ", ")
		p.Columns = append(p.Columns, mappedColumn{col.Name, some, choose(columnField(i), col.Name, "", value, slices.Clone(is)...)})
	}
	for _, f := range intake.MappableFields(k) {
		codes, err := s.codesOf(c, v, f)
		if err != nil {
			return p, err
		}
		col, mapped := at[f.Name]
		switch {
		case !mapped && len(codes) > 0:
			p.Always = append(p.Always, choose(alwaysField(f), fieldWords(f), f.Doc, m.Fields[f.Name].Value, append([]option{{Value: "", Text: "Nothing"}}, codes...)...))
		case !mapped:
			p.Always = append(p.Always, formField{Name: alwaysField(f), Label: fieldWords(f), Hint: f.Doc, Value: m.Fields[f.Name].Value})
		case len(codes) > 0:
			p.Values = append(p.Values, valuesOf(f, col, m.Fields[f.Name], codes))
		}
	}
	return p, nil
}

// fieldWords are a field's title, and whether it must be given.
func fieldWords(f *records.Field) string {
	if f.Required && f.Go.Kind().String() != "bool" {
		return f.Title + " (must be given)"
	}
	return f.Title
}

// columnMeans is all that a mapping says of a column, as the form says it.
func columnMeans(m *intake.Mapping, column string) (means []string) {
	if column == "" {
		return nil
	}
	for clue, c := range m.Child {
		if strings.EqualFold(c, column) {
			means = append(means, "child:"+clue)
		}
	}
	if strings.EqualFold(m.Number, column) {
		means = append(means, "number")
	}
	for name, f := range m.Fields {
		if strings.EqualFold(f.Column, column) {
			means = append(means, "field:"+name)
		}
	}
	slices.Sort(means)
	return means
}

// meantTwice says of columns that they are said to be the same thing.
func meantTwice(given func(string) string, columns []intake.Column) (problems []intake.MappingProblem) {
	first := map[string]string{}
	for i, col := range columns {
		is := given(columnField(i))
		if is == "" || col.Name == "" {
			continue
		}
		if other, ok := first[is]; ok {
			problems = append(problems, intake.MappingProblem{Part: columnField(i), Message: fmt.Sprintf("%s and %s are said to be the same: choose which of them it is, and leave out the other", other, col.Name)})
		}
		first[is] = col.Name
	}
	return problems
}

// codesOf are the codes that a field's value may be; yes and no are such.
func (s *site) codesOf(c echo.Context, v access.Viewer, f *records.Field) (list []option, err error) {
	if f.Go.Kind().String() == "bool" {
		return []option{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}}, nil
	}
	if f.Codes == "" {
		return nil, nil
	}
	codes, err := s.Batches.Codes(c.Request().Context(), v, f.Codes)
	if err != nil {
		return nil, fmt.Errorf("list the codes of %s: %w", f.Name, err)
	}
	for _, code := range codes {
		list = append(list, option{Value: code.Code, Text: code.Code + ": " + code.Label})
	}
	return list, nil
}

func valuesOf(f *records.Field, col intake.Column, given intake.MappedField, codes []option) mappedValues {
	p := mappedValues{Title: "Values of " + col.Name + ": " + f.Title, More: col.More}
	for i, value := range col.Values {
		to := ""
		for from, code := range given.Values {
			if strings.EqualFold(from, value) {
				to = code
			}
		}
		stands := "As it stands: it is no code yet, so the row would be rejected"
		for _, code := range codes {
			if _, label, _ := strings.Cut(code.Text, ": "); strings.EqualFold(code.Value, value) || strings.EqualFold(label, value) {
				stands = "As it stands: " + code.Text
			}
		}
		if yes, ok := intake.YesOrNo(value); ok && f.Go.Kind().String() == "bool" {
			stands = "As it stands: " + map[bool]string{true: "Yes", false: "No"}[yes]
		}
		p.Values = append(p.Values, mappedValue{rawField(f, i), value, choose(valueField(f, i), value, "", to, append([]option{{Value: "", Text: stands}}, slices.Clone(codes)...)...)})
	}
	return p
}

// wrong puts what is wrong beside its fields.
func (p *mappingEditPage) wrong(problems []intake.MappingProblem) {
	for _, one := range problems {
		text := sentence(one.Message)
		name, of := strings.CutPrefix(one.Part, "fields.")
		if of {
			text = sentence(strings.ReplaceAll(name, "_", " ") + ": " + one.Message)
			p.Problems = append(p.Problems, wrong(p.Always, "always-"+name, text)...)
			continue
		}
		if strings.HasPrefix(one.Part, "column-") {
			p.Problems = append(p.Problems, formProblem{one.Part, text})
			continue
		}
		p.Problems = append(p.Problems, wrong(p.Fields, one.Part, text)...)
	}
}
