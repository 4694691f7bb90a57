package warehouse

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a test waits for what must come: a bound of hangs alone, since a
// machine can be busy with others.
const patience = 5 * time.Minute

// times is how often a fault is played: a few times in an ordinary run.
func times(few, full int) int {
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		return full
	}
	return few
}

// steps counts those of a name that a follower of these options takes.
type steps struct{ taken chan struct{} }

func (o *Options) steps(name string) steps {
	s := steps{make(chan struct{}, 1000)}
	before := o.onStep
	o.onStep = func(step string) {
		if before != nil {
			before(step)
		}
		if step == name {
			select {
			case s.taken <- struct{}{}:
			default:
			}
		}
	}
	return s
}

// more waits for n more steps, so that what must not happen had its time to.
func (s steps) more(t *testing.T, n int) {
	t.Helper()
	for len(s.taken) > 0 {
		<-s.taken
	}
	for range n {
		select {
		case <-s.taken:
		case <-time.After(patience):
			t.Fatal("the follower does not go on")
		}
	}
}

// putBack replaces the server's data by an earlier copy.
func (c *county) putBack(copied string) {
	c.Helper()
	data := filepath.Join(c.server.Dir(), "data")
	if err := os.RemoveAll(data); err != nil {
		c.Fatal(err)
	}
	c.copyTree(copied, data)
}

func (c *county) copyTree(from, to string) {
	c.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		c.Fatalf("copy %s: %v: %s", from, err, out)
	}
}

func (c *county) restart() {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	if err := c.server.Restart(ctx); err != nil {
		c.Fatal(err)
	}
	c.connect()
}

func (c *county) halt() {
	c.Helper()
	if err := c.server.Stop(c.Context()); err != nil {
		c.Fatal(err)
	}
}

const marks = `INSERT INTO attendance (child_id, school_id, date, am, recorded_by) SELECT id, 1, $1::date, $2, 0 FROM child`
