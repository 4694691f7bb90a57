package records_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

// The guard on partitions runs with a superuser's rights for whoever alters a
// table, the program's role and its temporary tables included. What that role
// makes for itself must not be found where the guard means the catalogue.
func TestGuardRunsNothingOfTheProgramsRole(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := h.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { conn.Conn().Close(t.Context()); conn.Release() }()
	for _, sql := range []string{
		`CREATE TEMP TABLE ran (as_whom text)`,
		`CREATE FUNCTION pg_temp.note() RETURNS name LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO pg_temp.ran VALUES (current_user); RETURN 'x'; END $$`,
		`CREATE TEMP VIEW pg_class AS SELECT pg_temp.note() AS relname, 'public'::regnamespace::oid AS relnamespace, 'r'::"char" AS relkind, false AS relispartition`,
		`CREATE TEMP TABLE own (a int)`,
		`ALTER TABLE own ADD b int`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var as []string
	if err := conn.QueryRow(t.Context(), `SELECT coalesce(array_agg(as_whom), '{}') FROM ran`).Scan(&as); err != nil {
		t.Fatal(err)
	}
	if len(as) > 0 {
		t.Errorf("the guard ran the program's function as %v", as)
	}
}

// Numbers of migrations are shared out, so one with a lower number than what a
// database has may come with a newer program.
func TestMigrationWithALowerNumberComesLater(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `DROP TABLE api_repeat; DELETE FROM migration WHERE version_id = 210`); err != nil {
		t.Fatal(err)
	}
	if err := schema.Prepare(t.Context(), h.admin, postgrestest.Passwords); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := conn.QueryRow(t.Context(), `SELECT to_regclass('api_repeat') IS NOT NULL`).Scan(&there); err != nil || !there {
		t.Errorf("the table of migration 210 is not there: %v", err)
	}
}
