package access

import (
	"github.com/jackc/pgx/v5"

	"testing"
	"time"
)

// HashAt hashes a password at another cost than today's.
func HashAt(t *testing.T, password string, memory, passes uint32, threads uint8) string {
	t.Helper()
	a := NewAccounts(nil, time.Now)
	c := cost{memory: memory, time: passes, threads: threads}
	salt := []byte("sixteen of salt!")
	key, err := a.derive(t.Context(), password, salt, c, keyBytes)
	if err != nil {
		t.Fatal(err)
	}
	return phc(c, salt, key)
}

// Relink makes the chain from a position on anew, with another key than the
// program's: what somebody can do who has the database and not the data folder.
func Relink(t *testing.T, tx pgx.Tx, from int64) {
	t.Helper()
	rows, _ := tx.Query(t.Context(), `SELECT `+lineColumns+` FROM audit a JOIN audit_link l ON l.audit_id = a.id WHERE l.position >= $1 ORDER BY l.position`, from)
	lines, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		t.Fatal(err)
	}
	var before []byte
	if from > 1 {
		if err := tx.QueryRow(t.Context(), `SELECT hash FROM audit_link WHERE position = $1 - 1`, from).Scan(&before); err != nil {
			t.Fatal(err)
		}
	}
	for i := range lines {
		var chained time.Time
		if err := tx.QueryRow(t.Context(), `SELECT chained_at FROM audit_link WHERE position = $1`, from+int64(i)).Scan(&chained); err != nil {
			t.Fatal(err)
		}
		before = lines[i].link([]byte("a key of one's own"), before, from+int64(i), chained)
		if _, err := tx.Exec(t.Context(), `UPDATE audit_link SET hash = $2 WHERE position = $1`, from+int64(i), before); err != nil {
			t.Fatal(err)
		}
	}
}
