package intake

import (
	"strings"

	"onevision/access"
	"onevision/records"
)

// Format is one layout of file that can be imported: CSV with exactly this
// first line.
type Format struct {
	Name     string     // "attendance": what `onevision import` is told
	Title    string     // "Attendance marks"
	Header   []string   // the names of the columns, in order
	Before   [][]string // the same columns as earlier years named them
	Set      string     // "ssda903": what names several formats whose files belong together, "" none
	Source   string     // whose word it is; see records.Precedence
	Category access.Category
	together bool // rows about one child (the first column) go in together
	batch    func() batch
}

// Formats are all there are, in the order in which a list shows them.
func Formats() []Format {
	return append([]Format{
		{
			Name: "attendance", Title: "Attendance marks", Source: records.SourceSchool, Category: access.Education,
			Header: []string{"laestab", "upn", "date", "session", "code", "minutes_late"},
			batch:  func() batch { return &marks{} },
		},
		{
			Name: "ks4-results", Title: "KS4 results", Source: records.SourceSchool, Category: access.Education,
			Header: []string{"laestab", "upn", "year", "attainment8", "english_grade", "maths_grade"},
			batch:  func() batch { return &results{} },
		},
	}, returnFormats()...)
}

// FormatOf is the format of that name.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Known reports whether an import can be asked for by that name: a format's, or
// that of a set, which takes any file of it.
func Known(name string) bool {
	for _, f := range Formats() {
		if f.is(name) {
			return true
		}
	}
	return false
}

// is reports whether the format is what an import was asked for.
func (f Format) is(wanted string) bool {
	return wanted == "" || f.Name == wanted || f.Set == wanted
}

// header is the format's first line.
func (f Format) header() string { return strings.Join(f.Header, ",") }

// rejectColumns follow a format's own in the file of rejects.
func rejectColumns() []string { return []string{"file", "line", "column", "value", "reason"} }

// headed finds the format that the first row of a file belongs to; rejects
// says that the file is one that an earlier import wrote. Capital letters and
// spaces around a name do not matter; the order does.
func headed(fields []string) (f Format, rejects, ok bool) {
	names := make([]string, len(fields))
	for i, name := range fields {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	first := strings.Join(names, ",")
	for _, f := range Formats() {
		for _, header := range append([][]string{f.Header}, f.Before...) {
			f.Header = header // rejects and reports name the columns as the file does
			switch first {
			case strings.ToLower(f.header()):
				return f, false, true
			case strings.ToLower(f.header()) + "," + strings.Join(rejectColumns(), ","):
				return f, true, true
			}
		}
	}
	return Format{}, false, false
}
