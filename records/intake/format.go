package intake

import (
	"strings"

	"onevision/access"
)

// Format is one layout of file that can be imported: CSV with exactly this
// first line.
type Format struct {
	Name     string   // "attendance": what `onevision import` is told
	Title    string   // "Attendance marks"
	Header   []string // the names of the columns, in order
	Category access.Category
	batch    func() batch
}

// Formats are all there are, in the order in which a list shows them.
func Formats() []Format {
	return []Format{
		{
			Name: "attendance", Title: "Attendance marks", Category: access.Education,
			Header: []string{"laestab", "upn", "date", "session", "code", "minutes_late"},
			batch:  func() batch { return &marks{} },
		},
		{
			Name: "ks4-results", Title: "KS4 results", Category: access.Education,
			Header: []string{"laestab", "upn", "year", "attainment8", "english_grade", "maths_grade"},
			batch:  func() batch { return &results{} },
		},
	}
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
		switch first {
		case f.header():
			return f, false, true
		case f.header() + "," + strings.Join(rejectColumns(), ","):
			return f, true, true
		}
	}
	return Format{}, false, false
}
