package intake

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Files that are a ZIP archive of tables, a CSV file for each: the extract of
// another system. A row is given as whom it is about, its table, and its values as
// JSON by column, so that all rows about one child go in together.

// TableHeader are the columns of such a format.
var TableHeader = []string{"person", "table", "values"}

// Table is what a format says of a table.
type Table struct {
	Name   string // "ssd_cin_episodes"
	Person string // the column that says whom a row is about, "" none
	// Where no column says it, Via does: another table's rows have that number.
	Via     string   // a column
	Of      string   // the other table's name, given before this one
	Key     string   // and its column
	Columns []string // that are read
}

// HeadingOf begins the values of the row that stands for a table as a whole: it
// comes before the others, and tells which columns the file has.
const HeadingOf = "columns"

// mostUnpacked is how many bytes the tables of an archive may have.
const mostUnpacked = 4 << 30

// mostOfTable is how many bytes one table may have, since it is held at once.
const mostOfTable = 512 << 20

// LikeArchive reports whether a file begins as a ZIP archive does that is no
// workbook.
func LikeArchive(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) && !bytes.Contains(head, []byte("[Content_Types].xml")) && !bytes.Contains(head, []byte("xl/"))
}

// archiveOf makes an archive of the CSV files of a folder: a file that has no name, and
// is gone once it is closed.
func archiveOf(dir string) (*os.File, error) {
	to, err := os.CreateTemp("", ".onevision-*.zip")
	if err != nil {
		return nil, fmt.Errorf("put the tables of a folder together: %w", err)
	}
	if err = os.Remove(to.Name()); err == nil {
		err = zipInto(to, os.DirFS(dir))
	}
	if err == nil {
		_, err = to.Seek(0, io.SeekStart)
	}
	if err != nil {
		to.Close()
		return nil, fmt.Errorf("put the tables of a folder together: %w", err)
	}
	return to, nil
}

func zipInto(w io.Writer, dir fs.FS) error {
	z := zip.NewWriter(w)
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.EqualFold(path.Ext(e.Name()), ".csv") {
			continue
		}
		in, err := dir.Open(e.Name())
		if err != nil {
			return err
		}
		out, err := z.Create(e.Name())
		if err == nil {
			_, err = io.Copy(out, in)
		}
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}

// OpenTables reads an archive of these tables, in this order. Files of other names
// are passed over.
func OpenTables(tables []Table, what string) func(r io.Reader) source {
	return func(r io.Reader) source { return &archive{in: &byteCount{Reader: r}, tables: tables, what: what} }
}

// archive reads the tables of an archive one after the other.
type archive struct {
	in     *byteCount
	tables []Table
	what   string

	begun  bool
	files  map[string]*zip.File
	at     int // the table that is read
	now    *csvTable
	left   int64                        // bytes that may still be unpacked
	person map[string]map[string]string // whom a number of a table's rows is about, by table and column
}

func (a *archive) ended() bool                { return true }
func (a *archive) place() (line, bytes int64) { return a.line(), a.in.n }
func (a *archive) line() int64 {
	if a.now == nil {
		return 0
	}
	line, _ := a.now.in.place()
	return line
}

// csvTable is a table that is read.
type csvTable struct {
	Table
	in    *reader
	names []string
	via   int // the column of Via, -1 none
	self  int // of Person
	keys  []tableKey
}

// tableKey is a column by which rows of later tables find whom they are about.
type tableKey struct {
	at    int
	index map[string]string
}

// begin reads the archive's list of files: it needs all of it.
func (a *archive) begin() error {
	all, err := io.ReadAll(a.in)
	if err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	z, err := zip.NewReader(bytes.NewReader(all), int64(len(all)))
	if err != nil {
		return refuse("the ZIP archive cannot be read: it is damaged or was cut off; send it again")
	}
	a.begun, a.left, a.files, a.person = true, mostUnpacked, map[string]*zip.File{}, map[string]map[string]string{}
	for _, f := range z.File {
		name := strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		i := strings.LastIndex(name, ".")
		if i < 0 || name[i:] != ".csv" || strings.Contains(f.Name, "__MACOSX") {
			continue
		}
		for _, t := range a.tables {
			if name[:i] != t.Name && !strings.HasSuffix(name[:i], "."+t.Name) { // dbo.ssd_person.csv
				continue
			}
			if a.files[t.Name] != nil {
				return refuse("the archive has two files of the table %s: leave the right one in it", t.Name)
			}
			a.files[t.Name] = f
		}
	}
	if len(a.files) == 0 {
		return refuse("the archive has no table of %s: its files are named as the tables, such as %s.csv", a.what, a.tables[0].Name)
	}
	return nil
}

func (a *archive) next() (row, error) {
	if !a.begun {
		if err := a.begin(); err != nil {
			return row{}, err
		}
	}
	for {
		if a.now == nil {
			for a.at < len(a.tables) && a.files[a.tables[a.at].Name] == nil {
				a.at++
			}
			if a.at == len(a.tables) {
				return row{}, io.EOF
			}
			return a.open(a.tables[a.at])
		}
		found, err := a.now.in.next()
		if err == io.EOF {
			a.now, a.at = nil, a.at+1
			continue
		}
		if err != nil {
			return found, a.tableError(found.line, err)
		}
		return a.now.row(found, a.person), nil
	}
}

func (a *archive) tableError(line int64, err error) error {
	if err := unreadable(line, err); err != nil {
		return refuse("%s.csv: %v", a.tables[a.at].Name, err)
	}
	return nil
}

// open begins a table, and gives the row that stands for it.
func (a *archive) open(t Table) (row, error) {
	text, err := a.unpack(t.Name)
	if err != nil {
		return row{}, err
	}
	c := &csvTable{Table: t, via: -1, self: -1}
	c.in = newReader(bytes.NewReader(text), look)
	if !utf8.Valid(text) {
		c.in = newReader(bytes.NewReader(text), lookLegacy)
		c.in.decode = fromLegacy
	}
	c.in.breaks = true
	a.now = c
	head, err := c.in.next()
	if err != nil {
		return head, a.tableError(1, err)
	}
	c.names = tidyHeadings(head.fields)
	c.self, c.via = slices.Index(c.names, t.Person), slices.Index(c.names, t.Via)
	for _, later := range a.tables {
		if later.Of != t.Name {
			continue
		}
		name := later.Of + "." + later.Key
		if a.person[name] == nil {
			a.person[name] = map[string]string{}
			c.keys = append(c.keys, tableKey{slices.Index(c.names, later.Key), a.person[name]})
		}
	}
	columns, err := json.Marshal(map[string]string{HeadingOf: strings.Join(c.names, ",")})
	if err != nil {
		return row{}, fmt.Errorf("note the columns of %s: %w", t.Name, err)
	}
	return row{line: 1, fields: []string{"", t.Name, string(columns)}}, nil
}

// unpack gives a file of the archive. SQL Server writes UTF-16.
func (a *archive) unpack(table string) ([]byte, error) {
	most := min(a.left, mostOfTable)
	if a.files[table].UncompressedSize64 > uint64(most) {
		return nil, a.tooLarge(table)
	}
	f, err := a.files[table].Open()
	if err != nil {
		return nil, refuse("%s.csv cannot be unpacked (%v): send the archive again", table, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, refuse("%s.csv cannot be unpacked (%v): send the archive again", table, err)
	}
	if int64(len(text)) > most { // it says less of itself than it has
		return nil, a.tooLarge(table)
	}
	a.left -= int64(len(text))
	return fromUTF16(text), nil
}

func (a *archive) tooLarge(table string) error {
	if a.left < mostOfTable {
		return refuse("the archive has more than %d gigabytes when unpacked: send fewer tables at a time", int64(mostUnpacked)>>30)
	}
	return refuse("%s.csv has more than %d megabytes when unpacked: send the table in parts, each as a part of the extract", table, mostOfTable>>20)
}

// row gives the values of a row by column.
func (c *csvTable) row(found row, person map[string]map[string]string) row {
	given := row{line: found.line, text: found.text, broken: found.broken}
	if extra := found.fields[min(len(c.names), len(found.fields)):]; found.broken == "" && strings.Join(extra, "") != "" {
		given.broken = fmt.Sprintf("has %d values where %d belong: put a comma between two values, and quotation marks around one that has a comma in it", len(found.fields), len(c.names))
	}
	if given.broken != "" {
		given.broken, given.fields = c.Name+": "+given.broken, []string{"", c.Name, ""}
		return given
	}
	cell := func(i int) string {
		if i < 0 || i >= len(found.fields) {
			return ""
		}
		return Plain(found.fields[i])
	}
	values := map[string]string{}
	for i, name := range c.names {
		if v := cell(i); v != "" && slices.Contains(c.Columns, name) {
			values[name] = v
		}
	}
	whom := cell(c.self)
	if whom == "" && c.Of != "" {
		whom = person[c.Of+"."+c.Key][cell(c.via)]
	}
	for _, k := range c.keys {
		if key := cell(k.at); key != "" {
			k.index[key] = whom
		}
	}
	text, _ := json.Marshal(values) // of strings: it cannot fail
	given.fields, given.text = []string{whom, c.Name, string(text)}, ""
	return given
}
