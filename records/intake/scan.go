package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestValue is more bytes than any value of any format has.
const longestValue = 100

// scanned is what the first reading of a file found out.
type scanned struct {
	format  Format
	fedBack bool // the file is one of rejects that an import wrote
	rows    int64
	size    int64
	sha256  [sha256.Size]byte
	repeats *repeats
	notes   []string
}

// scan reads the whole file before anything goes in, and refuses what is not a
// whole file of the format: another format, empty, compressed, cut off, in
// another encoding. want is the format that was asked for, "" for any.
func scan(ctx context.Context, r io.ReadSeeker, want string, progress func(Progress)) (*scanned, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("find the length of the file: %w", err)
	}
	s := &scanned{size: size, repeats: newRepeats(size)}
	hash := sha256.New()
	in := newReader(io.TeeReader(r, hash), look)
	head, err := in.next()
	if err != nil {
		return nil, unreadable(head.line, err)
	}
	if err := s.identify(head, want); err != nil {
		return nil, err
	}
	names := s.format.Rows()
	var last row
	for {
		found, err := s.read(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(found.line, err)
		}
		last = found
		s.rows++
		if fields, p := s.values(found); p == nil {
			subject, _ := names.Subject(fields)
			if !s.repeats.first(subject) {
				return nil, refuse("more than %d rows of this file are about the same as others: export it again without repeated rows, or in parts", mostRepeats)
			}
		}
		if s.rows%10_000 == 0 {
			progress(Progress{Checking: true, Bytes: in.bytes, Total: size, Rows: s.rows})
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	if s.rows == 0 {
		return nil, refuse("the file has a first line and no rows: send it again with its rows")
	}
	// A whole line is a row, if a bad one; it is one that does not end that was cut.
	if !in.whole && (last.broken != "" || len(last.fields) < s.columns()) {
		return nil, refuse("the file ends in the middle of line %d, so it was cut off: send the whole file again", last.line)
	}
	if !in.whole {
		s.notes = append(s.notes, fmt.Sprintf("line %d, the last one, has no line break at its end: if the file was cut off there, send it again", last.line))
	}
	hash.Sum(s.sha256[:0])
	return s, nil
}

// columns is how many values a row of the file has.
func (s *scanned) columns() int {
	if s.fedBack {
		return len(s.format.Header) + len(rejectColumns())
	}
	return len(s.format.Header)
}

// identify tells the format by the first row.
func (s *scanned) identify(head row, want string) error {
	var ok bool
	s.format, s.fedBack, ok = headed(head.fields)
	switch {
	case !Known(want):
		return refuse("there is no format %q: the formats are %s", want, names())
	case ok && s.format.is(want):
		return nil
	case ok:
		return refuse("this is a file of %s and not of %s: import it as %s", s.format.Name, want, s.format.Name)
	}
	expect := "the first line of a file must be one of " + headers(want)
	if wanted, one := FormatOf(want); one {
		expect = "the first line must be exactly " + wanted.header()
	}
	switch {
	case strings.Count(head.text, ";") > strings.Count(head.text, ","), strings.Count(head.text, "\t") > strings.Count(head.text, ","):
		return refuse("the values in this file are not separated by commas: save it as CSV with commas; %s", expect)
	case strings.HasPrefix(head.text, "<"), strings.HasPrefix(head.text, "{"), strings.HasPrefix(head.text, "["):
		return refuse("this is XML or JSON and not CSV: export the file as CSV; %s", expect)
	}
	return refuse("this file has another format: %s", expect)
}

// read gives the next row of the file as it was before an import armed it.
func (s *scanned) read(in *reader) (row, error) {
	found, err := in.next()
	if err == nil && s.fedBack {
		for i, f := range found.fields {
			found.fields[i] = disarmed(f)
		}
	}
	return found, err
}

// values are a row's own values, as many as the format has columns. Of a row
// that cannot be divided into as many, the problem's value is all of it.
func (s *scanned) values(r row) ([]string, *Problem) {
	n := len(s.format.Header)
	if short := n - len(r.fields); r.broken == "" && short > 0 && short <= s.format.Optional { // the commas of values that are empty were left out
		r.fields = append(slices.Clip(r.fields), make([]string, short)...)
	}
	switch {
	case r.broken != "":
		return nil, &Problem{Value: r.text, Reason: r.broken}
	case len(r.fields) != n && len(r.fields) != s.columns():
		return nil, &Problem{Value: r.text, Reason: fmt.Sprintf("has %d values where %d belong: put a comma between two values, and one for each that is empty", len(r.fields), n)}
	}
	fields := r.fields[:n:n]
	for i, f := range fields {
		if len(f) > longestValue {
			return nil, &Problem{s.format.Header[i], f, "is longer than any value of this column: check it"}
		}
	}
	return fields, nil
}

// look refuses a file by the bytes of its lines.
func look(line int64, text []byte) error {
	if line == 1 {
		switch {
		case bytes.HasPrefix(text, []byte("\x1f\x8b")), bytes.HasPrefix(text, []byte("BZh")), bytes.HasPrefix(text, []byte("\xfd7zXZ")), bytes.HasPrefix(text, []byte("\x28\xb5\x2f\xfd")):
			return refuse("this file is compressed: unpack it and import what was in it")
		case bytes.HasPrefix(text, []byte("PK\x03\x04")):
			return refuse("this is an Excel workbook or a ZIP archive: save the sheet as “CSV UTF-8”, or unpack the archive, and import that")
		case bytes.HasPrefix(text, []byte("\xd0\xcf\x11\xe0")):
			return refuse("this is an old Excel workbook: save the sheet as “CSV UTF-8” and import that")
		case bytes.HasPrefix(text, []byte("%PDF")):
			return refuse("this is a PDF: export the data as CSV and import that")
		case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
			return refuse("this file is in UTF-16: save it as “CSV UTF-8” and import that")
		}
	}
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return refuse("line %d has a character that no text has (NUL), so the file is damaged or in UTF-16: save it as “CSV UTF-8” and import that", line)
	case !utf8.Valid(text):
		return refuse("line %d is not in UTF-8 (it may be in Windows-1252): save the file as “CSV UTF-8” and import that", line)
	}
	return nil
}

// unreadable is why the reader could not go on, as a sentence.
func unreadable(line int64, err error) error {
	switch {
	case err == io.EOF:
		return refuse("the file is empty: send it again")
	case errors.Is(err, errTooLong):
		return refuse("line %d is longer than %d kilobytes, so this is no file of ours or its line breaks are missing: save it as CSV with a line for each row", line, longest>>10)
	}
	return err
}

func names() string {
	var all []string
	for _, f := range Formats() {
		all = append(all, f.Name)
	}
	return strings.Join(all, ", ")
}

func headers(want string) string {
	var all []string
	for _, f := range Formats() {
		if !f.is(want) {
			continue
		}
		all = append(all, fmt.Sprintf("%s (%s)", f.header(), f.Name))
	}
	return strings.Join(all, " or ")
}
