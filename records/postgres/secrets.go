package postgres

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Superuser is the name of the role that owns the private server.
const Superuser = "onevision_admin"

// secrets are the passwords of the server by role, in a file of mode 0600 that
// belongs to the program: the server's own user cannot read it.
type secrets map[string]string

// readSecrets returns the recorded passwords, or makes and records new ones if
// there is no data yet that was made with others.
func readSecrets(dir string, fresh bool) (secrets, error) {
	path := filepath.Join(dir, "secrets")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if !fresh {
			return nil, fmt.Errorf("%s is missing, and without it nobody can enter the PostgreSQL in %s: put it back from a backup, or choose another data directory", path, dir)
		}
		s := secrets{Superuser: rand.Text()}
		return s, s.write(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secrets of the private PostgreSQL: %w", err)
	}
	var s secrets
	if err := json.Unmarshal(text, &s); err != nil {
		// The parser's error may quote the text, so it is not passed on.
		return nil, fmt.Errorf("%s is not readable as secrets: put it back from a backup", path)
	}
	if s[Superuser] == "" {
		return nil, fmt.Errorf("%s holds no password of %s: put it back from a backup", path, Superuser)
	}
	return s, nil
}

// write replaces the file whole and on disk: data whose password was lost is
// lost too.
func (s secrets) write(path string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing secrets: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "secrets-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing secrets: %w", err)
	}
	defer os.Remove(file.Name()) // fails after the rename, as it should
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing secrets: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in dir last through a power cut.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
