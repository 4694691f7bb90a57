package warehouse

import (
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestFaultTheWarehousesRestart(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process could open the folder: %v", err)
	}
	for range times(1, 20) {
		stop := c.write()
		was := f.Status().Applied
		f.until("transactions applied", func(s Status) bool { return s.Applied > was+20 })
		f.stop()
		time.Sleep(100 * time.Millisecond) // there are more when it comes back
		stop()
		f = c.follow(o)
		select {
		case <-f.Ready():
		default:
			t.Error("the build does not serve at once")
		}
		f.equal()
	}
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("restarting made a new build necessary: %+v", s)
	}
}

func TestFaultKillsLoseAndDoubleNothing(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	// The first build is made here, so that the rounds meet following; kills
	// in a load come in the test of loads.
	f := c.follow(o)
	f.wait()
	f.stop()
	stop := c.write()
	for range times(2, 100) {
		child := c.child(o, 20_000, "") // some transactions are staged in parts
		c.applies(o)
		time.Sleep(rand.N(500 * time.Millisecond))
		child.Process.Kill()
		if err := child.Wait(); err == nil || child.ProcessState.ExitCode() == 1 {
			t.Fatalf("the child ended by itself: %v", err)
		}
	}
	f = c.follow(o)
	f.equal() // while writing goes on
	stop()
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 || s.Build != 1 {
		t.Errorf("a kill made a new build necessary: %+v", s)
	}
}

func TestFaultKillsDuringALoadLeaveNothing(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	stop := c.write()
	for range times(2, 100) {
		builds := c.numbered(o.Dir)
		child := c.child(o, 0, "")
		for end := time.Now().Add(patience); c.numbered(o.Dir) == builds && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(rand.N(250 * time.Millisecond)) // into the load
		child.Process.Kill()
		child.Wait()
	}
	f := c.follow(o)
	f.wait()
	f.equal()
	stop()
	f.equal()
	found, err := filepath.Glob(filepath.Join(o.Dir, "warehouse-*.duckdb"))
	if err != nil || len(found) != 1 {
		t.Errorf("the folder holds %v (%v)", found, err)
	}
}

// A folder that was given up can be taken at once, whatever processes are being
// started meanwhile.
func TestFaultTheFolderIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := exec.Command("true").Run(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 300 {
		f, err := openFolder(dir)
		if err != nil {
			t.Error(err)
			break
		}
		f.close()
	}
	cancel()
	all.Wait()
}
