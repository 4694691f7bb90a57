package warehouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// missing finds the value of a long text that PostgreSQL did not send with an
// update, because it lies apart and has not changed.
func (a *applier) missing(t *Table, key tuple, column int) (value []byte, null bool, err error) {
	if t.Columns[column].Type != Text {
		return nil, false, spoiled(t, "%s came without its value", t.Columns[column].Name)
	}
	where, err := t.keyConstants(&key)
	if err != nil {
		return nil, false, rebuild("%v", err)
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
	return bytes.Clone(stringAt(mapping.VectorGetData(vector))), false, true, nil
}
