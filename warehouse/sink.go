// Appending rows to a DuckDB table by data chunks.

package warehouse

import (
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// sink appends rows to a relation of DuckDB by data chunks. Its columns are
// the table's, then any the caller added.
type sink struct {
	table    *Table
	appender mapping.Appender
	types    []mapping.LogicalType
	chunk    mapping.DataChunk
	writers  []columnWriter
	row      int // in the chunk
	capacity int
}

// newSink begins to append to catalog.schema.relation; more are the columns
// behind the table's own. What the ENUM columns can hold is asked of the
// relation itself.
func newSink(c *duck, catalog, schema, relation string, t *Table, more ...Column) (*sink, error) {
	s := &sink{table: t, capacity: int(mapping.VectorSize())}
	if mapping.AppenderCreateExt(c.conn, catalog, schema, relation, &s.appender) == mapping.StateError {
		err := appenderError(s.appender)
		mapping.AppenderDestroy(&s.appender)
		return nil, fmt.Errorf("append to %s: %w", relation, err)
	}
	columns := append(append([]Column{}, t.Columns...), more...)
	if n := int(mapping.AppenderColumnCount(s.appender)); n != len(columns) {
		s.abandon()
		return nil, fmt.Errorf("append to %s: it has %d columns, not %d", relation, n, len(columns))
	}
	s.writers = make([]columnWriter, len(columns))
	for i := range columns {
		kind := mapping.AppenderColumnType(s.appender, mapping.IdxT(i))
		s.types = append(s.types, kind)
		s.writers[i].is(&columns[i], kind)
	}
	s.chunk = mapping.CreateDataChunk(s.types)
	s.fetch()
	return s, nil
}

// fetch gets the vectors' memory, which moves when a chunk is reset.
func (s *sink) fetch() {
	for i := range s.writers {
		s.writers[i].point(mapping.DataChunkGetVector(s.chunk, mapping.IdxT(i)))
	}
	s.row = 0
}

// put writes one value of the row in PostgreSQL's binary form.
func (s *sink) put(column int, value []byte) error {
	if err := s.writers[column].put(s.row, value); err != nil {
		return &valueError{s.table.Name, s.writers[column].name, err}
	}
	return nil
}

func (s *sink) null(column int) error {
	c := &s.writers[column]
	if !c.nullable {
		return &valueError{s.table.Name, c.name, errNull}
	}
	c.null(s.row)
	return nil
}

// next ends the row.
func (s *sink) next() error {
	s.row++
	if s.row < s.capacity {
		return nil
	}
	return s.flush()
}

func (s *sink) flush() error {
	if s.row == 0 {
		return nil
	}
	mapping.DataChunkSetSize(s.chunk, mapping.IdxT(s.row))
	if mapping.AppendDataChunk(s.appender, s.chunk) == mapping.StateError {
		return fmt.Errorf("append to %s: %w", s.table.Name, appenderError(s.appender))
	}
	mapping.DataChunkReset(s.chunk)
	s.fetch()
	return nil
}

// close appends what is left. The sink cannot be used afterwards.
func (s *sink) close() error {
	err := s.flush()
	if err == nil && mapping.AppenderFlush(s.appender) == mapping.StateError {
		err = fmt.Errorf("append to %s: %w", s.table.Name, appenderError(s.appender))
	}
	if err != nil {
		mapping.AppenderClear(s.appender)
	}
	s.abandon()
	return err
}

// abandon gives the memory back; what was not flushed is lost.
func (s *sink) abandon() {
	if s.chunk.Ptr != nil {
		mapping.DestroyDataChunk(&s.chunk)
	}
	for i := range s.types {
		mapping.DestroyLogicalType(&s.types[i])
	}
	s.types = nil
	if s.appender.Ptr != nil {
		mapping.AppenderClear(s.appender)
		mapping.AppenderDestroy(&s.appender)
	}
}

func appenderError(a mapping.Appender) error {
	data := mapping.AppenderErrorData(a)
	defer mapping.DestroyErrorData(&data)
	kind := mapping.ErrorDataErrorType(data)
	return &duckError{mapping.ErrorDataMessage(data), kind == mapping.ErrorTypeFatal || kind == mapping.ErrorTypeInternal}
}

// valueError says where a value could not be taken. It never says which value.
type valueError struct {
	table, column string
	err           error
}

func (e *valueError) Error() string { return e.table + "." + e.column + ": " + e.err.Error() }
func (e *valueError) Unwrap() error { return e.err }

var (
	errNull        = errors.New("NULL where there may be none")
	errUnknownCode = errors.New("a code that its code table does not have")
	errWidth       = errors.New("a value of another width than its type")
	errRange       = errors.New("a value beyond its type")
)
