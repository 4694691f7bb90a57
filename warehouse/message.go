// Decoding the messages of logical replication (pgoutput, protocol 1).

package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// relation is what a RELATION message says about a table, matched with ours.
type relation struct {
	name  string // "" if it is not of schema public
	names []string
	oids  []uint32 // types of the columns

	table   *Table // nil: not followed (a partition, a table of a newer program, or one to be loaded again)
	columns []int  // of each column on the wire, its place in the table; -1: not followed
}

// tuple is a row in the order of the table's columns.
type tuple struct {
	state []byte // of each column: 'b' value, 'n' NULL, 'u' unchanged and not sent, 0 not there
	value [][]byte
}

var errMessage = errors.New("a message of the stream cannot be read")

// wire reads a message; after the end everything reads as zero and bad is set.
type wire struct {
	b   []byte
	bad bool
}

func (w *wire) bytes(n int) []byte {
	if n < 0 || n > len(w.b) {
		w.bad, w.b = true, nil
		return nil
	}
	v := w.b[:n]
	w.b = w.b[n:]
	return v
}

func (w *wire) byte() byte {
	if v := w.bytes(1); v != nil {
		return v[0]
	}
	return 0
}

func (w *wire) uint16() uint16 {
	if v := w.bytes(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (w *wire) uint32() uint32 {
	if v := w.bytes(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (w *wire) uint64() uint64 {
	if v := w.bytes(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func (w *wire) text() string {
	for i, c := range w.b {
		if c == 0 {
			v := string(w.b[:i])
			w.b = w.b[i+1:]
			return v
		}
	}
	w.bad, w.b = true, nil
	return ""
}

// relation reads a RELATION message.
func (w *wire) relation() (uint32, *relation, error) {
	id := w.uint32()
	space, name := w.text(), w.text()
	w.byte() // replica identity: the primary key, as the schema is
	r := &relation{}
	if space == "public" {
		r.name = name
	}
	for range int(w.uint16()) {
		w.byte() // whether it is of the key
		r.names = append(r.names, w.text())
		r.oids = append(r.oids, w.uint32())
		w.uint32() // type modifier
		if w.bad {
			break
		}
	}
	if w.bad {
		return 0, nil, errMessage
	}
	return id, r, nil
}

// resolve matches the relation with one of the tables. One that does not fit is
// invalid, and not followed.
func (r *relation) resolve(tables map[string]*Table) error {
	t := tables[r.name]
	r.table, r.columns = nil, make([]int, len(r.names))
	if t == nil {
		return nil
	}
	found := 0
	for i, name := range r.names {
		at := t.column(name)
		r.columns[i] = at
		if at < 0 {
			continue
		}
		if !t.Columns[at].Type.takes(r.oids[i]) {
			return invalid(t, "column %s is of another type than before", name)
		}
		found++
	}
	if found != len(t.Columns) {
		return invalid(t, "it is published with %d of its %d fact columns", found, len(t.Columns))
	}
	r.table = t
	return nil
}

// takes says whether values of a PostgreSQL type can be read as this one.
func (t Type) takes(oid uint32) bool {
	switch t {
	case Int16:
		return oid == 21
	case Int32:
		return oid == 23 || oid == 21
	case Int64:
		return oid == 20 || oid == 23 || oid == 21
	case Bool:
		return oid == 16
	case Date:
		return oid == 1082
	case Text, Code:
		return oid == 25 || oid == 1043 || oid == 1042
	case Decimal:
		return oid == 1700
	case Timestamp:
		return oid == 1184
	}
	return false
}

// tuple reads a row's columns into t, which it makes as long as the table.
func (w *wire) tuple(r *relation, t *tuple) error {
	n := len(r.table.Columns)
	if cap(t.state) < n {
		t.state, t.value = make([]byte, n), make([][]byte, n)
	}
	t.state, t.value = t.state[:n], t.value[:n]
	clear(t.state)
	count := int(w.uint16())
	if count != len(r.columns) {
		return errMessage
	}
	for i := range count {
		kind := w.byte()
		var v []byte
		switch kind {
		case 'n', 'u':
		case 'b':
			v = w.bytes(int(int32(w.uint32())))
		case 't':
			return fmt.Errorf("%s came as text", r.table.Name)
		default:
			return errMessage
		}
		if at := r.columns[i]; at >= 0 {
			t.state[at], t.value[at] = kind, v
		}
	}
	if w.bad {
		return errMessage
	}
	return nil
}
