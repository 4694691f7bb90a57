// Raw connections to DuckDB, beside database/sql: for appending data chunks without a
// copy, and for statements whose transaction the follower keeps.

package warehouse

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// duck is a raw connection to the database that database/sql has open too:
// the follower's and the loader's, which append data chunks without a copy.
// One goroutine uses it at a time; only interrupt may be called from others.
type duck struct {
	db        mapping.Database
	shared    bool // db is another one's to close
	conn      mapping.Connection
	keyFilter *keyFilter // of the follower's connection; it lives as long as db

	mu     sync.Mutex // guards closed against interrupt
	closed bool
}

// noFiles is the setting that lets a query reach files and the network.
const noFiles = "enable_external_access"

// settings are those of every build's instance. Raw connections and those of
// database/sql must agree on them to the letter. No file but the build's own
// can be reached, and nothing is fetched.
func settings(memory string, threads int) map[string]string {
	s := map[string]string{
		noFiles:                        "false",
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
		"allow_community_extensions":   "false",
		"memory_limit":                 memory,
		// A checkpoint looks through every row group, and whoever commits waits for it.
		"checkpoint_threshold": "128MB",
		// A join with up to so many keys looks only into row groups that can hold
		// one of them: changes lie close together more often than not.
		"dynamic_or_filter_threshold": "2500",
		// ASOF joins sort both sides. DuckDB takes nested loops for a left side of
		// which it expects few rows, and it expects none of a table made in the same
		// transaction: half a million rows then take minutes and not a second.
		"asof_loop_join_threshold": "0",
	}
	if threads > 0 {
		s["threads"] = fmt.Sprint(threads)
	}
	return s
}

func connectDuck(path string, settings map[string]string) (*duck, error) {
	var config mapping.Config
	if mapping.CreateConfig(&config) == mapping.StateError {
		return nil, fmt.Errorf("configure DuckDB")
	}
	defer mapping.DestroyConfig(&config)
	set := func(name, value string) error {
		if mapping.SetConfig(config, name, value) == mapping.StateError {
			return fmt.Errorf("DuckDB refuses the setting %s=%s", name, value)
		}
		return nil
	}
	if err := set("duckdb_api", "go"); err != nil {
		return nil, err
	}
	for name, value := range settings {
		if err := set(name, value); err != nil {
			return nil, err
		}
	}
	d := &duck{}
	var message string
	if mapping.GetOrCreateFromCache(duckdb.GetInstanceCache(), path, &d.db, config, &message) == mapping.StateError {
		mapping.Close(&d.db)
		return nil, fmt.Errorf("open %s: %s", path, message)
	}
	if mapping.Connect(d.db, &d.conn) == mapping.StateError {
		mapping.Close(&d.db)
		return nil, fmt.Errorf("connect to %s", path)
	}
	return d, nil
}

// another connects once more to the same instance and build, for less long.
func (d *duck) another() (*duck, error) {
	c := &duck{db: d.db, shared: true}
	if mapping.Connect(d.db, &c.conn) == mapping.StateError {
		return nil, fmt.Errorf("connect to DuckDB again")
	}
	if err := c.exec(useBuild); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (d *duck) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	mapping.Disconnect(&d.conn)
	if !d.shared {
		mapping.Close(&d.db)
	}
}

func (d *duck) interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		mapping.Interrupt(d.conn)
	}
}

// interruptOn ends a running statement when ctx ends; the returned function stops
// watching: after it, no statement is ended any more.
func (d *duck) interruptOn(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		d.interrupt()
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

// duckError is what DuckDB answered. fatal: the file or the instance cannot be
// used any more.
type duckError struct {
	message string
	fatal   bool
}

func (e *duckError) Error() string { return e.message }

func (d *duck) exec(statement string) error {
	_, err := d.run(statement)
	return err
}

// transaction runs statements in one.
func (d *duck) transaction(statements ...string) error {
	for _, s := range slices.Concat([]string{"BEGIN TRANSACTION"}, statements, []string{"COMMIT"}) {
		if err := d.exec(s); err != nil {
			d.exec("ROLLBACK") // a failure leaves nothing either
			return err
		}
	}
	return nil
}

// run executes one statement and returns how many rows it changed.
func (d *duck) run(statement string) (int64, error) {
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(d.conn, statement, &result) == mapping.StateError {
		return 0, resultError(&result)
	}
	return int64(mapping.RowsChanged(&result)), nil
}

// integers returns the first row, whose columns are all BIGINT; nil if none.
func (d *duck) integers(query string) ([]int64, error) {
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(d.conn, query, &result) == mapping.StateError {
		return nil, resultError(&result)
	}
	chunk := mapping.FetchChunk(result)
	if chunk.Ptr == nil {
		return nil, nil
	}
	defer mapping.DestroyDataChunk(&chunk)
	if mapping.DataChunkGetSize(chunk) == 0 {
		return nil, nil
	}
	row := make([]int64, mapping.ColumnCount(&result))
	for i := range row {
		if mapping.ColumnType(&result, mapping.IdxT(i)) != mapping.TypeBigInt {
			return nil, fmt.Errorf("column %d of %q is no BIGINT", i, query)
		}
		row[i] = *(*int64)(mapping.VectorGetData(mapping.DataChunkGetVector(chunk, mapping.IdxT(i))))
	}
	return row, nil
}

// texts are the rows of one VARCHAR column, in which nothing is NULL.
func (d *duck) texts(query string) (all []string, err error) {
	err = d.chunks(query, func(chunk mapping.DataChunk) {
		data := mapping.VectorGetData(mapping.DataChunkGetVector(chunk, 0))
		for i := range uintptr(mapping.DataChunkGetSize(chunk)) {
			all = append(all, string(stringAt(unsafe.Add(data, 16*i))))
		}
	})
	return all, err
}

// chunks calls fn with each chunk of a query's rows, which is fn's for as long as
// it runs.
func (d *duck) chunks(query string, fn func(chunk mapping.DataChunk)) error {
	var result mapping.Result
	defer mapping.DestroyResult(&result)
	if mapping.Query(d.conn, query, &result) == mapping.StateError {
		return resultError(&result)
	}
	for {
		chunk := mapping.FetchChunk(result)
		if chunk.Ptr == nil {
			return nil
		}
		fn(chunk)
		mapping.DestroyDataChunk(&chunk)
	}
}

// stringAt is the VARCHAR that lies at a place of a vector: up to 12 bytes in
// the vector itself.
func stringAt(p unsafe.Pointer) []byte {
	n := *(*uint32)(p)
	if n <= 12 {
		return unsafe.Slice((*byte)(unsafe.Add(p, 4)), n)
	}
	return unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n)
}

func resultError(result *mapping.Result) error {
	kind := mapping.ResultErrorType(result)
	return &duckError{mapping.ResultError(result), kind == mapping.ErrorTypeFatal || kind == mapping.ErrorTypeInternal}
}
