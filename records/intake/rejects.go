package intake

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rejects writes the rows that did not go in, so that they can be corrected
// and imported again: a CSV with the format's own columns first, as they came,
// and then file, line, column, value and reason, which the importer passes
// over when it reads the file back.
//
// A row that could not be divided into the right number of values stands whole
// in the first column: fed back as it is, it is rejected again.
//
// A spreadsheet takes a cell that begins with = + - @ or a control character
// for a formula. No value of any format begins so and is right, so such a
// value is written with an apostrophe before it, which a spreadsheet shows as
// text, and which the importer takes off again (disarmed).
type rejects struct {
	format Format
	out    *csv.Writer // nil: nobody wants them
	begun  bool
}

func newRejects(f Format, w io.Writer) *rejects {
	if w == nil {
		return &rejects{format: f}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	return &rejects{format: f, out: out}
}

// write adds one row. The header comes with the first: a file without rejects
// stays empty.
func (r *rejects) write(file string, line int64, fields []string, p *Problem) error {
	if r.out == nil {
		return nil
	}
	if !r.begun {
		if err := r.out.Write(append(append([]string{}, r.format.Header...), rejectColumns()...)); err != nil {
			return fmt.Errorf("write the rejects: %w", err)
		}
		r.begun = true
	}
	cells := make([]string, len(r.format.Header), len(r.format.Header)+5)
	copy(cells, fields)
	cells = append(cells, file, strconv.FormatInt(line, 10), p.Column, shown(p.Value), p.Reason)
	for i, c := range cells {
		cells[i] = armed(c)
	}
	if err := r.out.Write(cells); err != nil {
		return fmt.Errorf("write the rejects: %w", err)
	}
	return nil
}

func (r *rejects) flush() error {
	if r.out == nil {
		return nil
	}
	r.out.Flush()
	if err := r.out.Error(); err != nil {
		return fmt.Errorf("write the rejects: %w", err)
	}
	return nil
}

// armed protects a cell from being taken for a formula. One that begins with
// an apostrophe before such a character gets another, so that disarmed gives
// back what was there.
func armed(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

// disarmed takes the apostrophe off again.
func disarmed(s string) string {
	if strings.HasPrefix(s, "'") && formula(s[1:]) {
		return s[1:]
	}
	return s
}

func formula(s string) bool {
	bare := strings.TrimLeft(s, "'")
	return bare != "" && strings.ContainsRune("=+-@\t\r", rune(bare[0]))
}

// shown is a value cut to what a person can read.
func shown(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
