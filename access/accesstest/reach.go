package accesstest

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ReachEveryChild makes every child, those to come too, each account's own: for
// tests of what a role may do, whoever the child is. adminURL is a superuser's.
func ReachEveryChild(ctx context.Context, adminURL string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		SET ROLE onevision_owner;
		ALTER FUNCTION groups_of(bigint) RENAME TO groups_but_for_the_test;
		CREATE FUNCTION groups_of(account bigint) RETURNS TABLE (relation text, grp text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
			AS $$ SELECT * FROM groups_but_for_the_test(account) UNION ALL SELECT 'account', 'test:everybody' $$;
		CREATE FUNCTION reach_for_the_test() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
		BEGIN
			INSERT INTO reach VALUES (NEW.id, 'test:everybody', '-infinity', 'infinity', 'test', 0);
			RETURN NULL;
		END $$;
		CREATE TRIGGER reach_for_the_test AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION reach_for_the_test();
		INSERT INTO reach SELECT id, 'test:everybody', '-infinity', 'infinity', 'test', 0 FROM child`)
	if err != nil {
		return fmt.Errorf("make every child everybody's: %w", err)
	}
	return nil
}

// MustReachEveryChild is ReachEveryChild for one test.
func MustReachEveryChild(t testing.TB, adminURL string) {
	t.Helper()
	if err := ReachEveryChild(t.Context(), adminURL); err != nil {
		t.Fatal(err)
	}
}
