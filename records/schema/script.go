package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Login is the role that Script makes for the program's address of the database: no
// superuser, and a member of the owner's role, to migrate.
const Login = "onevision"

// Script is all that needs a superuser, for the council's database administrator to
// read and to run once in the database, and again after a release of which the
// program says so. It is idempotent: what is there keeps its passwords.
func Script(database, loginPassword string) string {
	p := NewPasswords()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("-- OneVision: all that needs a superuser. Run it once, as a superuser, in the database")
	line("-- that OneVision is to use:  psql -d %s -v ON_ERROR_STOP=1 -f this-file.sql", database)
	line("-- It may be run again. It holds passwords: keep it like one, or remove it afterwards.")
	line("\n-- Settings of the server; the first three need a restart of PostgreSQL.")
	for _, s := range []string{"wal_level = 'logical'", "max_replication_slots = 10", "max_wal_senders = 10", "max_slot_wal_keep_size = '4GB'"} {
		line("ALTER SYSTEM SET %s;", s)
	}
	line("SELECT pg_reload_conf();")
	line("\nBEGIN;")
	line("\n-- The login of the program: it migrates as a member of the owner's role.")
	line(`DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD %[2]s; END IF;
END $$;`, Login, quote(loginPassword))
	line("\n-- The owner of the tables (nobody logs in as it), the role under row-level security")
	line("-- that reads and writes records, and the role that replicates the facts.")
	for _, s := range roleStatements(p, database) {
		line("%s;", s)
	}
	line("GRANT %s TO %s;", Owner, Login)
	line("GRANT CONNECT ON DATABASE %s TO %s;", pgx.Identifier{database}.Sanitize(), Login)
	line("\n-- What the program keeps for itself. The passwords of the two roles are new only the first time.")
	b.WriteString(private)
	line("ALTER SCHEMA onevision_private OWNER TO %s;", Owner)
	line("ALTER TABLE onevision_private.password OWNER TO %s;", Owner)
	line("ALTER TABLE onevision_private.lease OWNER TO %s;", Owner)
	line("INSERT INTO onevision_private.password (app, follow) VALUES (%s, %s) ON CONFLICT (only_row) DO NOTHING;", quote(p.App), quote(p.Follow))
	line(`DO $$ DECLARE p onevision_private.password; BEGIN
	SELECT * INTO p FROM onevision_private.password;
	EXECUTE format('ALTER ROLE %s PASSWORD %%L', p.app);
	EXECUTE format('ALTER ROLE %s PASSWORD %%L', p.follow);
END $$;`, App, Follower)
	line("\n-- The program asks whether this ran, and whether it was this release's.")
	line("CREATE TABLE IF NOT EXISTS onevision_private.script (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version text NOT NULL);")
	line("ALTER TABLE onevision_private.script OWNER TO %s;", Owner)
	line("INSERT INTO onevision_private.script (version) VALUES (%s) ON CONFLICT (only_row) DO UPDATE SET version = excluded.version;", quote(scriptVersion()))
	line("\n-- Partitions that hold marks are not dropped behind the warehouse's back.")
	b.WriteString(guard)
	line("\nCOMMIT;")
	return b.String()
}

// scriptVersion is another one when the script does something else.
func scriptVersion() string {
	sum := sha256.Sum256([]byte(strings.Join(roleStatements(Passwords{}, ""), "\n") + private + guard))
	return hex.EncodeToString(sum[:6])
}

// LackingError says what a login that is no superuser misses.
type LackingError struct{ Lacking []string }

func (e *LackingError) Error() string {
	return "the login of the database is no superuser, and what a superuser has to do is not done (" + strings.Join(e.Lacking, "; ") +
		"): have the database's administrator run what 'onevision doctor --sql' prints"
}

// rights says whether the login is a superuser; if it is not, an error, a
// LackingError, says what of Script is not there.
func rights(ctx context.Context, conn *pgx.Conn) (super bool, err error) {
	if err := conn.QueryRow(ctx, `/* schema.rights */ SELECT rolsuper FROM pg_roles WHERE rolname = current_user`).Scan(&super); err != nil {
		return false, fmt.Errorf("read the rights of the login: %w", err)
	}
	if super {
		return true, nil
	}
	lacking, err := Lacking(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("look for what a superuser has prepared: %w", err)
	}
	if len(lacking) > 0 {
		return false, &LackingError{lacking}
	}
	return false, nil
}

// Lacking lists what of Script is not there, for a login that is no superuser.
func Lacking(ctx context.Context, conn *pgx.Conn) (lacking []string, err error) {
	var there, member bool
	var roles int
	err = conn.QueryRow(ctx, `/* schema.Lacking */ SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'onevision_private' AND tablename = 'script'),
		(SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)),
		EXISTS (SELECT FROM pg_roles WHERE rolname = $2 AND pg_has_role(oid, 'MEMBER'))`, []string{Owner, App, Follower}, Owner).Scan(&there, &roles, &member)
	if err != nil {
		return nil, err
	}
	switch {
	case roles < 3:
		return []string{"the roles " + strings.Join([]string{Owner, App, Follower}, ", ") + " are not all there"}, nil
	case !member:
		return []string{"it is no member of " + Owner}, nil
	case !there:
		return []string{"the schema onevision_private is not there"}, nil
	}
	var version string
	if err := conn.QueryRow(ctx, `/* schema.Lacking */ SELECT version FROM onevision_private.script`).Scan(&version); err != nil {
		return nil, err
	}
	if version != scriptVersion() {
		lacking = append(lacking, "it was run for another release")
	}
	rows, _ := conn.Query(ctx, `/* schema.Lacking */ SELECT name FROM unnest(ARRAY['guard_partitions_drop', 'guard_partitions_alter']) name
		WHERE NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = name)`)
	guards, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, g := range guards {
		lacking = append(lacking, "the event trigger "+g+" is not there")
	}
	return lacking, err
}
