package intake

// A mapping says how a CSV or a workbook that no format knows becomes records of one
// kind: which column is which field, which value which code, and whom a row is about.
// An authority writes one for each extract that it has; it is kept by name (see
// mapping_kept.go), and is a format like the others from then on. docs/mapping.md.

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"onevision/records"
)

// Mapping is one.
type Mapping struct {
	Name   string            `yaml:"name"`  // what `onevision import` is told: "nccis-activities"
	Title  string            `yaml:"title"` // "" is the name
	Kind   string            `yaml:"kind"`  // of record: "activity-spell"
	Source string            `yaml:"source"`
	Files  string            `yaml:"files,omitempty"` // the names of its files: "NCCIS*.csv"; "" knows them by their columns
	Sheet  string            `yaml:"sheet,omitempty"` // of a workbook; "" is the first that has the columns
	Dates  string            `yaml:"dates,omitempty"` // how days are written: "mm/dd/yyyy"; "" is any way that has the day before the month
	Where  map[string]string `yaml:"where,omitempty"` // which rows: columns and the value that each must have; "*" is any
	Child  map[string]string `yaml:"child,omitempty"` // columns by clue: "upn", "own"; see clueFields
	Number string            `yaml:"number,omitempty"`
	// Fields are what becomes of the kind's fields.
	Fields map[string]MappedField `yaml:"fields"`
}

// MappedField is where a field's value comes from: a column, or always the same.
type MappedField struct {
	Column string            `yaml:"column,omitempty"`
	Value  string            `yaml:"value,omitempty"`  // in every row
	Values map[string]string `yaml:"values,omitempty"` // the field's value, by the column's; "*" is any other that is no code itself
}

// UnmarshalYAML takes a column's name by itself too.
func (f *MappedField) UnmarshalYAML(text []byte) error {
	var column string
	if yaml.Unmarshal(text, &column) == nil {
		f.Column = column
		return nil
	}
	type plain MappedField
	return yaml.UnmarshalWithOptions(text, (*plain)(f), yaml.Strict())
}

// clueFields are what a mapping calls the clues to a child, in the order of a form.
var clueFields = []struct{ name, clue, title string }{
	{"upn", records.ClueUPN, "UPN"}, {"nhs_number", records.ClueNHS, "NHS number"}, {"ssda903", records.ClueNumber, "Number in the SSDA903 return (CHILD)"},
	{"social_care", records.ClueSystem, "Number in the social-care system"}, {"own", records.ClueOwn, "Number in the file's own system"},
	{"surname", records.ClueSurname, "Surname"}, {"forename", records.ClueForename, "Forename"}, {"date_of_birth", records.ClueBorn, "Date of birth"},
}

// Clue is a way to say whom a row is about.
type Clue struct{ Name, Title string }

// Clues are all there are.
func Clues() (list []Clue) {
	for _, f := range clueFields {
		list = append(list, Clue{f.name, f.title})
	}
	return list
}

var mappingName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// ReadMapping reads a mapping's file and says everything that is wrong in it.
func ReadMapping(name string) (*Mapping, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the mapping: %w", err)
	}
	m, err := ParseMapping(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// ParseMapping reads a mapping.
func ParseMapping(text []byte) (*Mapping, error) {
	m := &Mapping{}
	if err := yaml.UnmarshalWithOptions(text, m, yaml.Strict()); err != nil {
		var at yaml.Error
		if errors.As(err, &at) {
			if t := at.GetToken(); t != nil && t.Position != nil {
				return nil, fmt.Errorf("line %d, column %d: %s", t.Position.Line, t.Position.Column, at.GetMessage())
			}
		}
		return nil, err
	}
	return m, m.Check()
}

// Text is the mapping as its file.
func (m *Mapping) Text() ([]byte, error) {
	text, err := yaml.MarshalWithOptions(m, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write the mapping %s: %w", m.Name, err)
	}
	return text, nil
}

// CodeFor is a coded field's code for a value that is a code or a label, "" for none.
func CodeFor(codes []records.CodeValue, value string) string {
	for _, c := range codes {
		if strings.EqualFold(c.Code, value) || strings.EqualFold(c.Label, value) {
			return c.Code
		}
	}
	return ""
}

// MappingProblem is what is wrong with one part of a mapping.
type MappingProblem struct{ Part, Message string }

func (p MappingProblem) Error() string { return p.Part + ": " + p.Message }

// Check says everything that is wrong with the mapping, each a MappingProblem.
func (m *Mapping) Check() error {
	var all []error
	wrong := func(part, message string, args ...any) {
		all = append(all, MappingProblem{part, fmt.Sprintf(message, args...)})
	}
	if !mappingName.MatchString(m.Name) || len(m.Name) > 60 {
		wrong("name", "use small letters, digits and hyphens, beginning with a letter")
	} else if Known(m.Name) {
		wrong("name", "%s is a format that the program has: choose another", m.Name)
	}
	if m.Title = strings.TrimSpace(m.Title); len(m.Title) > 200 {
		wrong("title", "is too long")
	}
	if !slices.Contains(records.Sources(), m.Source) {
		wrong("source", "there is no source %q: the sources are %s", m.Source, strings.Join(records.Sources(), ", "))
	}
	if _, err := path.Match(m.Files, ""); err != nil {
		wrong("files", "%q is no pattern such as NCCIS*.csv", m.Files)
	}
	if _, ok := layoutOf(m.Dates); !ok {
		wrong("dates", "%q is no way to write days such as dd/mm/yyyy, mm/dd/yyyy or yyyymmdd", m.Dates)
	}
	k, ok := records.KindOf(m.Kind)
	if !ok {
		wrong("kind", "there is no kind of record %q", m.Kind)
		return errors.Join(all...)
	}
	m.Kind = k.Name
	if ok, why := k.Mappable(); !ok {
		wrong("kind", "%s cannot come by a mapping: %s", k.Plural, why)
		return errors.Join(all...)
	}
	for column := range m.Where {
		if tidyHeading(column) == "" {
			wrong("where", "name the columns")
		}
	}
	m.checkChild(k, wrong)
	m.checkFields(k, wrong)
	return errors.Join(all...)
}

func (m *Mapping) checkChild(k *records.Kind, wrong func(part, message string, args ...any)) {
	for name, column := range m.Child {
		known := slices.ContainsFunc(clueFields, func(f struct{ name, clue, title string }) bool { return f.name == name })
		switch {
		case !known:
			wrong("child."+name, "is no way to know a child: there are %s", clueNames())
		case tidyHeading(column) == "":
			wrong("child."+name, "give the column")
		}
	}
	has := func(name string) bool { return m.Child[name] != "" }
	switch {
	case !k.About() && len(m.Child) > 0:
		wrong("child", "%s are about no child: leave it out", k.Plural)
	case !k.About(), has("upn"), has("nhs_number"), has("ssda903"), has("social_care"), has("own"):
	case !has("surname") || !has("forename") || !has("date_of_birth"):
		wrong("child", "say in which columns it stands whom a row is about: one of %s, or surname, forename and date_of_birth together", clueNames())
	}
}

func clueNames() string {
	var names []string
	for _, f := range clueFields {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func (m *Mapping) checkFields(k *records.Kind, wrong func(part, message string, args ...any)) {
	for _, name := range sortedKeys(m.Fields) {
		f, given := field(k, name), m.Fields[name]
		switch {
		case f == nil:
			wrong("fields."+name, "%s have no such field: there are %s", k.Plural, fieldList(k))
		case !mappable(f):
			wrong("fields."+name, "is filled in by the program: leave it out")
		case (tidyHeading(given.Column) == "") == (given.Value == ""):
			wrong("fields."+name, "give either a column or a value that is always the same")
		case given.Value != "" && len(given.Values) > 0:
			wrong("fields."+name, "values are those of a column")
		}
		seen := map[string]string{}
		for _, from := range sortedKeys(given.Values) {
			if other, ok := seen[Tidy(from)]; ok && given.Values[other] != given.Values[from] {
				wrong("fields."+name, "%q and %q are the same value, since capital letters do not count: give it one code", other, from)
			}
			seen[Tidy(from)] = from
		}
	}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Required && mappable(f) && f.Go.Kind().String() != "bool" {
			if _, ok := m.Fields[f.Name]; !ok {
				wrong("fields."+f.Name, "must be given: a column, or a value that is always the same")
			}
		}
	}
}

// mappable reports whether a file can say what a field is.
func mappable(f *records.Field) bool {
	whole, refers := records.KindOf(f.Ref)
	return !f.Derived && f.Ref != "child" && (!refers || !whole.About())
}

// MappableFields are the fields of a kind that a mapping can give.
func MappableFields(k *records.Kind) (list []*records.Field) {
	for i := range k.Fields {
		if mappable(&k.Fields[i]) {
			list = append(list, &k.Fields[i])
		}
	}
	return list
}

func fieldList(k *records.Kind) string {
	var names []string
	for _, f := range MappableFields(k) {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func field(k *records.Kind, name string) *records.Field {
	f, _ := k.Field(name)
	return f
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// columns are the columns that the mapping reads, each once: those of the child, the
// number, and those of fields in the kind's order.
func (m *Mapping) columns() (list []string) {
	add := func(column string) {
		if column != "" && !slices.ContainsFunc(list, func(c string) bool { return tidyHeading(c) == tidyHeading(column) }) {
			list = append(list, column)
		}
	}
	for _, f := range clueFields {
		add(m.Child[f.name])
	}
	add(m.Number)
	for _, column := range sortedKeys(m.Where) {
		add(column)
	}
	if k, ok := records.KindOf(m.Kind); ok {
		for _, f := range MappableFields(k) {
			add(m.Fields[f.Name].Column)
		}
	}
	return list
}

// mappedRank puts mappings after the formats on which they rest.
const mappedRank = 100

// Format is the mapping as a format.
func (m *Mapping) Format() Format {
	k, _ := records.KindOf(m.Kind)
	columns := m.columns()
	return Format{
		Name: m.Name, Title: cmp.Or(m.Title, m.Name), Rank: mappedRank, Source: m.Source, Category: k.Category,
		Header: columns, Named: true, Every: true, Needed: len(columns), Longest: 4000,
		Rows: func() Rows { return newMapped(m, k, columns) }, Mapping: m,
	}
}

// matches reports whether the mapping says of a file's name that it is one of its own.
func (m *Mapping) matches(name string) bool {
	ok, err := path.Match(strings.ToLower(m.Files), strings.ToLower(name))
	return m.Files != "" && ok && err == nil
}

// layoutOf is a way to write days in Go's words: "dd/mm/yyyy". "" is any that has the
// day before the month.
func layoutOf(dates string) (layout string, ok bool) {
	if dates == "" {
		return "", true
	}
	rest := strings.ToLower(dates)
	seen := map[string]bool{}
	for rest != "" {
		found := false
		for _, part := range []struct{ written, layout, is string }{
			{"yyyy", "2006", "y"}, {"yy", "06", "y"}, {"mmmm", "January", "m"}, {"mmm", "Jan", "m"}, {"mm", "01", "m"}, {"m", "1", "m"}, {"dd", "02", "d"}, {"d", "2", "d"}, {"hh:nn:ss", "15:04:05", ""}, {"hh:nn", "15:04", ""},
		} {
			if strings.HasPrefix(rest, part.written) {
				layout, rest, found = layout+part.layout, rest[len(part.written):], true
				seen[part.is] = true
				break
			}
		}
		if !found {
			if !strings.ContainsRune("/-. ,", rune(rest[0])) {
				return "", false
			}
			layout, rest = layout+rest[:1], rest[1:]
		}
	}
	return layout, seen["y"] && seen["m"] && seen["d"]
}

var serialWithTime = regexp.MustCompile(`^([2-6][0-9]{4})\.[0-9]+$`)

// readMappedDay reads a day as the mapping says that days are written. A workbook's
// number of a day is read whatever that is.
func readMappedDay(text, layout string) (records.Date, bool) {
	if m := serialWithTime.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
		text = m[1]
	}
	if text = Plain(text); layout == "" || text == "" || serial.MatchString(text) && layout != "20060102" {
		if head, _, cut := strings.Cut(text, " "); cut && strings.Contains(text, ":") { // a time of day after it
			text = head
		}
		return ReadDay(text)
	}
	t, err := time.Parse(layout, text)
	return records.DateOf(t), err == nil
}

// With is the field with one more value, in place of one that is written otherwise; ""
// takes the value out.
func (f MappedField) With(from, to string) MappedField {
	values := map[string]string{}
	for k, v := range f.Values {
		if Tidy(k) != Tidy(from) {
			values[k] = v
		}
	}
	if to != "" {
		values[from] = to
	}
	f.Values = values
	return f
}
