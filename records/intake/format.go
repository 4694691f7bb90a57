package intake

import (
	"cmp"
	"fmt"
	"io"
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
	Again    bool // rows that wait are tried again without the others of their file, though Together
	Rows     func() Rows

	// Named: a file's columns are known by their names, in any order, with others
	// between them, which are not read. Such a file may be in Windows-1252, as
	// spreadsheets write it, and have line breaks within quotation marks. Of the
	// columns, the first Needed must be there; a value of the others may be empty.
	Named  bool
	Needed int
	Every  bool                // every column must be there, though the values at the end of a row may be left out
	Also   map[string][]string // what else a column may be called
	// OneLine: no value has a line break, so each line is a row, whatever quotation
	// marks are in it.
	OneLine bool
	// Longest is how many bytes a value may have, 0: longestValue.
	Longest int
	// Like recognises a file that is not CSV by its first bytes; Open reads it, with
	// values in the order of Header. CSV with that header is taken too: the rejects
	// of such a file are.
	Like func(head []byte) bool
	Open func(r io.Reader) source
	// Part says of a row's values in which table of the file it stands, and what that
	// table's columns have: of a file that has several.
	Part func(fields []string) (table string, values map[string]string)
	// Folder: a folder of the tables is taken as the archive of them is.
	Folder bool
	// Most is how many rows a file may have whose rows are held at once, 0: mostTogether.
	Most int64
	// ByProgram: the file tells of children whom nobody sees all of. Whoever operates
	// the system hands it in, and it is the program that imports it.
	ByProgram bool
	// National: the file may be about the whole country. Its Surveyor is told
	// whose rows are wanted.
	National bool
	// Mapping is what the format is made of, nil where it is the program's own.
	Mapping *Mapping
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

// FormatOf is the program's own format of that name.
func FormatOf(name string) (Format, bool) { return formats(Formats()).of(name) }

// Known reports whether an import can be asked for by that name: that of one of the
// program's own formats, or of a set, which takes any file of it.
func Known(name string) bool { return formats(Formats()).known(name) }

// formats are those that a file may be of: the program's own, and the mappings.
type formats []Format

func (all formats) of(name string) (Format, bool) {
	for _, f := range all {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

func (all formats) known(name string) bool {
	return slices.ContainsFunc(all, func(f Format) bool { return f.is(name) })
}

// is reports whether the format is what an import was asked for.
func (f Format) is(wanted string) bool {
	return wanted == "" || f.Name == wanted || f.Set == wanted
}

// May reports whether a viewer may import files of the format. A file of all
// categories is not for a token that is limited to some, or reads only.
func (f Format) May(v access.Viewer) bool {
	if f.ByProgram {
		return v == access.System(access.Importing) || v.May(access.OperateSystem) && !v.Scoped() && !v.ReadOnly()
	}
	return v.Writes(f.Category)
}

// Columns says in a line which columns a file of the format has.
func (f Format) Columns() string {
	if f.Part != nil {
		return "a ZIP archive of tables, or a folder of them"
	}
	if f.Named {
		return strings.Join(f.Header[:f.Needed], ", ") + ", in any order, beside others"
	}
	return f.header()
}

// header is the format's first line.
func (f Format) header() string { return strings.Join(f.Header, ",") }

// rejectColumns follow a format's own in the file of rejects.
func rejectColumns() []string { return []string{"file", "line", "column", "value", "reason"} }

// headed finds the format that the first row of a file belongs to, of those
// that want names; rejects says that the file is one that an earlier import
// wrote. Capital letters and spaces around a name do not matter; the order does,
// but for formats whose columns are Named: of those that have all columns that
// they need, the one that finds most is meant.
func (all formats) headed(fields []string, want string) (f Format, rejects, ok bool) {
	names := tidyHeadings(fields)
	first := strings.Join(names, ",")
	best := 0
	for _, one := range all {
		if one.Named {
			if at, missing := one.columnsAt(names); len(missing) == 0 && !ok {
				n := len(at) - countOf(at, -1)
				if one.Name == want && one.Mapping != nil {
					n = len(names) + 1 // a format with more of the columns is not asked for
				}
				if n > best || one.is(want) && want != "" && n >= best {
					f, best = one, n
				}
			}
			continue
		}
		for _, header := range append([][]string{one.Header}, one.Before...) {
			one.Header = header // rejects and reports name the columns as the file does
			switch first {
			case strings.ToLower(one.header()):
				return one, false, true
			case strings.ToLower(one.header()) + "," + strings.Join(rejectColumns(), ","):
				return one, true, true
			}
		}
	}
	if best == 0 {
		return Format{}, false, false
	}
	return f, strings.HasSuffix(first, ","+strings.Join(rejectColumns(), ",")), true
}

// tidyHeading is the name of a column as it is compared.
func tidyHeading(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

func tidyHeadings(fields []string) []string {
	names := make([]string, len(fields))
	for i, name := range fields {
		names[i] = tidyHeading(name)
	}
	return names
}

// columnsAt finds the format's columns among the names of a file's, -1 for one that
// is not there, and names those of the needed ones that are missing.
func (f Format) columnsAt(names []string) (at []int, missing []string) {
	for n, column := range f.Header {
		i := -1
		for _, name := range append([]string{column}, f.Also[column]...) {
			if i = slices.Index(names, tidyHeading(name)); i >= 0 {
				break
			}
		}
		if i < 0 && (n < f.Needed || f.Every) {
			missing = append(missing, column)
		}
		at = append(at, i)
	}
	return at, missing
}

func countOf(list []int, x int) (n int) {
	for _, v := range list {
		if v == x {
			n++
		}
	}
	return n
}

// InOrder puts files in the order in which those of a set must be taken: by
// their formats, and within one as they were given. A file of no format is a
// *Refusal.
func InOrder(paths []string) ([]string, error) {
	at := map[string]int{}
	for _, path := range paths {
		var err error
		if at[path], err = formats(Formats()).rankOf(path); err != nil {
			return nil, err
		}
	}
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int { return at[a] - at[b] })
	return sorted, nil
}

// rankOf is the place of a file's format among all; a file of no format is a
// *Refusal.
func (all formats) rankOf(path string) (int, error) {
	names, err := all.namesOf(path)
	if err != nil {
		return 0, err
	}
	return all.place(names[0]), nil
}

// namesOf are the formats by which a file is to be imported, in turn: those of the
// mappings that say so of its name, else what its beginning says, of a workbook each
// sheet's. A file of no format is a *Refusal.
func (all formats) namesOf(path string) (names []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	defer f.Close()
	for _, one := range all {
		if one.Mapping != nil && one.Mapping.matches(filepath.Base(path)) {
			names = append(names, one.Name)
		}
	}
	if len(names) > 0 {
		return names, nil
	}
	// A mapping that names its files takes no others, but for their rejects.
	others := slices.DeleteFunc(slices.Clone(all), func(f Format) bool { return f.Mapping != nil && f.Mapping.Files != "" })
	head, err := beginning(f)
	if err == nil && likeWorkbook(head) {
		var sheets []Sheet
		if sheets, err = others.sheets(f, ""); err == nil {
			for _, s := range sheets {
				names = append(names, s.Format)
				s.Close()
			}
			slices.SortStableFunc(names, func(a, b string) int { return all.place(a) - all.place(b) })
			return slices.Compact(names), nil
		}
	}
	if err == nil {
		var s *scanned
		if s, _, err = all.recognise(head, ""); err == nil && !s.fedBack && !slices.ContainsFunc(others, func(f Format) bool { return f.Name == s.format.Name }) {
			s, _, err = others.recognise(head, "")
		}
		if err == nil {
			return []string{s.format.Name}, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
}

// place is that of a format among all.
func (all formats) place(name string) int {
	return slices.IndexFunc(all, func(x Format) bool { return x.Name == name })
}
