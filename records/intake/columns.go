package intake

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Column is a column of a file that somebody is to say the meaning of.
type Column struct {
	Name   string
	Values []string // the first different ones
	More   bool     // there are more of them
}

const (
	valuesLookedAt = 60     // different values of a column
	rowsLookedAt   = 20_000 // of a file
)

// Columns are those of a CSV, or of a workbook's first sheet that has two headings
// beside each other; the sheet's name is given where the workbook has several.
func Columns(r io.ReadSeeker) (columns []Column, sheet string, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	head, err := beginning(r)
	if err != nil {
		return nil, "", err
	}
	if likeWorkbook(head) {
		return columnsOfWorkbook(r)
	}
	columns, err = columnsOf(head, r, false)
	var other *notUTF8
	if errors.As(err, &other) {
		columns, err = columnsOf(head, r, true)
	}
	return columns, "", err
}

func columnsOf(head []byte, r io.ReadSeeker, legacy bool) ([]Column, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	in := newReader(r, look)
	if legacy {
		in = newReader(r, lookLegacy)
		in.decode = fromLegacy
	}
	in.breaks = true
	var columns []Column
	for n := 0; n <= rowsLookedAt; n++ {
		found, err := in.next()
		var other *notUTF8
		switch {
		case err == io.EOF && n > 0:
			return columns, nil
		case errors.As(err, &other) && !legacy:
			return nil, err
		case err != nil:
			return nil, unreadable(found.line, err)
		case n == 0 && (len(found.fields) < 2 || bytes.HasPrefix(head, []byte("<")) || bytes.HasPrefix(head, []byte("{"))):
			return nil, refuse("the first line of the file must name its columns, with commas, semicolons or tabs between them")
		case n == 0 && len(found.fields) > mostColumns:
			return nil, refuse("the file has more than %d columns: leave out those that are not needed", mostColumns)
		case n == 0:
			columns = named(found.fields)
		default:
			note(columns, found.fields)
		}
	}
	return columns, nil
}

func columnsOfWorkbook(r io.ReadSeeker) ([]Column, string, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	book, err := openWorkbook(r)
	if err != nil {
		return nil, "", err
	}
	defer book.Close()
	for _, name := range book.GetSheetList() {
		rows, err := book.Rows(name)
		if err != nil {
			return nil, "", refuse("the sheet %s cannot be read: save it as “CSV UTF-8” and import that", name)
		}
		var columns []Column
		for n := 0; n <= rowsLookedAt && rows.Next(); n++ {
			cells, err := rows.Columns()
			if err != nil {
				rows.Close()
				return nil, "", refuse("the sheet %s cannot be read: save it as “CSV UTF-8” and import that", name)
			}
			switch {
			case columns != nil:
				note(columns, cells)
			case n < headingWithin && len(slices.DeleteFunc(slices.Clone(cells), func(c string) bool { return strings.TrimSpace(c) == "" })) > 1:
				if len(cells) > mostColumns {
					rows.Close()
					return nil, "", tooWide(name)
				}
				columns = named(cells)
			}
		}
		rows.Close()
		if columns != nil {
			if book.SheetCount == 1 {
				name = ""
			}
			return columns, name, nil
		}
	}
	return nil, "", refuse("no sheet of the workbook has headings in its first %d rows", headingWithin)
}

// openWorkbook opens a workbook whose values come as it has them.
func openWorkbook(r io.Reader) (*excelize.File, error) {
	book, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipSizeLimit: mostOfWorkbook, UnzipXMLSizeLimit: 64 << 20})
	if err != nil {
		return nil, refuse("the workbook cannot be read (it is damaged, cut off, protected by a password, or too large): save the sheet as “CSV UTF-8” and import that")
	}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		book.Close()
		return nil, refuse("the workbook counts days from 1904, as an old Macintosh does: save the sheet as “CSV UTF-8” and import that")
	}
	return book, nil
}

// named are the columns of a row of headings; one without a name is none. Of several of
// one name a file is read by the first: the others are none.
func named(fields []string) []Column {
	columns := make([]Column, len(fields))
	for i, f := range fields {
		if name := Plain(f); !slices.ContainsFunc(columns[:i], func(c Column) bool { return tidyHeading(c.Name) == tidyHeading(name) }) {
			columns[i].Name = name
		}
	}
	return columns
}

// note notes the values of a row.
func note(columns []Column, fields []string) {
	for i := range min(len(columns), len(fields)) {
		c, value := &columns[i], Plain(fields[i])
		switch {
		case value == "" || c.More || slices.ContainsFunc(c.Values, func(v string) bool { return Tidy(v) == Tidy(value) }):
		case len(c.Values) == valuesLookedAt:
			c.More = true
		default:
			c.Values = append(c.Values, value)
		}
	}
}
