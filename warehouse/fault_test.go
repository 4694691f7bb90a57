package warehouse

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// times is how often a fault is played: a few times in an ordinary run.
func times(few, full int) int {
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		return full
	}
	return few
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
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
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
