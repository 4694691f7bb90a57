package warehouse

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// missing finds the value of a long text that PostgreSQL did not send with an
// update, because it lies apart and has not changed.
func (a *applier) missing(t *Table, key tuple, column int) (value []byte, null bool, err error) {
	if t.Columns[column].Type != Text {
		return nil, false, rebuild("%s.%s came without its value", t.Name, t.Columns[column].Name)
	}
	var where []string
	for _, k := range t.Key {
		i := t.column(k)
		v, err := constant(&t.Columns[i], key.value[i])
		if err != nil {
			return nil, false, rebuild("%s.%s: %v", t.Name, k, err)
		}
		where = append(where, quote(k)+" = "+v)
	}
	from := []string{"facts." + quote(t.Name)}
	if a.open && a.staged[t.Name] != nil {
		from = []string{a.staged[t.Name].name, from[0]}
	}
	for i, relation := range from {
		q := "/* applier.missing */ SELECT " + quote(t.Columns[column].Name) + " FROM " + relation + " WHERE " + strings.Join(where, " AND ")
		if i == 0 && len(from) == 2 {
			q += " ORDER BY _seq DESC LIMIT 1"
		}
		v, null, found, err := a.b.raw.text(q)
		if err != nil || found {
			return v, null, err
		}
	}
	return nil, false, rebuild("%s: a row was changed that is not here", t.Name)
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

// text returns the one VARCHAR of the first row.
func (d *duck) text(query string) (value []byte, null, found bool, err error) {
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(d.conn, query, &result) == mapping.StateError {
		return nil, false, false, resultError(&result)
	}
	chunk := mapping.FetchChunk(result)
	if chunk.Ptr == nil {
		return nil, false, false, nil
	}
	defer mapping.DestroyDataChunk(&chunk)
	if mapping.DataChunkGetSize(chunk) == 0 {
		return nil, false, false, nil
	}
	vector := mapping.DataChunkGetVector(chunk, 0)
	if mask := mapping.VectorGetValidity(vector); mask != nil && *(*uint64)(mask)&1 == 0 {
		return nil, true, true, nil
	}
	p := mapping.VectorGetData(vector)
	n := *(*uint32)(p)
	if n <= 12 {
		return append([]byte{}, unsafe.Slice((*byte)(unsafe.Add(p, 4)), n)...), false, true, nil
	}
	return append([]byte{}, unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n)...), false, true, nil
}
