// The record store as the follower's role sees it: connections, identity, publication,
// partitions.

package warehouse

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// readBuffer is how much is read from PostgreSQL at a time: a load of millions of
// rows would ask the kernel for every 8 kB otherwise.
const readBuffer = 128 << 10

// source is the record store, as the follower's role sees it.
type source struct {
	config         *pgconn.Config
	application    string // tells our own connections from another follower's
	slot           string
	publication    string
	tables         []Table
	silenceTimeout time.Duration
}

func newSource(o *Options) (*source, error) {
	config, err := pgconn.ParseConfig(o.SourceURL)
	if err != nil {
		return nil, errors.New("the address of the record store cannot be read") // the parser's error may hold its password
	}
	host, _ := os.Hostname() // only a name; without it the folder must do
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(host + "\x00" + dir))
	config.ConnectTimeout = min(10*time.Second, o.SilenceTimeout)
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readBuffer), w)
	}
	s := &source{config, fmt.Sprintf("onevision warehouse %x", sum[:6]), o.Slot, o.Publication, o.Tables, o.SilenceTimeout}
	config.DialFunc = s.dialWatched
	for name, value := range map[string]string{
		"application_name": s.application,
		"client_encoding":  "UTF8",
		"datestyle":        "ISO, YMD",
		"timezone":         "UTC",
		// A long load must not be cut off by limits made for people.
		"statement_timeout":                   "0",
		"idle_in_transaction_session_timeout": "0",
		"lock_timeout":                        "0",
		"synchronous_commit":                  "on",
		// With off, PostgreSQL refuses every table under row-level security,
		// also where the role's own policy lets every row through (tried).
		// What off is for, an error instead of missing rows, checkRowSecurity does.
		"row_security": "on",
	} {
		config.RuntimeParams[name] = value
	}
	return s, nil
}

// connect opens an ordinary connection; replication opens one that can also
// be told to stream.
func (s *source) connect(ctx context.Context) (*pgconn.PgConn, error) { return s.dial(ctx, "") }
func (s *source) replication(ctx context.Context) (*pgconn.PgConn, error) {
	return s.dial(ctx, "database")
}

func (s *source) dial(ctx context.Context, replication string) (*pgconn.PgConn, error) {
	conn, err := pgconn.ConnectConfig(ctx, s.settings(replication))
	if err != nil {
		return nil, fmt.Errorf("connect to the record store: %w", err)
	}
	if e := watchdogOf(conn); e != nil {
		e.pid.Store(conn.PID())
	}
	return conn, nil
}

func (s *source) settings(replication string) *pgconn.Config {
	config := s.config.Copy()
	if replication != "" {
		config.RuntimeParams["replication"] = replication
		// The server gives up a follower that is silent as the follower gives up
		// the server; in a long transaction that holds nothing for us, it speaks
		// after half of this time.
		config.RuntimeParams["wal_sender_timeout"] = strconv.FormatInt(s.silenceTimeout.Milliseconds(), 10)
	}
	return config
}

// query runs statements by the simple protocol, the only one of a replication
// connection, and returns the last one's rows as text; NULL is "".
func query(ctx context.Context, conn *pgconn.PgConn, statement string) ([][]string, error) {
	results, err := conn.Exec(ctx, statement).ReadAll()
	if err != nil {
		return nil, explainSilence(conn, err)
	}
	if len(results) == 0 {
		return nil, nil
	}
	last := results[len(results)-1]
	rows := make([][]string, len(last.Rows))
	for i, r := range last.Rows {
		rows[i] = make([]string, len(r))
		for j, v := range r {
			rows[i][j] = string(v)
		}
	}
	return rows, nil
}

// one is query for exactly one row.
func one(ctx context.Context, conn *pgconn.PgConn, statement string) ([]string, error) {
	rows, err := query(ctx, conn, statement)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("%d rows instead of one from %q", len(rows), statement)
	}
	return rows[0], nil
}

// identity is which server this is and how far its log is flushed.
type identity struct {
	system   string
	timeline int
	database string
	flushed  uint64
}

func identify(ctx context.Context, conn *pgconn.PgConn) (identity, error) {
	row, err := one(ctx, conn, "IDENTIFY_SYSTEM")
	if err != nil {
		return identity{}, fmt.Errorf("identify the record store: %w", err)
	}
	id := identity{system: row[0], database: row[3]}
	if id.timeline, err = strconv.Atoi(row[1]); err != nil {
		return identity{}, fmt.Errorf("identify the record store: %w", err)
	}
	if id.flushed, err = parseLSN(row[2]); err != nil {
		return identity{}, err
	}
	// Nothing can be said of its slots before it is the one that is written to.
	if row, err = one(ctx, conn, "/* identify */ SELECT pg_is_in_recovery()"); err != nil {
		return identity{}, fmt.Errorf("identify the record store: %w", err)
	}
	if row[0] == "t" {
		return identity{}, errors.New("this PostgreSQL is a standby of the record store: it can be followed once it is promoted")
	}
	return id, nil
}

// check refuses a publication that cannot be followed. unfit are the tables that
// it does not carry as they are declared, with what is wrong.
func (s *source) check(ctx context.Context, conn *pgconn.PgConn) (unfit map[string]string, err error) {
	row, err := query(ctx, conn, `/* source.check */ SELECT pubviaroot, pubinsert AND pubupdate AND pubdelete AND pubtruncate,
		current_setting('wal_level') FROM pg_publication WHERE pubname = `+literal(s.publication))
	if err != nil {
		return nil, fmt.Errorf("look at the publication: %w", err)
	}
	switch {
	case len(row) == 0:
		return nil, fmt.Errorf("the record store has no publication %s", s.publication)
	case row[0][0] != "t" || row[0][1] != "t":
		return nil, fmt.Errorf("the publication %s must publish every operation, and via the partition root", s.publication)
	case row[0][2] != "logical":
		return nil, fmt.Errorf("the record store's wal_level is %s: logical replication needs logical", row[0][2])
	}
	rows, err := query(ctx, conn, `/* source.check */ SELECT t.tablename, a.attname, a.atttypid
		FROM pg_publication_tables t JOIN pg_attribute a ON a.attrelid = format('%I.%I', t.schemaname, t.tablename)::regclass AND a.attname = ANY (t.attnames)
		WHERE t.pubname = `+literal(s.publication)+` AND t.schemaname = 'public'`)
	if err != nil {
		return nil, fmt.Errorf("look at the publication: %w", err)
	}
	published := map[[2]string]uint32{}
	for _, r := range rows {
		oid, err := strconv.ParseUint(r[2], 10, 32)
		if err != nil {
			return nil, err
		}
		published[[2]string{r[0], r[1]}] = uint32(oid)
	}
	unfit = map[string]string{}
	for _, t := range s.tables {
		var missing, wrong []string
		for _, c := range t.Columns {
			switch oid := published[[2]string{t.Name, c.Name}]; {
			case oid == 0:
				missing = append(missing, c.Name)
			case !c.Type.takes(oid):
				wrong = append(wrong, fmt.Sprintf("the column %s has another type in the record store than the program expects", c.Name))
			}
		}
		if len(missing) == len(t.Columns) {
			wrong = append(wrong, fmt.Sprintf("the publication %s does not carry it", s.publication))
		} else if len(missing) > 0 {
			wrong = append(wrong, fmt.Sprintf("the publication %s does not carry %s of it", s.publication, strings.Join(missing, ", ")))
		}
		if len(wrong) > 0 {
			unfit[t.Name] = strings.Join(wrong, ", ")
		}
	}
	return unfit, nil
}

// fit is an error if one of these tables cannot be followed as it is.
func (s *source) fit(ctx context.Context, conn *pgconn.PgConn, tables []*Table) error {
	unfit, err := s.check(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if reason := unfit[t.Name]; reason != "" {
			return fmt.Errorf("%s: %s; is the record store of another release?", t.Name, reason)
		}
	}
	return nil
}

// leaf is a table that holds rows: a partition, or a table without any.
type leaf struct {
	table *Table
	oid   string
	name  string
	bytes int64
	rows  int64 // PostgreSQL's estimate
}

// leaves lists what is to be copied.
func (s *source) leaves(ctx context.Context, conn *pgconn.PgConn) ([]leaf, error) {
	var all []leaf
	for i := range s.tables {
		t := &s.tables[i]
		rows, err := query(ctx, conn, `/* source.leaves */
			WITH RECURSIVE tree AS (
				SELECT to_regclass(`+literal("public."+quote(t.Name))+`)::oid AS oid
				UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
			SELECT c.oid, c.relname, pg_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
			FROM tree JOIN pg_class c ON c.oid = tree.oid
			WHERE c.relkind = 'r' ORDER BY c.relname`)
		if err != nil {
			return nil, fmt.Errorf("list the partitions of %s: %w", t.Name, err)
		}
		for _, r := range rows {
			l := leaf{table: t, oid: r[0], name: r[1]}
			l.bytes, _ = strconv.ParseInt(r[2], 10, 64) // only to plan with
			l.rows, _ = strconv.ParseInt(r[3], 10, 64)
			all = append(all, l)
		}
	}
	return all, nil
}

// checkRowSecurity refuses tables of which a policy hides rows from the follower: PostgreSQL
// would copy what is left without a word, while the stream brings all.
func (s *source) checkRowSecurity(ctx context.Context, conn *pgconn.PgConn, tables []*Table, leaves []leaf) error {
	oids := []string{"0"}
	for _, l := range leaves {
		oids = append(oids, l.oid)
	}
	for _, t := range tables {
		oids = append(oids, "coalesce(to_regclass("+literal("public."+quote(t.Name))+")::oid, 0)")
	}
	rows, err := query(ctx, conn, `/* source.checkRowSecurity */ SELECT c.relname FROM pg_class c
		WHERE c.oid IN (`+strings.Join(oids, ", ")+`) AND row_security_active(c.oid)
		AND NOT (EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
				AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(r, 'USAGE')))
				AND pg_get_expr(p.polqual, p.polrelid) = 'true')
			AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*')
				AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(r, 'USAGE')))))
		ORDER BY c.relname`)
	if err != nil {
		return fmt.Errorf("look at the policies of the facts: %w", err)
	}
	if len(rows) > 0 {
		return fmt.Errorf("row-level security hides rows of %s from the follower: its role needs a policy USING (true) there", rows[0][0])
	}
	return nil
}

// copyOut is the statement that sends a leaf's facts. It names the columns: the
// role may read no other.
func (l *leaf) copyOut() string {
	return "COPY public." + quote(l.name) + " (" + l.table.list("") + ") TO STDOUT (FORMAT binary)"
}

// state asks for SQLSTATE classes that decide what to do.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// newEpoch is a random UUID.
func newEpoch() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func serverTime(ctx context.Context, conn *pgconn.PgConn) (time.Time, error) {
	row, err := one(ctx, conn, "/* warehouse.serverTime */ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the record store's time: %w", err)
	}
	n, err := strconv.ParseInt(row[0], 10, 64)
	return time.UnixMicro(n).UTC(), err
}

func closeConn(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx) // of no interest: it is not used again
}
