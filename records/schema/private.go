package schema

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// private are tables of the program's own, beside the record: the passwords of the
// roles, and which program serves the database. The program's role does not see
// them.
const private = `
CREATE SCHEMA IF NOT EXISTS onevision_private;
REVOKE ALL ON SCHEMA onevision_private FROM PUBLIC;
CREATE TABLE IF NOT EXISTS onevision_private.password (
	only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	app       text NOT NULL,
	follow    text NOT NULL);
CREATE TABLE IF NOT EXISTS onevision_private.lease (
	only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	host      text NOT NULL,
	pid       integer NOT NULL,
	folder    text NOT NULL,
	since     timestamptz NOT NULL);
`

// session is a connection or a transaction.
type session interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// EnsurePrivate makes the private tables unless they are there, as they are where
// the login may not make them (see Script).
func EnsurePrivate(ctx context.Context, s session) error {
	var there bool
	err := s.QueryRow(ctx, `/* schema.EnsurePrivate */ SELECT count(*) = 2 FROM pg_tables WHERE schemaname = 'onevision_private' AND tablename IN ('password', 'lease')`).Scan(&there)
	if err == nil && !there {
		_, err = s.Exec(ctx, private)
	}
	return err
}

// HasKeptPasswords says whether the passwords of the roles stand in the database.
func HasKeptPasswords(ctx context.Context, s session) (kept bool, err error) {
	err = s.QueryRow(ctx, `/* schema.HasKeptPasswords */ SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'onevision_private' AND tablename = 'password')`).Scan(&kept)
	if err == nil && kept {
		err = s.QueryRow(ctx, `/* schema.HasKeptPasswords */ SELECT EXISTS (SELECT FROM onevision_private.password)`).Scan(&kept)
	}
	return kept, err
}
