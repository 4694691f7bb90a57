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
	"sync"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// build is one file of the warehouse, open. Whoever uses it holds it; a build
// that another has replaced is deleted when the last holder lets go.
type build struct {
	number int
	folder *folder
	raw    *duck   // the follower's connection
	reads  *sql.DB // pool of Read
	writes *sql.DB // the one connection of Write
	file   os.FileInfo

	// What follows is the follower's own.
	at           position
	tables       map[string]*Table // that are followed
	ordered      []*Table          // the same, as given: code tables before what refers to them
	stale        []stale           // that must be loaded again before they are
	dictionaries *dictionaries     // nil: the file is of another form, nothing of it can be followed
	followed     bool              // by this process: what is noted here may differ from the file

	idle atomic.Pointer[idle]

	mu      sync.Mutex
	holders int
	retired bool
	closed  bool
	shut    bool          // DuckDB has given the database up: the file must be opened again
	shuts   recently      // when it did
	opening chan struct{} // holds one: who opens it again
}

// idle says that nothing was pending at a time: facts that hold everything up
// to last also hold everything committed before asAt.
type idle struct {
	last uint64
	lsn  uint64
	asAt time.Time
}

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
	if b.raw.sieve, err = newSieve(b.raw); err != nil {
		return nil, err
	}
	b.file, err = os.Stat(path)
	return b, err
}

// finish gives a build that holds its facts the memory to answer questions of them,
// and makes its settings final.
func (b *build) finish(o *Options) error {
	threads := "RESET threads"
	if o.Threads > 0 {
		threads = fmt.Sprint("SET threads = ", o.Threads)
	}
	for _, s := range []string{"SET memory_limit = " + literal(o.MemoryLimit), threads} {
		if err := b.raw.exec(s); err != nil {
			return err
		}
	}
	return b.raw.exec("SET lock_configuration = true")
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

func readPosition(ctx context.Context, conn *sql.Conn) (position, error) {
	var p position
	var asAt int64
	err := conn.QueryRowContext(ctx, `/* warehouse.readPosition */ SELECT build, system, timeline, database, slot,
		epoch, next_epoch, lsn, as_at, last_end, last_commit, last_xid, last_at, fingerprint
		FROM warehouse.position`).Scan(&p.Build, &p.System, &p.Timeline, &p.Database, &p.Slot,
		&p.Epoch, &p.next, &p.LSN, &asAt, &p.last.end, &p.last.commit, &p.last.xid, &p.last.at, &p.fingerprint)
	if err != nil {
		return p, fmt.Errorf("read the position: %w", err)
	}
	p.AsAt = time.UnixMicro(asAt).UTC()
	return p, nil
}

// now is the position of a snapshot, with what is known since the row was
// written: that nothing more was pending.
func (b *build) now(p position) Position {
	if i := b.idle.Load(); i != nil && i.last == p.last.end {
		if i.lsn > p.LSN {
			p.LSN = i.lsn
		}
		p.AsAt = i.asAt // which was known later than the row was written
	}
	return p.Position
}

// settled notes that nothing was pending. What a stream before knew of the same
// facts, and the file does not, still holds: an answer is never as at an earlier
// time than the one before.
func (b *build) settled(i *idle) {
	if was := b.idle.Load(); was == nil || was.last != i.last || was.lsn <= i.lsn && !was.asAt.After(i.asAt) {
		b.idle.Store(i)
	}
}

// errGone means that another build has replaced this one.
var errGone = errors.New("the build is gone")

// hold keeps the build open. It opens the file again before if DuckDB has given
// it up.
func (b *build) hold(ctx context.Context, o *Options) error {
	for {
		b.mu.Lock()
		closed, shut := b.closed || b.retired, b.shut // one that is retired may be deleted at any moment
		if !closed && !shut {
			b.holders++
		}
		b.mu.Unlock()
		if closed {
			return errGone
		}
		if !shut {
			return nil
		}
		if err := b.reopen(ctx, o); err != nil {
			return fmt.Errorf("open build %d again: %w", b.number, b.folder.inWords(err))
		}
	}
}

// errShut ends a stream whose build must be opened again.
var errShut = errors.New("the file of the warehouse must be opened again")

func (b *build) isShut() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shut
}

// giveUp notes that DuckDB has given the database up, and says how often it did
// lately.
func (b *build) giveUp(now time.Time) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.shut { // else others said so already
		b.shut = true
		b.shuts.again(now)
	}
	return len(b.shuts)
}

// reopen opens the file again, once those who hold it have let go: everything
// that they ask fails.
func (b *build) reopen(ctx context.Context, o *Options) error {
	select {
	case b.opening <- struct{}{}:
		defer func() { <-b.opening }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		b.mu.Lock()
		if b.closed || !b.shut {
			b.mu.Unlock()
			return nil // another was faster
		}
		if b.holders == 0 {
			b.holders++
			b.mu.Unlock()
			break
		}
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer b.release()
	b.mu.Lock()
	b.disconnect()
	b.mu.Unlock()
	n, err := openBuild(ctx, b.folder, o, b.number)
	if err != nil {
		return err
	}
	o.Log.Info("the warehouse's file was opened again", "build", b.number)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return n.close()
	}
	b.shut = false
	b.raw, b.reads, b.writes, b.file = n.raw, n.reads, n.writes, n.file
	b.at, b.tables, b.ordered, b.stale, b.dictionaries = n.at, n.tables, n.ordered, n.stale, n.dictionaries
	b.idle.Store(nil)
	return nil
}

func (b *build) release() {
	b.mu.Lock()
	b.holders--
	last := b.retired && b.holders == 0
	b.mu.Unlock()
	if last {
		b.discard()
	}
}

// retire has the build deleted once nobody holds it.
func (b *build) retire() {
	b.mu.Lock()
	b.retired = true
	last := b.holders == 0
	b.mu.Unlock()
	if last {
		b.discard()
	}
}

// discard closes and deletes the build. What cannot be deleted now is swept at
// the next start.
func (b *build) discard() error {
	err := errors.Join(b.close(), b.folder.remove(b.number))
	b.folder.reach("deleted")
	return err
}

func (b *build) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	return b.disconnect()
}

func (b *build) disconnect() error {
	var errs []error
	for _, db := range []*sql.DB{b.reads, b.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if b.raw != nil {
		b.raw.close()
	}
	b.reads, b.writes, b.raw = nil, nil, nil
	return errors.Join(errs...)
}
