package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// port only names the socket's file; nothing listens on a network.
const port = 5432

// socketPath returns the folder of the server's socket. It does not lie in the
// data directory, since the kernel cuts socket paths off at 107 bytes (103 on
// macOS) and data directories are longer than that on some machines. It is not
// in $XDG_RUNTIME_DIR either, which is emptied when the user logs out.
func socketPath(dir string, a account) string {
	base := "/tmp"
	if info, err := os.Stat("/run"); a.change && err == nil && info.IsDir() {
		base = "/run"
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, "onevision-"+hex.EncodeToString(sum[:8]))
}

// makeSocketFolder makes the folder, or takes an earlier one if nobody but the
// server's user can have put anything there: in /tmp anybody may make a folder
// of this name first, and would then stand between program and server.
func makeSocketFolder(path string, a account) error {
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("making the folder of the socket: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("looking at the folder of the socket: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	ours := ok && (st.Uid == a.uid || a.change && st.Uid == 0)
	if !info.IsDir() || !ours || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s, where the socket of PostgreSQL goes, exists and is not a private folder of the user %s: remove it, or choose another data directory with --data", path, a.name)
	}
	if err := a.own(path); err != nil {
		return fmt.Errorf("giving the folder of the socket to %s: %w", a.name, err)
	}
	return nil
}
