// The folder of the builds: names, numbers, the pointer to the current one, its lock,
// and watching the current file.

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrInUse means that another process has the warehouse's folder.
var ErrInUse = errors.New("the warehouse is in use by another process")

// folder is the directory of the builds: warehouse-<n>.duckdb for each, a
// file "current" naming the one that serves, a file "last" holding the highest
// number ever given, and a lock.
type folder struct {
	path   string
	lock   *os.File
	onStep func(step string) // see Options
}

func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the warehouse's folder: %w", err)
	}
	real, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the warehouse's folder: %w", err)
	}
	if strings.ContainsAny(real, "?#%") {
		return nil, fmt.Errorf("the warehouse's folder %s must not have ?, # or %% in its name: DuckDB's driver reads them as something else", real)
	}
	lock, err := os.OpenFile(filepath.Join(real, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the warehouse's folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, real)
		}
		return nil, fmt.Errorf("lock the warehouse's folder: %w", err)
	}
	return &folder{real, lock, func(string) {}}, nil
}

// close gives the folder up. A process that is being started at this moment has
// the lock's file for an instant too: closing alone would leave it locked.
func (f *folder) close() {
	syscall.Flock(int(f.lock.Fd()), syscall.LOCK_UN)
	f.lock.Close()
}

// file is the path of a build.
func (f *folder) file(build int) string {
	return filepath.Join(f.path, fmt.Sprintf("warehouse-%d.duckdb", build))
}

var buildName = regexp.MustCompile(`^warehouse-([0-9]{1,9})\.duckdb(\..*)?$`)

// current is the build that the pointer names; 0 if there is no pointer.
func (f *folder) current() (int, error) {
	b, err := os.ReadFile(filepath.Join(f.path, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	m := buildName.FindStringSubmatch(strings.TrimSpace(string(b)))
	if m == nil || m[2] != "" {
		return 0, errors.New("the pointer file names no build")
	}
	return strconv.Atoi(m[1])
}

// point makes a build the current one, for good: after a crash the pointer is
// either the old one or the new one.
func (f *folder) point(build int) error {
	return f.replace("current", filepath.Base(f.file(build))+"\n")
}

// sync has a build's file on the disk, and its name in the folder, before
// anything points to it.
func (f *folder) sync(build int) error {
	file, err := os.Open(f.file(build))
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close(), f.syncNames())
}

func (f *folder) syncNames() error {
	dir, err := os.Open(f.path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// number gives a build its number, which no build ever had.
func (f *folder) number() (int, error) {
	last := 0
	if b, err := os.ReadFile(filepath.Join(f.path, "last")); err == nil {
		last, _ = strconv.Atoi(strings.TrimSpace(string(b))) // unreadable: the files below say enough
	}
	names, err := os.ReadDir(f.path)
	if err != nil {
		return 0, err
	}
	for _, e := range names {
		if m := buildName.FindStringSubmatch(e.Name()); m != nil {
			n, _ := strconv.Atoi(m[1])
			last = max(last, n)
		}
	}
	if n, err := f.current(); err == nil {
		last = max(last, n)
	}
	last++
	return last, f.replace("last", strconv.Itoa(last)+"\n")
}

func (f *folder) replace(name, content string) error {
	path := filepath.Join(f.path, name)
	temp, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = temp.WriteString(content)
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	f.onStep(name + " written")
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	f.onStep(name + " renamed")
	return f.syncNames()
}

// remove deletes a build's file and what DuckDB put beside it.
func (f *folder) remove(build int) error {
	base := filepath.Base(f.file(build))
	names, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range names {
		if name := e.Name(); name == base || strings.HasPrefix(name, base+".") {
			errs = append(errs, os.RemoveAll(filepath.Join(f.path, name)))
		}
	}
	return errors.Join(errs...)
}

// sweep deletes every build but keep, and files half written: what a crash left
// behind.
func (f *folder) sweep(keep int) error {
	names, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range names {
		if name, half := strings.CutSuffix(e.Name(), ".new"); half && (name == "current" || name == "last") {
			errs = append(errs, os.Remove(filepath.Join(f.path, e.Name())))
		}
		if m := buildName.FindStringSubmatch(e.Name()); m != nil {
			if n, _ := strconv.Atoi(m[1]); n != keep {
				errs = append(errs, f.remove(n))
			}
		}
	}
	return errors.Join(errs...)
}

// watchFile looks at the file of the build that serves. One that was deleted, or
// replaced by another, goes on answering while it is open, and would not be there
// at the next start.
func (w *Warehouse) watchFile(ctx context.Context) {
	tick := time.NewTicker(w.o.SlotInterval)
	defer tick.Stop()
	for {
		w.mu.Lock()
		b := w.serving
		w.mu.Unlock()
		if b != nil {
			if gone := b.gone(); gone != "" {
				w.broken(b, fmt.Sprintf("the file of build %d was %s under the program", b.number, gone))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// gone says what somebody did to the file, "" if nothing.
func (b *build) gone() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.retired || b.closed || b.lost {
		return ""
	}
	now, err := os.Stat(b.folder.file(b.number))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "deleted"
	case err != nil:
		return ""
	case !os.SameFile(now, b.file):
		return "replaced"
	case now.Size() < 3*4096: // its headers
		return "cut off"
	}
	return ""
}
