package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"onevision/cmd/onevision/onevisiontest"
)

// A command is what a person types, and what must come of it.
type command struct {
	args  []string
	input string
	code  int
	says  string // a pattern of what it prints on either
}

// try runs commands one after the other. Whatever fails says so in a sentence on
// standard error, without a stack and without a line of the log.
func try(t *testing.T, p *onevisiontest.Program, commands ...command) {
	t.Helper()
	for _, c := range commands {
		r := p.RunWith(c.input, c.args...)
		code := p.Wait(r)
		if said := r.Stdout.String() + r.Stderr.String(); code != c.code || !regexp.MustCompile(c.says).MatchString(said) {
			t.Errorf("onevision %s\nended with %d, not %d, or does not say %q:\n%s", strings.Join(c.args, " "), code, c.code, c.says, said)
		}
		if last := r.Stderr.Tail(1); code == exitFailed && !strings.Contains(last, "onevision: ") {
			t.Errorf("onevision %s\nfailed without a sentence at the end:\n%s", strings.Join(c.args, " "), r.Stderr.String())
		}
	}
}

func TestWrongCommandLine(t *testing.T) {
	t.Parallel()
	p := onevisiontest.New(t)
	try(t, p,
		command{args: []string{}, code: exitUsage, says: `expected one of "demo", "serve"`},
		command{args: []string{"sevre"}, code: exitUsage, says: "unexpected argument sevre"},
		command{args: []string{"serve", "--lisen", "x"}, code: exitUsage, says: "unknown flag --lisen"},
		command{args: []string{"import", "attendance"}, code: exitUsage, says: "expected .*<files>"},
		command{args: []string{"import", "attendance", "nowhere.csv"}, code: exitUsage, says: "no such file"},
		command{args: []string{"import", "attendance", "/"}, code: exitUsage, says: "is a directory"},
		command{args: []string{"--help"}, says: "A demo county of invented people"},
	)
	if _, err := os.Stat(p.Data); err == nil {
		t.Error("a wrong command line made the data folder")
	}
}

func TestIndicatorsCheck(t *testing.T) {
	t.Parallel()
	p := onevisiontest.New(t)
	dir := filepath.Join(p.Dir, "library") // of one definition: the whole library is checked below
	if err := os.MkdirAll(filepath.Join(dir, "attendance"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"attendance/unauthorised-absence.yaml", "attendance/unauthorised-absence.examples.yaml", "targets.yaml"} {
		text, err := os.ReadFile(filepath.Join("../../indicators/library", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try(t, p,
		command{args: []string{"indicators", "list"}, says: `unauthorised-absence +attendance +Unauthorised absence`},
		command{args: []string{"indicators", "check"}, says: "every example comes out as it says"},
		command{args: []string{"indicators", "check", "--dir", dir}, says: "every example comes out as it says"},
	)
	file := filepath.Join(dir, "attendance", "unauthorised-absence.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(strings.Split(string(text), "polarity:")[0], "\n")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "polarity: low", "polarity: lo", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	try(t, p, command{args: []string{"indicators", "check", "--dir", dir}, code: exitFailed,
		says: `(?m)^(.*/)?attendance/unauthorised-absence\.yaml:` + strconv.Itoa(line) + `:\d+: .*polarity`})
}

func TestNoPostgreSQL(t *testing.T) {
	t.Parallel()
	p := onevisiontest.New(t)
	empty := filepath.Join(p.Dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	p.Env = []string{"PATH=" + empty}
	r := p.Run("serve", "--listen", "127.0.0.1:0", "--postgres-bin", empty)
	if code := p.Wait(r); code != exitFailed {
		t.Errorf("without PostgreSQL it ended with %d", code)
	}
	if said := strings.TrimSpace(r.Stderr.String()); strings.Contains(said, "\n") || !strings.Contains(said, "apt-get install postgresql") || !strings.Contains(said, empty) {
		t.Errorf("without PostgreSQL it does not say in one sentence what to install:\n%s", said)
	}
	if _, err := os.Stat(p.Data); err == nil {
		t.Error("the refusal left a data folder behind")
	}
}

func TestDataFolderInTheWay(t *testing.T) {
	t.Parallel()
	p := onevisiontest.New(t)
	closed, mode := filepath.Join(p.Dir, "closed"), os.FileMode(0o700)
	if os.Geteuid() != 0 {
		mode = 0o500 // root passes every folder, and PostgreSQL's user does not; others cannot write here
	}
	if err := os.Mkdir(closed, mode); err != nil {
		t.Fatal(err)
	}
	try(t, p, command{args: []string{"user", "list", "--data", filepath.Join(closed, "a", "b")}, code: exitFailed, says: regexp.QuoteMeta(closed) + `\b.*(--data|permission denied)`})
	if left, err := os.ReadDir(closed); err != nil || len(left) > 0 {
		t.Errorf("the refusal left %v behind: %v", left, err)
	}
}

// A strict umask is a person's own choice, and PostgreSQL's user must pass the
// folders that the program makes all the same. The test program's own umask is
// what the program inherits, so this test runs alone.
func TestStrictUmask(t *testing.T) {
	p := onevisiontest.New(t)
	old := syscall.Umask(0o077)
	r := p.Run("user", "list", "--data", filepath.Join(p.Dir, "made", "deep", "data"))
	syscall.Umask(old)
	if code := p.Wait(r); code != 0 {
		t.Errorf("with umask 077 it ended with %d:\n%s", code, r.Stderr.String())
	}
}
