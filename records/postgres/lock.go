package postgres

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrInUse means that another running program has this data directory.
var ErrInUse = errors.New("the data directory is in use")

// lock is held by the program, not by the server: the kernel takes it back
// however the program ends, so a server that outlives its program can be told
// from one whose program still runs.
type lock struct {
	file *os.File // closed in every child, as Go opens all files
}

// takeLock returns ErrInUse, with the other's process number, when another
// program (or another Server of this one) holds it.
func takeLock(dir string) (*lock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the data directory: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(file, 20)) // only to name it
		file.Close()
		return nil, fmt.Errorf("%w: process %s has %s: stop it first, or choose another data directory with --data",
			ErrInUse, strings.TrimSpace(string(holder)), dir)
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("locking the data directory %s: %w", dir, err)
	}
	return &lock{file}, nil
}

// release may be called more than once, and on nil.
func (l *lock) release() {
	if l != nil {
		l.file.Close()
	}
}
