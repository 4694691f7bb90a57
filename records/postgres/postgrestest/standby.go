package postgrestest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"onevision/records/postgres"
)

// Standby gives the test a server that follows another by streaming, as one
// that is kept to take its place. It ends before the other does.
func Standby(t testing.TB, of *postgres.Server, settings map[string]string) *postgres.Server {
	t.Helper()
	return start(t, settings, func(dir string) (string, error) {
		bin, _, err := postgres.Find("")
		if err != nil {
			return "", err
		}
		data := filepath.Join(dir, "data")
		out, err := exec.Command(filepath.Join(bin, "pg_basebackup"), "--dbname="+of.URL("postgres"), "--pgdata="+data,
			"--wal-method=stream", "--checkpoint=fast", "--write-recovery-conf", "--no-sync").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("copying a server: %w: %s", err, out)
		}
		secrets, err := os.ReadFile(filepath.Join(of.Dir(), "secrets"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "secrets"), secrets, 0o600)
		}
		if err != nil {
			return "", err
		}
		return "", give(data, filepath.Join(of.Dir(), "data"))
	})
}

// give gives a folder to whom another one belongs.
func give(folder, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(owner.Uid), int(owner.Gid))
	})
}
