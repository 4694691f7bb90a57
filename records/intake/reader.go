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
	short  bool   // it has fewer values than the file has columns
	shown  []Shown
}

// reader divides a file into rows and these into values: commas between them, or
// semicolons or tabs where the first line has more of those,
// quotation marks around those that need them and doubled within (RFC 4180),
// CR LF or LF after each row. A row is a line, but for a format that may have a
// line break within quotation marks (an address); a quotation mark that is
// never closed spoils one row and not the rest of the file. Blank lines are
// passed over.
type reader struct {
	lines *bufio.Reader
	line  int64 // lines read so far
	bytes int64 // bytes read so far
	whole bool  // whether the last line read ended with a line break
	look  func(line int64, text []byte) error

	between string              // what stands between two values; "": not known yet, the first line tells
	breaks  bool                // values may have line breaks in them
	decode  func([]byte) []byte // the file's own encoding to UTF-8, nil: it is UTF-8
	ahead   []row               // lines that were read in search of a closing quotation mark
}

// source gives the rows of a file one by one: a reader, or what reads another
// kind of file as if it were one.
type source interface {
	next() (row, error)         // io.EOF after the last
	place() (line, bytes int64) // how far it has read
	ended() bool                // whether what was read last was whole
}

func (r *reader) place() (line, bytes int64) { return r.line - int64(len(r.ahead)), r.bytes }
func (r *reader) ended() bool                { return r.whole }

// mostLines is how many lines one row may have.
const mostLines = 20

// newReader reads from where r stands. look, if given, sees each line first
// and can refuse it.
func newReader(r io.Reader, look func(line int64, text []byte) error) *reader {
	return &reader{lines: bufio.NewReaderSize(r, longest), look: look, whole: true}
}

// next gives the next row, or io.EOF after the last one, or errTooLong.
func (r *reader) next() (row, error) {
	for {
		found, err := r.readRow()
		if err != nil {
			return found, err
		}
		if r.between == "" {
			r.between = separator(found.text)
		}
		if strings.Trim(found.text, r.between+" \t\"") == "" { // blank, or nothing but separators, as spreadsheets leave below the last row
			continue
		}
		found.fields, found.broken = divide(found.text, r.between)
		if r.breaks && strings.HasPrefix(found.broken, unclosed) {
			if err := r.join(&found); err != nil {
				return found, err
			}
		}
		return found, nil
	}
}

// readRow gives the next line as a row that is not divided yet.
func (r *reader) readRow() (row, error) {
	if len(r.ahead) > 0 {
		found := r.ahead[0]
		r.ahead = r.ahead[1:]
		return found, nil
	}
	text, err := r.readLine()
	if err == nil && r.decode != nil {
		text = r.decode(text)
	}
	return row{line: r.line, text: string(text)}, err
}

// join adds the lines after a row whose quotation mark is not closed in its own,
// if one of them closes it and the whole can then be divided; else they stay for
// later.
func (r *reader) join(found *row) error {
	text := found.text
	var tried []row
	for len(tried) < mostLines && len(text) < longest {
		next, err := r.readRow()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		tried = append(tried, next)
		text += "\n" + next.text
		fields, broken := divide(text, r.between)
		if broken == "" {
			found.text, found.fields, found.broken = text, fields, ""
			return nil
		}
		if !strings.HasPrefix(broken, unclosed) {
			break
		}
	}
	r.ahead = append(tried, r.ahead...)
	return nil
}

const unclosed = "has a quotation mark that is not closed"

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

// separator is what stands between the values of a file, by its first line: a
// spreadsheet of another country's settings writes semicolons, some systems tabs.
func separator(head string) string {
	between := ","
	for _, other := range []string{";", "\t"} {
		if strings.Count(head, other) > strings.Count(head, between) {
			between = other
		}
	}
	return between
}

// divide splits a row into its values. What is broken is divided as well as it
// can be.
func divide(text, between string) (fields []string, broken string) {
	if !strings.Contains(text, `"`) {
		return strings.Split(text, between), ""
	}
	for rest := text; ; {
		if !strings.HasPrefix(rest, `"`) {
			value, after, more := strings.Cut(rest, between)
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
			return append(fields, value), unclosed + " in its line: close it, or take it out"
		}
		if extra, _, _ := strings.Cut(after, between); extra != "" {
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
