package intake

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"onevision/access"
)

// Format is one layout of file that can be imported: CSV with exactly this
// first line. It is defined beside the Rows that read it (see Define).
type Format struct {
	Name     string     // "attendance": what `onevision import` is told
	Title    string     // "Attendance marks"
	Header   []string   // the names of the columns, in order
	Before   [][]string // the same columns as earlier years named them
	Optional int        // so many columns at the end may be left out where they are empty, comma and all
	Set      string     // "ssda903": what names several formats whose files belong together, "" none
	Rank     int        // its place in lists, and in the order in which the files of a set are taken
	Source   string     // whose word it is; see records.Precedence
	Category access.Category
	Together bool // rows about one child (the first column) go in together
	Rows     func() Rows
}

var defined []Format

// Define adds a format to those that can be imported, before the program
// begins: var _ = intake.Define(...) beside what reads it.
func Define(f Format) struct{} {
	defined = append(defined, f)
	slices.SortStableFunc(defined, func(a, b Format) int { return cmp.Or(a.Rank-b.Rank, strings.Compare(a.Name, b.Name)) })
	return struct{}{}
}

// Formats are all there are, in the order in which a list shows them.
func Formats() []Format { return slices.Clone(defined) }

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

// InOrder puts files in the order in which those of a set must be taken: by
// their formats, and within one as they were given. A file of no format is a
// *Refusal.
func InOrder(paths []string) ([]string, error) {
	rank := map[string]int{}
	for i, f := range Formats() {
		rank[f.Name] = i
	}
	at := map[string]int{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the file: %w", err)
		}
		format, err := Detect(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		at[path] = rank[format.Name]
	}
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int { return at[a] - at[b] })
	return sorted, nil
}
