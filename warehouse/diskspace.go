// Disk space: asked for before anything is begun, and what a full disk means.

package warehouse

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// spareSpace is how much of the disk must be free before changes are taken in: a
// batch, and the checkpoint that may follow it. One that fails half way makes
// DuckDB give the file up.
const spareSpace = 32 << 20

// diskFullError says that the disk is full. It is waited for room, and no new build
// is made for it: that would need more.
type diskFullError struct {
	free, needed int64
	err          error // DuckDB's own, if it came to that
}

func (e *diskFullError) Error() string {
	words := fmt.Sprintf("the disk of the warehouse is full: %d MB are free, and at least %d MB are needed", e.free>>20, (e.needed+1<<20-1)>>20)
	if e.err != nil {
		words += fmt.Sprintf(" (%v)", e.err)
	}
	return words
}

func (e *diskFullError) Unwrap() error { return e.err }

// free is how many bytes of the folder's disk are.
func (f *folder) free() (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(f.path, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// room is an error when less than what is needed is free. Where that cannot be
// told, DuckDB will say.
func (f *folder) room(needed int64) error {
	if free, err := f.free(); err == nil && free < needed {
		return &diskFullError{free: free, needed: needed}
	}
	return nil
}

// explainDiskFull says of an error that came of a full disk how much is needed.
func (f *folder) explainDiskFull(err error) error {
	var told *diskFullError
	if !isDiskFull(err) || errors.As(err, &told) {
		return err
	}
	free, failed := f.free()
	if failed != nil {
		return err
	}
	return &diskFullError{free, max(free, 0) + spareSpace, err}
}

// size is what a build takes of the disk.
func (f *folder) size(build int) int64 {
	var bytes int64
	for _, path := range []string{f.file(build), f.file(build) + ".wal"} {
		if i, err := os.Stat(path); err == nil {
			bytes += i.Size()
		}
	}
	return bytes
}

// requireSpaceToLoad is an error when a new build would not fit beside the one that
// serves, as far as is known.
func (w *Warehouse) requireSpaceToLoad() error {
	w.mu.Lock()
	needed := w.needed
	if w.serving != nil {
		needed = max(needed, w.folder.size(w.serving.number)+spareSpace)
	}
	w.mu.Unlock()
	return w.folder.room(max(needed, spareSpace))
}

// spaceMissing notes how much a build needs that did not fit, and was deleted. size is
// how far it came.
func (w *Warehouse) spaceMissing(size int64, err error) error {
	free, failed := w.folder.free()
	if !isDiskFull(err) || failed != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.status.Load
	needed := size
	if l.Rows > 0 && l.RowsPlanned > l.Rows {
		needed = int64(float64(size) / float64(l.Rows) * float64(l.RowsPlanned))
	}
	w.needed = max(needed, free) + spareSpace // it did not fit into what is free now
	return &diskFullError{free, w.needed, err}
}
