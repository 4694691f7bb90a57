package intake

import (
	"bytes"
	"cmp"
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
	all     formats
	format  Format
	fedBack bool  // the file is one of rejects that an import wrote
	opened  bool  // it is no CSV: the format's Open reads it
	legacy  bool  // it is in Windows-1252
	at      []int // where the columns of a Named format are, -1 one that is not there
	wide    int   // how many columns such a file has
	rows    int64
	size    int64
	sha256  [sha256.Size]byte
	repeats *repeats
	notes   []string
}

// scan reads the whole file before anything goes in, and refuses what is not a
// whole file of the format: another format, empty, compressed, cut off, in
// another encoding. want is the format that was asked for, "" for any.
func (all formats) scan(ctx context.Context, r io.ReadSeeker, want string, progress func(Progress)) (*scanned, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("find the length of the file: %w", err)
	}
	head, err := beginning(r)
	if err != nil {
		return nil, err
	}
	s, notes, err := all.recognise(head, want)
	if err != nil {
		return nil, err
	}
	s.size = size
	var other *notUTF8
	if err = s.readAll(ctx, r, progress); errors.As(err, &other) && s.format.Named && !s.opened && !s.legacy {
		s.legacy = true
		err = s.readAll(ctx, r, progress)
	}
	if err != nil {
		return nil, unreadable(0, err)
	}
	if s.legacy {
		notes = append(notes, "the file is not in UTF-8 and was read as Windows-1252: look at a name with an accent to see that it is right")
	}
	s.notes = append(notes, s.notes...)
	return s, nil
}

// beginning is the first bytes of a file, enough for any first line.
func beginning(r io.Reader) ([]byte, error) {
	head := make([]byte, longest+1)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return head[:n], nil
}

// recognise tells the format of a file by its beginning.
func (all formats) recognise(head []byte, want string) (s *scanned, notes []string, err error) {
	s = &scanned{all: all}
	for _, f := range all {
		if f.Like != nil && f.is(want) && f.Like(head) {
			s.format, s.opened = f, true
			return s, nil, nil
		}
	}
	first, err := newReader(bytes.NewReader(head), look).next()
	var other *notUTF8
	if errors.As(err, &other) {
		legacy := newReader(bytes.NewReader(head), lookLegacy)
		legacy.decode = fromLegacy
		if decoded, failed := legacy.next(); failed == nil && s.identify(decoded, want) == nil && s.format.Named {
			s.legacy = true
			return s, s.unread(decoded), nil
		}
	}
	if err != nil {
		return nil, nil, unreadable(first.line, err)
	}
	if err := s.identify(first, want); err != nil {
		return nil, nil, err
	}
	return s, s.unread(first), nil
}

// unread says which columns of the file are passed over.
func (s *scanned) unread(head row) []string {
	if s.at == nil {
		return nil
	}
	var names []string
	for i, name := range head.fields {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(s.at, i) && !(s.fedBack && slices.Contains(rejectColumns(), strings.ToLower(name))) {
			names = append(names, shown(name))
		}
	}
	switch n := len(names); {
	case n == 0:
		return nil
	case n > 12:
		return []string{fmt.Sprintf("%d columns of the file are not read, among them %s", n, strings.Join(names[:12], ", "))}
	}
	return []string{"columns that are not read: " + strings.Join(names, ", ")}
}

// source is the file's rows, from where r stands: its beginning.
func (s *scanned) source(r io.Reader) source {
	if s.opened {
		return s.format.Open(r)
	}
	in := newReader(r, look)
	in.breaks = s.format.Named && !s.format.OneLine
	if s.legacy {
		in.look, in.decode = lookLegacy, fromLegacy
	}
	return in
}

// readAll is the first reading.
func (s *scanned) readAll(ctx context.Context, r io.ReadSeeker, progress func(Progress)) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("go back to the beginning of the file: %w", err)
	}
	size := s.size
	s.repeats, s.rows, s.notes = newRepeats(size), 0, nil
	hash := sha256.New()
	tee := io.TeeReader(r, hash)
	in := s.source(tee)
	if !s.opened {
		if head, err := in.next(); err != nil {
			return s.unreadable(head.line, err)
		}
	}
	names := s.format.Rows()
	var last row
	for {
		found, err := s.read(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return s.unreadable(found.line, err)
		}
		last = found
		s.rows++
		if fields, p := s.values(found); p == nil && !unwanted(names, fields) {
			subject, _ := names.Subject(fields)
			if !s.repeats.first(subject) {
				return refuse("more than %d rows of this file are about the same as others: export it again without repeated rows, or in parts", mostRepeats)
			}
		}
		if s.rows%10_000 == 0 {
			_, read := in.place()
			progress(Progress{Checking: true, Bytes: read, Total: size, Rows: s.rows})
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	if s.rows == 0 {
		if s.opened {
			return refuse("the file has no rows: send it again with its rows")
		}
		return refuse("the file has a first line and no rows: send it again with its rows")
	}
	// A whole line is a row, if a bad one; it is one that does not end that was cut.
	if !in.ended() && (last.broken != "" || last.short || len(last.fields) < s.columns()) {
		return refuse("the file ends in the middle of line %d, so it was cut off: send the whole file again", last.line)
	}
	if !in.ended() {
		s.notes = append(s.notes, fmt.Sprintf("line %d, the last one, has no line break at its end: if the file was cut off there, send it again", last.line))
	}
	if _, err := io.Copy(io.Discard, tee); err != nil { // what stands after the last row of a file that is no CSV
		return fmt.Errorf("read the file: %w", err)
	}
	hash.Sum(s.sha256[:0])
	return nil
}

// unwanted reports whether a mapping does not want a row, which then contradicts none.
func unwanted(names Rows, fields []string) bool {
	m, ok := names.(*mapped)
	return ok && m.Passes(fields) != ""
}

// unreadable leaves it to the caller to read a file that may be in Windows-1252 as
// such.
func (s *scanned) unreadable(line int64, err error) error {
	var other *notUTF8
	if errors.As(err, &other) && s.format.Named {
		return err
	}
	return unreadable(line, err)
}

// columns is how many values a row of the file has.
func (s *scanned) columns() int {
	if s.fedBack && s.at == nil {
		return len(s.format.Header) + len(rejectColumns())
	}
	return len(s.format.Header)
}

// identify tells the format by the first row.
func (s *scanned) identify(head row, want string) error {
	if strings.Contains(head.text, "\r") {
		return refuse("the line breaks of this file are those of an old Macintosh: save it as “CSV UTF-8” and import that")
	}
	var ok bool
	s.format, s.fedBack, ok = s.all.headed(head.fields, want)
	switch {
	case !s.all.known(want):
		return refuse("there is no format %q: the formats are %s", want, s.all.names())
	case ok && s.format.is(want):
		s.at, s.wide = nil, 0
		if s.format.Named {
			s.at, _ = s.format.columnsAt(tidyHeadings(head.fields))
			s.wide = len(head.fields)
		}
		return nil
	case ok:
		return refuse("this is a file of %s and not of %s: import it as %s", s.format.Name, want, s.format.Name)
	}
	expect := "the first line of a file must be one of " + s.all.headers(want)
	if wanted, one := s.all.of(want); one {
		expect = "the first line must be exactly " + wanted.header()
		if wanted.Named {
			expect = "the first line must name the columns " + strings.Join(wanted.Header[:wanted.Needed], ", ") + ", in any order"
			if _, missing := wanted.columnsAt(tidyHeadings(head.fields)); len(missing) > 0 && len(missing) < wanted.Needed {
				return refuse("the first line of this file does not name the column %s: a file of %s needs %s", strings.Join(missing, ", "), want, strings.Join(wanted.Header[:wanted.Needed], ", "))
			}
		}
	}
	switch {
	case strings.HasPrefix(head.text, "<"), strings.HasPrefix(head.text, "{"), strings.HasPrefix(head.text, "["):
		return refuse("this is XML or JSON and not CSV: export the file as CSV; %s", expect)
	}
	return refuse("this file has another format: %s", expect)
}

// project puts a row's values in the order of the format's columns.
func (s *scanned) project(r *row) {
	if r.broken != "" {
		return
	}
	wrong := fmt.Sprintf("has %d values where %d belong: put a comma between two values, and one for each that is empty", len(r.fields), s.wide)
	for _, extra := range r.fields[min(s.wide, len(r.fields)):] {
		if strings.TrimSpace(extra) != "" {
			r.broken = wrong
			return
		}
	}
	r.short = len(r.fields) < s.wide
	fields := make([]string, len(s.at))
	for n, i := range s.at {
		switch {
		case i >= 0 && i < len(r.fields):
			fields[n] = r.fields[i]
		case i >= 0 && n < s.format.Needed && !s.format.Every:
			r.broken = wrong
			return
		}
	}
	r.fields = fields
}

// read gives the next row of the file as it was before an import armed it.
func (s *scanned) read(in source) (row, error) {
	found, err := in.next()
	if err == nil && s.at != nil {
		s.project(&found)
	}
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
		if len(f) > cmp.Or(s.format.Longest, longestValue) {
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
		return &notUTF8{line}
	}
	return nil
}

// unreadable is why the reader could not go on, as a sentence.
func unreadable(line int64, err error) error {
	var other *notUTF8
	switch {
	case errors.As(err, &other):
		return refuse("line %d is not in UTF-8 (it may be in Windows-1252): save the file as “CSV UTF-8” and import that", other.line)
	case err == io.EOF:
		return refuse("the file is empty: send it again")
	case errors.Is(err, errTooLong):
		return refuse("line %d is longer than %d kilobytes, so this is no file of ours or its line breaks are missing: save it as CSV with a line for each row", line, longest>>10)
	}
	return err
}

func (all formats) names() string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func (all formats) headers(want string) string {
	var list []string
	for _, f := range all {
		if !f.is(want) {
			continue
		}
		list = append(list, fmt.Sprintf("%s (%s)", f.Columns(), f.Name))
	}
	return strings.Join(list, " or ")
}
