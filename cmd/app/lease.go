package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records/schema"
)

// A lease is the right to serve a database: one program has it. It is a session
// lock in PostgreSQL, which ends with the session however the program ends, and a
// row that says who has it. Roles, passwords, the schema and the replication slot
// are touched only by who has the lease, or while nobody has it.
type lease struct {
	conn   *pgx.Conn
	holder Holder
}

// Holder is the program that serves a database.
type Holder struct {
	Host   string
	PID    int
	Folder string // its data folder, on its host
	Since  time.Time
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "a program that is just starting"
	}
	return fmt.Sprintf("process %d on %s with the data folder %s, since %s", h.PID, h.Host, h.Folder, h.Since.Local().Format("2 January 2006 at 15:04:05"))
}

// ServedError says that another program serves the database.
type ServedError struct{ Holder Holder }

func (e *ServedError) Error() string {
	return fmt.Sprintf("another program serves this database: %s; stop it first, or start this one with --take-over, which stops it", e.Holder)
}

// ErrTakenOver ends a program whose database another one serves now.
var ErrTakenOver = errors.New("another program has taken this database over: this one has stopped serving")

const (
	leaseKey     = 0x4f56_0003 << 32 // apart from other uses of advisory locks
	leaseChannel = "onevision_take_over"
	// A program that was killed still has its session for a moment.
	leasePatience = 3 * time.Second
	// A program that is asked to stop finishes its requests.
	takeOverPatience = 40 * time.Second
)

// leaseConnect opens a session that ends soon after its program's machine does.
func leaseConnect(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("read the address of the record store: it is not a postgres:// URL")
	}
	config.ConnectTimeout = 10 * time.Second
	for name, value := range map[string]string{"application_name": "onevision lease", "idle_session_timeout": "0",
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the record store: %w", err)
	}
	return conn, nil
}

// served says which program serves the database of a session, nil if none does.
func served(ctx context.Context, conn *pgx.Conn) (*Holder, error) {
	var held bool
	err := conn.QueryRow(ctx, `/* app.served */ SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = ($1::bigint >> 32)::oid AND objid = 0)`, int64(leaseKey)).Scan(&held)
	if err != nil || !held {
		return nil, err
	}
	h, err := readHolder(ctx, conn)
	return &h, err
}

// readHolder reads the row that the holder wrote; it may not have come to that.
func readHolder(ctx context.Context, conn *pgx.Conn) (h Holder, err error) {
	var there bool
	if err := conn.QueryRow(ctx, `/* app.readHolder */ SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'onevision_private' AND tablename = 'lease')`).Scan(&there); err != nil || !there {
		return h, err
	}
	err = conn.QueryRow(ctx, `/* app.readHolder */ SELECT host, pid, folder, since FROM onevision_private.lease`).Scan(&h.Host, &h.PID, &h.Folder, &h.Since)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return h, err
}

// takeLease waits for the lease: for a moment, in which a killed program's session
// ends, or with takeOver until the holder has stopped. A holder that does not
// stop loses its session.
func takeLease(ctx context.Context, address, folder string, takeOver bool) (l *lease, err error) {
	conn, err := leaseConnect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.Close(context.WithoutCancel(ctx))
		}
	}()
	l = &lease{conn: conn, holder: Holder{PID: os.Getpid(), Folder: folder, Since: time.Now()}}
	if l.holder.Host, err = os.Hostname(); err != nil {
		return nil, err
	}
	patience, ended := leasePatience, false
	if takeOver {
		patience = takeOverPatience
	}
	for deadline, asked := time.Now().Add(patience), false; ; {
		got, err := l.try(ctx)
		if err != nil || got {
			return l, err
		}
		if takeOver && !asked {
			asked = true
			if kept, err := schema.HasKeptPasswords(ctx, conn); err != nil || !kept {
				h, e := readHolder(ctx, conn)
				return nil, errors.Join(err, e, fmt.Errorf("this database is the private one of a running program (%s) and stops with it: it cannot be taken over", h))
			}
			if _, err := conn.Exec(ctx, `/* app.takeLease */ SELECT pg_notify($1, $2)`, leaseChannel, l.holder.String()); err != nil {
				return nil, err
			}
		}
		if time.Now().After(deadline) {
			h, err := readHolder(ctx, conn)
			if err != nil {
				return nil, err
			}
			if !takeOver || ended {
				return nil, &ServedError{h}
			}
			ended, deadline = true, time.Now().Add(leasePatience)
			_, err = conn.Exec(ctx, `/* app.takeLease */ SELECT pg_terminate_backend(pid, 1000) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = ($1::bigint >> 32)::oid AND objid = 0`, int64(leaseKey))
			if err != nil {
				return nil, fmt.Errorf("end the session of %s: %w", h, err)
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try takes the lock if it is free.
func (l *lease) try(ctx context.Context) (got bool, err error) {
	err = l.conn.QueryRow(ctx, `/* app.lease */ SELECT pg_try_advisory_lock($1)`, int64(leaseKey)).Scan(&got)
	return got, err
}

// write says who has the lease, once there is a schema to say it in.
func (l *lease) write(ctx context.Context) error {
	if err := schema.EnsurePrivate(ctx, l.conn); err != nil {
		return fmt.Errorf("note who serves the record store: %w", err)
	}
	h := l.holder
	_, err := l.conn.Exec(ctx, `/* app.lease */ INSERT INTO onevision_private.lease AS l (host, pid, folder, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (only_row) DO UPDATE SET host = $1, pid = $2, folder = $3, since = $4`, h.Host, h.PID, h.Folder, h.Since)
	if err == nil {
		_, err = l.conn.Exec(ctx, `LISTEN `+leaseChannel)
	}
	if err != nil {
		return fmt.Errorf("note who serves the record store: %w", err)
	}
	return nil
}

// keepLease returns ErrTakenOver when another program wants the lease or has it,
// and nil when ctx ends. A session that PostgreSQL lost is made anew; meanwhile
// nobody can have taken over whom it would not find here.
func (env *Environment) keepLease(ctx context.Context) error {
	if env.lease == nil { // a test, or a benchmark
		return nil
	}
	for {
		n, err := env.lease.conn.WaitForNotification(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			env.Log.Warn("another program takes this database over", "taken_by", n.Payload)
			return fmt.Errorf("%w (%s)", ErrTakenOver, n.Payload)
		}
		if err := env.renewLease(ctx); err != nil {
			return err
		}
	}
}

// renewLease takes the lease on a new session, as soon as there can be one.
func (env *Environment) renewLease(ctx context.Context) error {
	env.lease.conn.Close(ctx)
	for {
		conn, err := leaseConnect(ctx, env.AdminURL)
		if err == nil {
			l := &lease{conn: conn, holder: env.lease.holder}
			var got bool
			if got, err = l.try(ctx); err == nil && got {
				if err = l.write(ctx); err == nil {
					env.lease = l
					return nil
				}
			}
			if err == nil { // of this program the lost session may still be there, for a moment
				if h, e := readHolder(ctx, conn); e == nil && (h.PID != l.holder.PID || h.Host != l.holder.Host) {
					conn.Close(context.WithoutCancel(ctx))
					return fmt.Errorf("%w (%s)", ErrTakenOver, h)
				}
			}
			conn.Close(context.WithoutCancel(ctx))
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil
		}
	}
}

// release lets another program have it.
func (l *lease) release() {
	if l != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		l.conn.Close(ctx)
	}
}
