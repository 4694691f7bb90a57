// Package schema is the whole PostgreSQL schema of OneVision, as ordered SQL
// migrations: one directory tells a database administrator everything.
package schema

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The three database roles. Nobody logs in as the owner.
const (
	Owner    = "onevision_owner"
	App      = "onevision_app"
	Follower = "onevision_follow"
)

// Publication is the publication that the warehouse follows.
const Publication = "onevision_facts"

// Extensions are those of PostgreSQL's own (package postgresql-contrib) that the
// migrations make.
var Extensions = []string{"fuzzystrmatch", "pg_trgm", "unaccent"}

// Passwords are those of the two roles that log in. They belong to the server
// (roles are shared by its databases), so the program keeps them beside it.
type Passwords struct {
	App    string `json:"app"`
	Follow string `json:"follow"`
}

// NewPasswords makes a pair of random passwords.
func NewPasswords() Passwords {
	return Passwords{App: random(), Follow: random()}
}

func random() string {
	b := make([]byte, 24)
	rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Prepare makes the roles, the guard on partitions and the schema in the
// database of adminURL, whose login must be a superuser (it creates a role with
// REPLICATION and an event trigger, which PostgreSQL 15 allows to nobody else),
// or one for which a superuser has run Script: then only the schema is brought up
// to date. It is idempotent.
func Prepare(ctx context.Context, adminURL string, p Passwords) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("connect to the record store: %w", err)
	}
	defer conn.Close(ctx)
	super, err := rights(ctx, conn)
	if err != nil {
		return err
	}
	if !super {
		return migrate(ctx, adminURL)
	}
	// One at a time on a server, however many programs start together: roles
	// belong to the server, and an advisory lock only to a database, so a
	// collision on a role is answered by trying again.
	for try := 0; ; try++ {
		err = roles(ctx, conn, p)
		var pg *pgconn.PgError
		if err != nil && try < 10 && errors.As(err, &pg) && (pg.Code == "XX000" || pg.Code == "23505" || pg.Code == "42710") {
			continue
		}
		break
	}
	if err != nil {
		return fmt.Errorf("make the database roles: %w", err)
	}
	if err := migrate(ctx, adminURL); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, guard); err != nil {
		return fmt.Errorf("guard the partitions: %w", err)
	}
	return nil
}

// roleStatements make the roles and give them their rights, in the order in which
// they are to run.
func roleStatements(p Passwords, database string) []string {
	var all []string
	for _, role := range []string{Owner, App, Follower} {
		all = append(all, fmt.Sprintf(`DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s; END IF;
END $$`, role))
	}
	db := pgx.Identifier{database}.Sanitize()
	return append(all,
		`ALTER ROLE `+Owner+` NOLOGIN NOSUPERUSER NOBYPASSRLS`,
		`ALTER ROLE `+App+` LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD `+quote(p.App),
		`ALTER ROLE `+Follower+` LOGIN REPLICATION NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD `+quote(p.Follow),
		// Whoever logs in as the follower meets an error at a table under row-level
		// security, not missing rows. The warehouse sets it on for itself, once it has
		// looked at the policies.
		`ALTER ROLE `+Follower+` SET row_security = off`,
		`REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
		`GRANT CREATE, USAGE ON SCHEMA public TO `+Owner,
		`GRANT USAGE ON SCHEMA public TO `+App+`, `+Follower,
		`REVOKE ALL ON DATABASE `+db+` FROM PUBLIC`,
		`GRANT CONNECT, CREATE ON DATABASE `+db+` TO `+Owner,
		`GRANT CONNECT, TEMPORARY ON DATABASE `+db+` TO `+App,
		`GRANT CONNECT ON DATABASE `+db+` TO `+Follower)
}

func roles(ctx context.Context, conn *pgx.Conn, p Passwords) error {
	var database string
	if err := conn.QueryRow(ctx, `/* schema.roles */ SELECT current_database()`).Scan(&database); err != nil {
		return err
	}
	for _, s := range roleStatements(p, database) {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func migrate(ctx context.Context, adminURL string) error {
	db, err := OpenOwner(adminURL)
	if err != nil {
		return err
	}
	defer db.Close()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	// A number says where a migration stands among the others, not when it was
	// written: several people write at a time, each with numbers kept for them.
	// So one that a newer program brings may have a lower number than what a
	// database already has, and is applied then.
	provider, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithTableName("migration"), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the record store: %w", err)
	}
	// The policies of every kind's table are made from its category, in one place:
	// a kind's migration knows nothing of who reaches which child.
	if _, err := db.ExecContext(ctx, `/* schema.migrate */ CALL make_policies()`); err != nil {
		return fmt.Errorf("make the row-level security of the record store: %w", err)
	}
	return nil
}

// OpenOwner opens the database of adminURL as the owner of its tables: for
// migrations and for the bulk path, which attaches partitions.
func OpenOwner(adminURL string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return nil, fmt.Errorf("read the address of the record store: %w", err)
	}
	config.RuntimeParams["role"] = Owner
	return stdlib.OpenDB(*config), nil
}

// RoleURL is adminURL for another role and its password, wherever in the URL
// its own user stands.
func RoleURL(adminURL, role, password string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return "", errors.New("read the address of the record store: it is not a postgres:// URL")
	}
	u.User = url.UserPassword(role, password)
	// A user in the query would win over this one, and the program would be a
	// superuser, whom no row-level security stops.
	u.RawQuery = strings.Join(slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		name, err := url.QueryUnescape(name)
		return err != nil || name == "user" || name == "password" || name == "options"
	}), "&")
	return u.String(), nil
}

// Fingerprint tells one state of the schema from another.
func Fingerprint() string {
	h := sha256.New()
	files, _ := fs.Glob(migrations, "migrations/*.sql") // a good pattern
	for _, name := range files {
		text, _ := migrations.ReadFile(name) // embedded
		fmt.Fprintln(h, name, len(text))
		h.Write(text)
	}
	io.WriteString(h, guard)
	return hex.EncodeToString(h.Sum(nil))
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// guard refuses to drop or detach a partition of attendance, or to truncate
// one, while it may hold rows: none of these reaches the warehouse. The bulk
// path, which replaces a partition that it has seen to be empty, says so by a
// setting of its transaction. It runs with a superuser's rights for whoever
// alters a table, so pg_temp comes last on its path: unnamed it comes first, and
// the program's role could put a relation of its own where pg_class is meant.
const guard = `
CREATE OR REPLACE FUNCTION guard_partitions() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	o record;
	holds boolean;
BEGIN
	IF current_setting('onevision.empty_partition', true) = 'on' THEN RETURN; END IF;
	IF TG_EVENT = 'sql_drop' THEN
		FOR o IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
			IF o.object_type = 'table' AND o.object_name ~ '^attendance_[0-9]{4}$' THEN
				RAISE EXCEPTION 'partition % must not be dropped: the warehouse would not hear of it; delete its rows instead', o.object_name;
			END IF;
		END LOOP;
		RETURN;
	END IF;
	FOR o IN SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^attendance_[0-9]{4}$'
		  AND NOT c.relispartition LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', o.relname) INTO holds;
		IF holds THEN
			RAISE EXCEPTION 'partition % must not be detached while it holds rows: the warehouse would not hear of it; delete its rows instead', o.relname;
		END IF;
	END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS guard_partitions_drop;
CREATE EVENT TRIGGER guard_partitions_drop ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION guard_partitions();
DROP EVENT TRIGGER IF EXISTS guard_partitions_alter;
CREATE EVENT TRIGGER guard_partitions_alter ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION guard_partitions();
`
