package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// environment is all that the server's programs see of the program's: PG*
// variables would change what they do, and DATABASE_URL is none of their
// business.
var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "HOME=/"}

// initialise makes the database cluster. It is made under another name and
// renamed when complete, so that a data folder is always a whole one.
func (s *Server) initialise(ctx context.Context, sync bool) error {
	if leftovers, err := filepath.Glob(filepath.Join(s.dir, "data.new-*")); err == nil {
		for _, path := range leftovers {
			os.RemoveAll(path) // only disk space, if it fails
		}
	}
	fresh, err := os.MkdirTemp(s.dir, "data.new-*") // mode 0700
	if err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	defer os.RemoveAll(fresh) // not there any more after the rename
	if err := s.account.own(fresh); err != nil {
		return fmt.Errorf("giving the data folder to %s: %w", s.account.name, err)
	}
	// Another user cannot open a pipe of root's by name, so the password goes
	// through a file, for a second.
	pwfile := filepath.Join(s.dir, filepath.Base(fresh)+".pw")
	defer os.Remove(pwfile)
	if err := os.WriteFile(pwfile, []byte(s.secrets[Superuser]+"\n"), 0o600); err != nil {
		return fmt.Errorf("handing the password to initdb: %w", err)
	}
	if err := s.account.own(pwfile); err != nil {
		return fmt.Errorf("handing the password to initdb: %w", err)
	}
	// C.UTF-8 knows upper and lower case beyond ASCII; where a system lacks it
	// (macOS, old Red Hat) plain C is the one that all have.
	var failed error
	for _, locale := range []string{"C.UTF-8", "C"} {
		args := []string{"--pgdata=" + fresh, "--username=" + Superuser, "--pwfile=" + pwfile,
			"--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=" + locale, "--lc-messages=C",
			"--text-search-config=english", "--no-instructions"}
		if !sync {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, s.bin.initdb(), args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment, s.account.attributes()
		out, err := cmd.CombinedOutput()
		if err == nil {
			failed = nil
			break
		}
		failed = errors.Join(failed, fmt.Errorf("initdb with locale %s: %w: %s", locale, err, lastLines(string(out), 5)))
		if ctx.Err() != nil {
			return failed
		}
	}
	if failed != nil {
		return failed
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("naming the data folder: %w", err)
	}
	return syncFolder(s.dir)
}

// lastLines returns the end of a program's output, in one line, for an error.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, " | ")
}
