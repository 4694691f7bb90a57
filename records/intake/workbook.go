package intake

// Workbooks (XLSX): the sheet of a format that is CSV is read as CSV. A row keeps its
// number, and values come as the workbook has them: a day as its number.

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"
)

// mostOfWorkbook is how many bytes a workbook may have when unpacked.
const mostOfWorkbook = 1 << 30

// headingWithin is in how many of a sheet's first rows the headings are looked for:
// reports have titles above them.
const headingWithin = 20

// mostColumns is how many columns a sheet may have: a hundred times what an extract has,
// and little enough that a million rows do not fill the disk.
const mostColumns = 1000

func tooWide(sheet string) error {
	return refuse("the sheet %s has more than %d columns: leave out those that are not needed", sheet, mostColumns)
}

// likeWorkbook reports whether a file begins as a workbook does.
func likeWorkbook(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) && !LikeArchive(head)
}

// Sheet is a sheet of a workbook that a format reads, as a nameless CSV file.
type Sheet struct {
	Name, Format string
	*os.File
}

// unfold gives the sheet of a workbook that is of the format as CSV, and a file that is
// no workbook as it is. done lets go of it.
func (all formats) unfold(r io.ReadSeeker, want string) (file io.ReadSeeker, done func(), err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, nil, fmt.Errorf("go back to the beginning of the file: %w", err)
	}
	head, err := beginning(r)
	if err != nil {
		return nil, nil, err
	}
	if !likeWorkbook(head) {
		return r, func() {}, nil
	}
	sheets, err := all.sheets(r, want)
	if err != nil {
		return nil, nil, err
	}
	close := func() {
		for _, s := range sheets {
			s.Close()
		}
	}
	if len(sheets) > 1 {
		close()
		return nil, nil, refuse("%d sheets of the workbook are of formats that are known (%s): import them one by one, or say which is meant", len(sheets), sheetNames(sheets))
	}
	return sheets[0], close, nil
}

func sheetNames(sheets []Sheet) string {
	var names []string
	for _, s := range sheets {
		names = append(names, s.Name+": "+s.Format)
	}
	return strings.Join(names, "; ")
}

// sheets are those of a workbook that are of the format, at least one.
func (all formats) sheets(r io.ReadSeeker, want string) (sheets []Sheet, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("go back to the beginning of the file: %w", err)
	}
	book, err := openWorkbook(r)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	defer func() {
		if err != nil {
			for _, s := range sheets {
				s.Close()
			}
		}
	}()
	wanted, _ := all.of(want)
	for _, name := range book.GetSheetList() {
		if wanted.Mapping != nil && wanted.Mapping.Sheet != "" && !strings.EqualFold(wanted.Mapping.Sheet, name) {
			continue
		}
		one, err := all.sheet(book, name, want)
		if err != nil {
			return sheets, err
		}
		if one.File == nil {
			continue
		}
		sheets = append(sheets, one)
		if wanted.Mapping != nil {
			break
		}
	}
	if len(sheets) == 0 {
		expect := "the headings of a sheet must be one of " + all.headers(want)
		return nil, refuse("no sheet of the workbook has such headings in its first %d rows: %s", headingWithin, expect)
	}
	return sheets, nil
}

// sheet is a sheet as CSV, from its headings on; without a file if it is of no format.
func (all formats) sheet(book *excelize.File, name, want string) (one Sheet, err error) {
	rows, err := book.Rows(name)
	if err != nil {
		return one, refuse("the sheet %s cannot be read: save it as “CSV UTF-8” and import that", name)
	}
	defer rows.Close()
	var w *csv.Writer
	width := 0
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return one, refuse("row %d of the sheet %s cannot be read: save it as “CSV UTF-8” and import that", n, name)
		}
		if w == nil {
			f, _, ok := all.headed(cells, want)
			if !ok || !f.is(want) {
				if n == headingWithin {
					return one, nil
				}
				continue
			}
			if len(cells) > mostColumns {
				return one, tooWide(name)
			}
			one = Sheet{Name: name, Format: f.Name}
			if one.File, err = os.CreateTemp("", ".onevision-*.csv"); err != nil {
				return one, fmt.Errorf("read a workbook: %w", err)
			}
			if err := os.Remove(one.File.Name()); err != nil {
				one.Close()
				return one, fmt.Errorf("read a workbook: %w", err)
			}
			if _, err := one.WriteString(strings.Repeat("\n", n-1)); err != nil {
				one.Close()
				return one, fmt.Errorf("read a workbook: %w", err)
			}
			w, width = csv.NewWriter(one), len(cells)
		}
		for i, c := range cells { // a line break would put the rows' numbers out
			cells[i] = strings.Join(strings.FieldsFunc(c, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
		}
		for len(cells) > 0 && len(cells) < width { // of a row that has none, the line break is enough
			cells = append(cells, "")
		}
		if err := w.Write(cells); err != nil {
			one.Close()
			return one, fmt.Errorf("read a workbook: %w", err)
		}
	}
	if err := rows.Error(); err != nil {
		if w != nil {
			one.Close()
		}
		return one, refuse("the sheet %s cannot be read to its end (%v): save it as “CSV UTF-8” and import that", name, err)
	}
	if w == nil {
		return one, nil
	}
	w.Flush()
	if err := w.Error(); err != nil {
		one.Close()
		return one, fmt.Errorf("read a workbook: %w", err)
	}
	return one, nil
}
