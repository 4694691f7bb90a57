package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records/postgres"
	"onevision/records/schema"
)

const (
	oldestVersion = 150000 // column lists of publications, security_invoker
	needSlots     = 2      // the warehouse's, and that of a verification
	needSenders   = 2
	needOthers    = 24 // connections: the program's pool, a first load's streams, commands
	slotBound     = "4GB"
)

// store looks at the record store's server.
func (d Doctor) store(ctx context.Context, e *Examination) {
	const subject = "record store"
	address, done, err := d.reach(ctx, e)
	if err != nil {
		e.lacks(subject, "", "%v", err)
		return
	}
	if address == "" {
		return
	}
	defer done()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// The parser's own error may hold the password.
		e.lacks(subject, "DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DATABASE", "DATABASE_URL is not the address of a PostgreSQL")
		return
	}
	config.ConnectTimeout = 10 * time.Second
	config.RuntimeParams["application_name"] = "onevision doctor"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		e.lacks(subject, "", "it cannot be reached: %v", err)
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, look := range []func(context.Context, *pgx.Conn, *Examination) error{
		d.version, d.extensions, d.rights, d.log, d.slots, d.bound, d.connections, d.clock, d.schema,
	} {
		if err := look(ctx, conn, e); err != nil {
			e.lacks(subject, "", "it could not be examined: %v", err)
			if conn.IsClosed() {
				return
			}
		}
	}
}

// reach gives the address of the server to look at, "" if there is none yet.
func (d Doctor) reach(ctx context.Context, e *Examination) (address string, done func(), err error) {
	const subject = "private PostgreSQL"
	done = func() {}
	if d.DatabaseURL != "" {
		return d.DatabaseURL, done, nil
	}
	if _, err := os.Stat(filepath.Join(d.postgres().Dir, "data")); errors.Is(err, fs.ErrNotExist) {
		bin, version, err := postgres.Find(d.PostgresBin)
		if err != nil {
			e.lacks(subject, "apt-get install postgresql-15", "%v", err)
			return "", done, nil
		}
		e.fine(subject, "there is none yet; the first start makes one with PostgreSQL %s in %s", version, bin)
		return "", done, nil
	}
	server, err := postgres.Start(ctx, d.postgres())
	if errors.Is(err, postgres.ErrInUse) {
		var c connection
		if e := readJSON(filepath.Join(d.Data, "connection.json"), &c); e != nil {
			return "", done, err
		}
		return c.AdminURL, done, nil
	}
	if err != nil {
		return "", done, err
	}
	return server.URL("postgres"), func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		server.Stop(late)
	}, nil
}

func (d Doctor) version(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var number int
	var text, encoding string
	var standby, zone bool
	err := conn.QueryRow(ctx, `/* app.Doctor.version */ SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		pg_is_in_recovery(), pg_encoding_to_char(encoding), EXISTS (SELECT FROM pg_timezone_names WHERE name = 'Europe/London')
		FROM pg_database WHERE datname = current_database()`).Scan(&number, &text, &standby, &encoding, &zone)
	if err != nil {
		return err
	}
	if number < oldestVersion {
		e.lacks("PostgreSQL", "pg_upgrade", "it is version %s, and 15 is the oldest that will do", text)
	} else {
		e.fine("PostgreSQL", "version %s", text)
	}
	if standby {
		e.lacks("primary", "DATABASE_URL=the primary's address", "this server is a standby, which cannot be written to")
	}
	if encoding != "UTF8" {
		e.lacks("encoding", "CREATE DATABASE onevision ENCODING 'UTF8' TEMPLATE template0;", "the database's encoding is %s: names would be lost", encoding)
	}
	if !zone {
		e.lacks("time zones", "apt-get install tzdata", "the server has no Europe/London")
	}
	return nil
}

func (d Doctor) rights(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var name string
	var super bool
	err := conn.QueryRow(ctx, `/* app.Doctor.rights */ SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user`).Scan(&name, &super)
	if err != nil {
		return err
	}
	if super {
		e.fine("rights", "%s is a superuser", name)
		return nil
	}
	lacking, err := schema.Lacking(ctx, conn)
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		e.lacks("rights", "onevision doctor --sql", "%s is no superuser, and what a superuser has to do is not done: %s", name, strings.Join(lacking, "; "))
	} else {
		e.fine("rights", "%s is no superuser, and needs to be none", name)
	}
	return nil
}

// extensions looks for the server's own extensions that the schema makes: the
// search for a child by a name that sounds alike or lacks an accent stands on them.
func (d Doctor) extensions(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	rows, _ := conn.Query(ctx, `/* app.Doctor.extensions */ SELECT wanted FROM unnest($1::text[]) wanted
		WHERE wanted NOT IN (SELECT name FROM pg_available_extensions) ORDER BY wanted`, schema.Extensions)
	lacking, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		e.lacks("extensions", "apt-get install postgresql-contrib", "the server does not offer %s, without which a child cannot be searched for by name", strings.Join(lacking, ", "))
		return nil
	}
	e.fine("extensions", "the server offers %s", strings.Join(schema.Extensions, ", "))
	return nil
}

func (d Doctor) log(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var level string
	if err := conn.QueryRow(ctx, `/* app.Doctor.log */ SELECT current_setting('wal_level')`).Scan(&level); err != nil {
		return err
	}
	if level != "logical" {
		e.lacks("write-ahead log", "ALTER SYSTEM SET wal_level = 'logical';", "wal_level is %s: the warehouse cannot follow", level)
		e.restart()
		return nil
	}
	e.fine("write-ahead log", "wal_level is logical")
	return nil
}

// slots counts the places that are free, or the program's already.
func (d Doctor) slots(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var slots, otherSlots, senders, otherSenders int
	err := conn.QueryRow(ctx, `/* app.Doctor.slots */ SELECT current_setting('max_replication_slots')::int, current_setting('max_wal_senders')::int,
			(SELECT count(*) FROM pg_replication_slots WHERE slot_name <> $1 AND slot_name NOT LIKE 'onevision\_verify\_%'),
			(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender' AND application_name NOT LIKE 'onevision%')`, Slot).
		Scan(&slots, &senders, &otherSlots, &otherSenders)
	if err != nil {
		return err
	}
	if free := slots - otherSlots; free < needSlots {
		e.lacks("replication slots", fmt.Sprintf("ALTER SYSTEM SET max_replication_slots = %d;", otherSlots+needSlots), "%d of %d are free for the program, which needs %d (its own and one while the warehouse is verified)", max(free, 0), slots, needSlots)
		e.restart()
	} else {
		e.fine("replication slots", "%d of %d are free for the program", free, slots)
	}
	if free := senders - otherSenders; free < needSenders {
		e.lacks("WAL senders", fmt.Sprintf("ALTER SYSTEM SET max_wal_senders = %d;", otherSenders+needSenders), "%d of %d are free for the program, which needs %d", max(free, 0), senders, needSenders)
		e.restart()
	} else {
		e.fine("WAL senders", "%d of %d are free for the program", free, senders)
	}
	return nil
}

// bound looks at what slots may hold back, and what they do.
func (d Doctor) bound(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var megabytes int64
	if err := conn.QueryRow(ctx, `/* app.Doctor.bound */ SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'`).Scan(&megabytes); err != nil {
		return err
	}
	limit := int64(SlotBound)
	if megabytes < 0 {
		e.lacks("bound of slots", "ALTER SYSTEM SET max_slot_wal_keep_size = '"+slotBound+"';\nSELECT pg_reload_conf();",
			"max_slot_wal_keep_size is not set: while the program does not run, nothing keeps its slot from filling the server's disk")
	} else {
		limit = min(limit, megabytes<<20)
		e.fine("bound of slots", "a slot may hold back %s", size(megabytes<<20))
	}
	rows, _ := conn.Query(ctx, `/* app.Doctor.bound */ SELECT slot_name, active, coalesce(wal_status, ''), coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint
		FROM pg_replication_slots ORDER BY slot_name`)
	var name, status string
	var active bool
	var held int64
	_, err := pgx.ForEachRow(rows, []any{&name, &active, &status, &held}, func() error {
		drop := "SELECT pg_drop_replication_slot('" + name + "');" // a slot's name is letters, digits and _
		switch {
		case name == Slot && status == "lost":
			e.note("the warehouse's slot", "", "the server let it go; the warehouse is built again at the next start")
		case name == Slot && held > limit/2:
			e.lacks("the warehouse's slot", drop, "it holds back %s, more than half of the %s allowed: start the program, or drop the slot (the warehouse is then built again)", size(held), size(limit))
		case name == Slot:
			e.fine("the warehouse's slot", "it holds back %s", size(held))
		case !active && held > 1<<30:
			e.note("slot "+name, drop, "it is not the program's, nobody uses it, and it holds back %s", size(held))
		}
		return nil
	})
	return err
}

func (d Doctor) connections(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var limit, others int
	err := conn.QueryRow(ctx, `/* app.Doctor.connections */ SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name NOT LIKE 'onevision%')`).Scan(&limit, &others)
	if err != nil {
		return err
	}
	if limit-others < needOthers {
		e.lacks("connections", fmt.Sprintf("ALTER SYSTEM SET max_connections = %d;", others+needOthers+20), "%d are free, and the program uses up to %d", max(limit-others, 0), needOthers)
		e.restart()
		return nil
	}
	e.fine("connections", "%d are free for the program", limit-others)
	return nil
}

// clock compares this machine's clock with the server's: "data as at" and the
// ends of periods come from both.
func (d Doctor) clock(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	best, skew := time.Hour, time.Duration(0)
	for range 3 {
		var there time.Time
		before := time.Now()
		here := d.Now()
		if err := conn.QueryRow(ctx, `/* app.Doctor.clock */ SELECT clock_timestamp()`).Scan(&there); err != nil {
			return err
		}
		if took := time.Since(before); took < best {
			best, skew = took, there.Sub(here.Add(took/2))
		}
	}
	if skew.Abs()-best/2 > 2*time.Second {
		e.lacks("clocks", "timedatectl set-ntp true", "the server's clock differs from this machine's by %s: set both by the network", skew.Abs().Round(100*time.Millisecond))
		return nil
	}
	e.fine("clocks", "the server's and this machine's agree")
	return nil
}

// schema looks at what the program itself makes in the database.
func (d Doctor) schema(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	var prepared bool
	if err := conn.QueryRow(ctx, `/* app.Doctor.schema */ SELECT to_regclass('public.installation') IS NOT NULL`).Scan(&prepared); err != nil {
		return err
	}
	if !prepared {
		e.fine("schema", "the database is empty; the first start makes the roles %s, %s and %s, and the tables", schema.Owner, schema.App, schema.Follower)
		return nil
	}
	for _, look := range []func(context.Context, *pgx.Conn, *Examination) error{d.roles, d.tables, d.publication, d.rowSecurity, d.guards} {
		if err := look(ctx, conn, e); err != nil {
			return err
		}
	}
	return nil
}
