// Opening a build's file: its instance of DuckDB, its connections, and what it holds.

package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// createBuild makes a new, empty file. Its tables are made by the loader.
func createBuild(f *folder, o *Options) (*build, error) {
	number, err := f.number()
	if err != nil {
		return nil, fmt.Errorf("number a new build of the warehouse: %w", err)
	}
	b, err := connectBuild(f, o, number)
	if err != nil {
		return nil, err
	}
	err = b.raw.transaction("CREATE SCHEMA warehouse", "CREATE SCHEMA facts", "CREATE SCHEMA results",
		positionTable, followedTable, "CREATE TABLE warehouse.leaf (oid BIGINT)")
	if err != nil {
		b.close()
		return nil, fmt.Errorf("make build %d: %w", number, err)
	}
	b.dictionaries = newDictionaries()
	return b, nil
}

// openBuild opens an existing file and reads enough of it to know that it is
// whole and one of ours.
func openBuild(ctx context.Context, f *folder, o *Options, number int) (*build, error) {
	if _, err := os.Stat(f.file(number)); err != nil {
		return nil, err
	}
	b, err := connectBuild(f, o, number)
	// The folder is ours alone: who still has the file is on its way out.
	for end := time.Now().Add(10 * time.Second); err != nil && strings.Contains(err.Error(), "Could not set lock") && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
		b, err = connectBuild(f, o, number)
	}
	if err != nil {
		return nil, err
	}
	if err := b.inspect(ctx, o); err != nil {
		b.close()
		return nil, fmt.Errorf("read build %d: %w", number, err)
	}
	return b, nil
}

// loadMemory is DuckDB's limit while a build is loaded: what is written need not
// be kept in memory too.
const loadMemory = "256MB"

// useBuild makes the build's file the database of a connection.
const useBuild = "USE build"

// instances counts DuckDB's databases that this process opened.
var instances atomic.Int64

// connectBuild opens a build's file. It is attached to an instance of DuckDB whose
// own file is another, in which nothing is, so that the build can be opened again
// while the instance before it is still on its way out.
func connectBuild(f *folder, o *Options, number int) (_ *build, err error) {
	path := f.file(number)
	// Each time another name: DuckDB waits, for ever if need be, until an instance
	// of the same name that is being closed has gone.
	instance := fmt.Sprintf("%s.instance-%d", path, instances.Add(1))
	before, err := filepath.Glob(path + ".instance*")
	if err != nil {
		return nil, err
	}
	for _, old := range before {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	set := settings(o.MemoryLimit, o.Threads)
	delete(set, noFiles) // but for the build's own
	_, err = os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		set["memory_limit"], set["threads"] = loadMemory, "1"
	}
	b := &build{number: number, folder: f, tables: map[string]*Table{}, opening: make(chan struct{}, 1)}
	for _, t := range pointers(o.Tables) {
		b.tables[t.Name] = t
		b.ordered = append(b.ordered, t)
	}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	// DuckDB's own threads, which this starts, keep their priority: the follower
	// waits for what they do of its statements.
	if b.raw, err = connectDuck(instance, set); err != nil {
		return nil, err
	}
	if b.reads, err = openPool(instance, set, o.Readers); err != nil {
		return nil, err
	}
	if b.writes, err = openPool(instance, set, 1); err != nil {
		return nil, err
	}
	for _, s := range []string{
		"ATTACH " + literal(path) + " AS build",
		useBuild,
		"SET " + noFiles + " = false",
	} {
		if err := b.raw.exec(s); err != nil {
			return nil, err
		}
	}
	if !fresh {
		if err := b.finish(o); err != nil {
			return nil, err
		}
	}
	if b.raw.keyFilter, err = newKeyFilter(b.raw); err != nil {
		return nil, err
	}
	b.file, err = os.Stat(path)
	return b, err
}

// finish gives a build that holds its facts the memory and the threads to answer
// questions of them, and makes its settings final, but for the threads.
func (b *build) finish(o *Options) error {
	threads := "RESET threads"
	if o.Threads > 0 {
		threads = fmt.Sprint("SET threads = ", o.Threads)
	} else {
		rows, err := b.raw.integers(countFacts)
		if err != nil {
			return err
		}
		if b.few.Store(rows[0] < fewFacts); b.few.Load() {
			threads = "SET threads = 1"
		}
	}
	for _, s := range []string{"SET memory_limit = " + literal(o.MemoryLimit), threads, "SET allowed_configs = ['threads']"} {
		if err := b.raw.exec(s); err != nil {
			return err
		}
	}
	b.counted.Store(time.Now().Unix())
	return b.raw.exec("SET lock_configuration = true")
}

// Of fewer facts than fewFacts, each connection computes what it is asked by itself:
// DuckDB's threads would wait for one another, turning in circles, for longer than they
// work. Ten indicators over 100,000 facts, two processors, both busy with other things
// too: 2.4 s of processor with one thread, 3.6 s with two, and done in 8 s, not 13.
const (
	fewFacts   = 1_000_000
	countFacts = `SELECT coalesce(sum(estimated_size), 0)::BIGINT FROM duckdb_tables() WHERE database_name = 'build' AND schema_name = 'facts'`
)

// useThreads gives DuckDB its threads once there are as many facts; it looks at most
// once a minute. Call it with the build acquired.
func (b *build) useThreads(ctx context.Context, many int64) error {
	last, now := b.counted.Load(), time.Now().Unix()
	if !b.few.Load() || now-last < 60 || !b.counted.CompareAndSwap(last, now) {
		return nil
	}
	var rows int64
	if err := b.reads.QueryRowContext(ctx, "/* build.useThreads */ "+countFacts).Scan(&rows); err != nil || rows < many {
		return err
	}
	if _, err := b.reads.ExecContext(ctx, "/* build.useThreads */ RESET threads"); err != nil {
		return err
	}
	b.few.Store(false)
	return nil
}

// openPool opens connections of database/sql to an instance that is open.
func openPool(instance string, set map[string]string, size int) (*sql.DB, error) {
	values := url.Values{}
	for name, value := range set {
		values.Set(name, value)
	}
	connector, err := duckdb.NewConnector(instance+"?"+values.Encode(), func(c driver.ExecerContext) error {
		_, err := c.ExecContext(context.Background(), useBuild, nil) // takes no time
		return err
	})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// inspect reads position and codes and touches every table. What was known
// before is forgotten.
func (b *build) inspect(ctx context.Context, o *Options) error {
	conn, err := b.reads.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if b.at, err = readPosition(ctx, conn); err != nil {
		return err
	}
	if b.at.Build != b.number {
		return fmt.Errorf("the file is that of build %d", b.at.Build)
	}
	if b.at.fingerprint != fingerprint(o.Publication) {
		return nil // to be built again; what it holds is read as it is
	}
	if err := b.adapt(ctx, conn, o.Tables); err != nil {
		return err
	}
	b.dictionaries = newDictionaries()
	for _, t := range b.ordered {
		var rows int64
		if err := conn.QueryRowContext(ctx, "/* build.inspect */ SELECT count(*) FROM facts."+quote(t.Name)).Scan(&rows); err != nil {
			return err
		}
		for i := range t.Columns {
			if c := &t.Columns[i]; c.Type == Code && b.dictionaries.codes[c.Codes] == nil {
				if err := b.readCodes(ctx, conn, t, c); err != nil {
					return err
				}
			}
		}
	}
	for _, t := range b.ordered { // those of which no column is left
		if t.Codes && b.dictionaries.codes[t.Name] == nil {
			if err := b.dictionaries.read(b.raw, t, t.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// readCodes takes a code table's dictionary from the ENUM type of a column.
func (b *build) readCodes(ctx context.Context, conn *sql.Conn, t *Table, c *Column) error {
	var kind string
	err := conn.QueryRowContext(ctx, `/* build.readCodes */ SELECT data_type FROM duckdb_columns()
		WHERE schema_name = 'facts' AND table_name = ? AND column_name = ?`, t.Name, c.Name).Scan(&kind)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "ENUM(") {
		return fmt.Errorf("column %s.%s is no ENUM", t.Name, c.Name)
	}
	rows, err := conn.QueryContext(ctx, `/* build.readCodes */ SELECT unnest(enum_range(CAST(NULL AS `+kind+`)))`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return err
		}
		b.dictionaries.add(c.Codes, code)
	}
	return rows.Err()
}
