package postgrestest

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"onevision/records/postgres"
)

//go:embed testdata/full.c
var fullSource []byte

// Disk is that of a test server. It can be full.
type Disk struct {
	t    testing.TB
	Own  bool   // a small disk in memory; else what writes to the disk is told so
	path string // what fills it, or says that it is full
}

// ServerOnADisk gives the test a server on a disk that can be filled: if own, on
// a small one of its own. Otherwise, and where no disk can be mounted, the
// server's calls that make a file grow are answered as a full disk does.
func ServerOnADisk(t testing.TB, settings map[string]string, own bool) (*postgres.Server, *Disk) {
	t.Helper()
	d := &Disk{t: t, Own: own}
	r := theRun(t)
	return start(t, settings, func(dir string) (string, error) {
		bin, err := d.prepare(dir)
		if err != nil {
			return "", err
		}
		_, err = r.copyPrepared(dir)
		return bin, err
	}), d
}

func (d *Disk) prepare(dir string) (bin string, err error) {
	d.path = filepath.Join(dir, "full")
	if d.Own { // the watcher takes it away again
		if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=384m,mode=711", "onevision-test", dir).Run(); err == nil {
			return "", nil
		}
		d.Own = false
	}
	if err := os.WriteFile(d.path, make([]byte, 1), 0o644); err != nil {
		return "", err
	}
	library := filepath.Join(dir, "full.so")
	if err := compile(fullSource, library); err != nil {
		return "", err
	}
	return wrap(dir, "LD_PRELOAD='"+library+"' FULL='"+d.path+"'")
}

// Fill leaves no room on the disk.
func (d *Disk) Fill() {
	d.t.Helper()
	file, err := os.OpenFile(d.path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	if !d.Own {
		if _, err := file.Write([]byte{1}); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	if _, err := file.Seek(0, 2); err != nil {
		d.t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; size /= 2 {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			d.t.Fatal(err)
		}
	}
}

// Free makes room again.
func (d *Disk) Free() {
	d.t.Helper()
	var err error
	if d.Own {
		err = os.Remove(d.path)
	} else {
		err = os.WriteFile(d.path, make([]byte, 1), 0o644)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}
