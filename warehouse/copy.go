// Reading PostgreSQL's binary COPY of one table into data chunks.

package warehouse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// copyReader takes what COPY (FORMAT binary) sends and puts it into a sink.
// PostgreSQL sends each row as one message; rows cut anywhere are read too.
type copyReader struct {
	sink     *sink
	leaf     string
	columns  int
	rows     int64
	progress *atomic.Int64
	begun    bool
	ended    bool
	rest     []byte
}

var (
	copySignature = []byte("PGCOPY\n\xff\r\n\x00")
	errShort      = errors.New("more is needed")
)

// Write implements io.Writer.
func (r *copyReader) Write(p []byte) (int, error) {
	n := len(p)
	if len(r.rest) > 0 {
		r.rest = append(r.rest, p...)
		p = r.rest
	}
	for len(p) > 0 {
		used, err := r.step(p)
		if err == errShort {
			break
		}
		if err != nil {
			return 0, err
		}
		p = p[used:]
	}
	r.rest = append(r.rest[:0], p...)
	return n, nil
}

// step reads the header, one row or the trailer and returns its length.
func (r *copyReader) step(p []byte) (int, error) {
	if !r.begun {
		if len(p) < 19 {
			return 0, errShort
		}
		if !bytes.Equal(p[:11], copySignature) {
			return 0, errors.New("this is no binary COPY")
		}
		size := 19 + int(binary.BigEndian.Uint32(p[15:]))
		if len(p) < size {
			return 0, errShort
		}
		r.begun = true
		return size, nil
	}
	if r.ended {
		return 0, errors.New("data behind the end of a binary COPY")
	}
	if len(p) < 2 {
		return 0, errShort
	}
	if count := int(int16(binary.BigEndian.Uint16(p))); count == -1 {
		r.ended = true
		return 2, nil
	} else if count != r.columns {
		return 0, fmt.Errorf("a row of %d columns instead of %d", count, r.columns)
	}
	at := 2
	for i := range r.columns {
		if len(p) < at+4 {
			return 0, errShort
		}
		size := int(int32(binary.BigEndian.Uint32(p[at:])))
		at += 4
		if size < 0 {
			if err := r.sink.null(i); err != nil {
				return 0, r.where(p, err)
			}
			continue
		}
		if len(p) < at+size {
			return 0, errShort
		}
		if err := r.sink.put(i, p[at:at+size]); err != nil {
			return 0, r.where(p, err)
		}
		at += size
	}
	r.rows++
	if r.rows%4096 == 0 {
		r.progress.Add(4096)
	}
	return at, r.sink.next()
}

// where says which row an error is about: by its key, or by its place in the
// copy if the key is not among what has come of it.
func (r *copyReader) where(row []byte, err error) error {
	t := r.sink.table
	key := tuple{state: make([]byte, r.columns), value: make([][]byte, r.columns)}
	row = row[2:]
	for i := 0; i < r.columns && len(row) >= 4; i++ {
		size := int(int32(binary.BigEndian.Uint32(row)))
		row = row[4:]
		if size < 0 {
			continue
		}
		if len(row) < size {
			break
		}
		key.state[i], key.value[i] = 'b', row[:size]
		row = row[size:]
	}
	words, failed := t.keyConstants(&key)
	if failed != nil {
		return fmt.Errorf("row %d copied from %s: %w", r.rows+1, r.leaf, err)
	}
	return fmt.Errorf("the row with %s copied from %s: %w", strings.Join(words, ", "), r.leaf, err)
}

// end makes sure that nothing was cut off.
func (r *copyReader) end() error {
	r.progress.Add(r.rows % 4096)
	if !r.ended || len(r.rest) > 0 {
		return fmt.Errorf("the copy of %s was cut off after %d rows", r.leaf, r.rows)
	}
	return nil
}
