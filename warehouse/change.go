// A changed row in memory: the form in which it waits for its batch.

package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// change is what becomes of one key.
type change struct {
	row    []byte // of each column: length, or -1 for NULL, and value
	stored bool   // the warehouse has a row of this key
	live   bool   // there is a row of this key afterwards
}

func encode(t *tuple) []byte {
	size := 4 * len(t.state)
	for i, v := range t.value {
		if t.state[i] == 'b' {
			size += len(v)
		}
	}
	b := make([]byte, 0, size)
	for i, v := range t.value {
		if t.state[i] != 'b' {
			b = binary.BigEndian.AppendUint32(b, math.MaxUint32)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	return b
}

// field is one column of an encoded row.
func field(row []byte, column int) ([]byte, byte) {
	for ; ; column-- {
		n := int32(binary.BigEndian.Uint32(row))
		row = row[4:]
		if n < 0 {
			if column == 0 {
				return nil, 'n'
			}
			continue
		}
		if column == 0 {
			return row[:n], 'b'
		}
		row = row[n:]
	}
}

// refused turns a value that a table cannot take into a reason to load the table
// again: its codes are read anew then. The row is named by its key.
func (c *change) refused(t *Table, err error) error {
	var wrong *valueError
	if !errors.As(err, &wrong) {
		return err
	}
	row := tuple{state: make([]byte, len(t.Columns)), value: make([][]byte, len(t.Columns))}
	for i := range t.Columns {
		row.value[i], row.state[i] = field(c.row, i)
	}
	words, failed := t.keyConstants(&row)
	if failed != nil {
		return invalid(t, "%v", wrong)
	}
	return invalid(t, "the row with %s: %v", strings.Join(words, ", "), wrong)
}

// put writes an encoded row; a deleted one has only its key.
func (c *change) put(s *sink, columns int) error {
	row := c.row
	for i := range columns {
		n := int32(binary.BigEndian.Uint32(row))
		row = row[4:]
		switch {
		case n >= 0:
			if err := s.put(i, row[:n]); err != nil {
				return err
			}
			row = row[n:]
		case c.live:
			if err := s.null(i); err != nil {
				return err
			}
		default:
			s.writers[i].null(s.row)
		}
	}
	return nil
}

// keyConstants are conditions that a row has this key: id = 17.
func (t *Table) keyConstants(row *tuple) ([]string, error) {
	var conditions []string
	for _, k := range t.Key {
		i := t.column(k)
		v, err := constant(&t.Columns[i], row.value[i])
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.Name, k, err)
		}
		conditions = append(conditions, quote(k)+" = "+v)
	}
	return conditions, nil
}

// constant is a key's value in SQL.
func constant(c *Column, v []byte) (string, error) {
	switch c.Type {
	case Int16, Int32, Int64:
		n, err := integer(v)
		return strconv.FormatInt(n, 10), err
	case Date:
		if len(v) != 4 {
			return "", errWidth
		}
		return "DATE '" + day(int32(binary.BigEndian.Uint32(v))+10957) + "'", nil
	case Text, Code:
		return literal(string(v)), nil
	}
	return "", fmt.Errorf("a key of this type cannot be searched for")
}
