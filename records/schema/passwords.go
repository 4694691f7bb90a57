package schema

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// KeptPasswords gives the passwords of the roles on a PostgreSQL that several
// programs and commands share, and makes them the first time. They are kept in
// the database of adminURL, where only a superuser reads them, and not beside
// one program: another with passwords of its own would set those, and shut the
// first one out.
func KeptPasswords(ctx context.Context, adminURL string) (p Passwords, err error) {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return p, fmt.Errorf("connect to the record store: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := rights(ctx, conn); err != nil {
		return p, err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		const key = 0x4f56_0002 << 32 // apart from other uses of advisory locks
		if _, err := tx.Exec(ctx, `/* schema.KeptPasswords */ SELECT pg_advisory_xact_lock($1)`, int64(key)); err != nil {
			return err
		}
		if err := EnsurePrivate(ctx, tx); err != nil {
			return err
		}
		p = NewPasswords()
		return tx.QueryRow(ctx, `/* schema.KeptPasswords */
			INSERT INTO onevision_private.password AS kept (app, follow) VALUES ($1, $2)
			ON CONFLICT (only_row) DO UPDATE SET app = kept.app RETURNING app, follow`, p.App, p.Follow).Scan(&p.App, &p.Follow)
	})
	if err != nil {
		return Passwords{}, fmt.Errorf("keep the passwords of the database roles: %w", err)
	}
	return p, nil
}
