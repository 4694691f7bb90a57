package access

import (
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
