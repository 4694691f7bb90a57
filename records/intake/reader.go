package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// longest is how many bytes one line may have: a hundred times what a row
// needs, and little enough that a file without line breaks cannot fill the
// memory.
const longest = 64 << 10

var errTooLong = errors.New("a line is too long")

// row is one row of a file as it stands there.
type row struct {
	line   int64 // from 1
	fields []string
	text   string // the whole row, without its line break
	broken string // why it cannot be divided into values, "" if it can
}

// reader divides a file into rows and these into values: commas between them,
// quotation marks around those that need them and doubled within (RFC 4180),
// CR LF or LF after each row. A row is a line: no format here has a value with
// a line break in it, and so a quotation mark that is never closed spoils one
// row and not the rest of the file. Blank lines are passed over.
type reader struct {
	lines *bufio.Reader
	line  int64 // lines read so far
	bytes int64 // bytes read so far
	whole bool  // whether the last line read ended with a line break
	look  func(line int64, text []byte) error
}

// newReader reads from where r stands. look, if given, sees each line first
// and can refuse it.
func newReader(r io.Reader, look func(line int64, text []byte) error) *reader {
	return &reader{lines: bufio.NewReaderSize(r, longest), look: look, whole: true}
}

// next gives the next row, or io.EOF after the last one, or errTooLong.
func (r *reader) next() (row, error) {
	for {
		text, err := r.readLine()
		if err != nil {
			return row{line: r.line}, err
		}
		if len(bytes.Trim(text, ", \t\"")) == 0 { // blank, or nothing but separators, as spreadsheets leave below the last row
			continue
		}
		found := row{line: r.line, text: string(text)}
		found.fields, found.broken = divide(found.text)
		return found, nil
	}
}

// readLine gives the next line without its line break. Its bytes hold until
// the next call.
func (r *reader) readLine() ([]byte, error) {
	text, err := r.lines.ReadSlice('\n')
	r.bytes += int64(len(text))
	switch {
	case err == bufio.ErrBufferFull:
		r.line++
		if r.look != nil { // it may know what this is
			if err := r.look(r.line, text); err != nil {
				return nil, err
			}
		}
		return nil, errTooLong
	case err == io.EOF && len(text) == 0:
		return nil, io.EOF
	case err != nil && err != io.EOF:
		return nil, err
	}
	r.line++
	r.whole = err == nil
	if r.look != nil {
		if err := r.look(r.line, text); err != nil {
			return nil, err
		}
	}
	if r.line == 1 {
		text = bytes.TrimPrefix(text, []byte("\ufeff")) // UTF-8's byte order mark
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	return bytes.TrimSuffix(text, []byte("\r")), nil
}

// divide splits a row into its values. What is broken is divided as well as it
// can be.
func divide(text string) (fields []string, broken string) {
	if !strings.Contains(text, `"`) {
		return strings.Split(text, ","), ""
	}
	for rest := text; ; {
		if !strings.HasPrefix(rest, `"`) {
			value, after, more := strings.Cut(rest, ",")
			if strings.Contains(value, `"`) {
				broken = "has a quotation mark within a value: put the whole value in quotation marks, and double the one within"
			}
			fields = append(fields, value)
			if !more {
				return fields, broken
			}
			rest = after
			continue
		}
		value, after, closed := quoted(rest[1:])
		if !closed {
			return append(fields, value), "has a quotation mark that is not closed in its line: close it, or take it out"
		}
		if extra, _, _ := strings.Cut(after, ","); extra != "" {
			broken = "has something after the closing quotation mark of a value: put a comma between two values"
			value, after = value+extra, after[len(extra):]
		}
		fields = append(fields, value)
		if after == "" {
			return fields, broken
		}
		rest = after[1:]
	}
}

// quoted is the value up to its closing quotation mark, and what comes after.
func quoted(rest string) (value, after string, closed bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(rest, `"`)
		b.WriteString(before)
		if !found || !strings.HasPrefix(after, `"`) {
			return b.String(), after, found
		}
		b.WriteByte('"')
		rest = after[1:]
	}
}
