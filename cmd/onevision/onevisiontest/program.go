// Package onevisiontest gives tests the real program: built from this checkout,
// run as a process, on a data folder of its own with a private PostgreSQL in it.
// Whatever a test leaves running is ended, and its files are removed, however
// the test program itself ends.
package onevisiontest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"onevision/indicators/indicatorstest"
	"onevision/records/postgres/postgrestest"
)

// Patience bounds every wait: nothing in these tests is a statement about speed.
const Patience = 8 * time.Minute

// Program is the program on one data folder.
type Program struct {
	testing.TB
	Dir  string   // a folder of the test's own that PostgreSQL's user can pass
	Data string   // the data folder, in Dir; the program makes it
	Env  []string // added to the environment

	running *running
}

// running are processes of ours, for the watcher.
type running struct {
	mu   sync.Mutex
	pids map[int]bool
	file string
}

// New gives the test the program, on a data folder that is not there yet.
func New(t testing.TB) *Program {
	t.Helper()
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(postgrestest.Scratch(), "onevision-test-*")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	dismiss, err := watch(watcher, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dismiss)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return &Program{TB: t, Dir: dir, Data: filepath.Join(dir, "data"), running: &running{pids: map[int]bool{}, file: filepath.Join(dir, "pids")}}
}

// For is the same program, on the same data folder, for a test below this one.
func (p *Program) For(t testing.TB) *Program {
	other := *p
	other.TB = t
	return &other
}

// built is the program as a file, which goes when leash is let go.
type built struct {
	path  string
	leash func()
}

// binary builds the program once, as the test itself was built, so that with
// -race a race in the program is an error too.
var binary = sync.OnceValues(func() (built, error) {
	dir, err := os.MkdirTemp("", "onevision-test-*")
	if err != nil {
		return built{}, err
	}
	leash, err := watch(`cat >/dev/null; rm -rf "$1"`, dir) // the file goes when the test program does
	if err != nil {
		return built{}, err
	}
	path := filepath.Join(dir, "onevision")
	args := []string{"build", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				args = append(args, "-race")
			}
		}
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := fewDefinitions(overlay); err != nil {
		return built{}, err
	}
	args = append(args, "-overlay", overlay)
	if out, err := exec.Command("go", append(args, "onevision/cmd/onevision")...).CombinedOutput(); err != nil {
		return built{}, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return built{path, leash}, nil
})

// fewDefinitions writes an overlay under which go build sees few of the library's
// definitions: a program that is started a dozen times would compute a hundred each time.
func fewDefinitions(file string) error {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	library := filepath.Join(strings.TrimSpace(string(module)), "indicators", "library")
	names, err := filepath.Glob(filepath.Join(library, "*", "*.yaml"))
	if err != nil {
		return err
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for _, name := range names {
		if within, err := filepath.Rel(library, name); err != nil {
			return err
		} else if !strings.HasSuffix(within, ".examples.yaml") && !slices.Contains(indicatorstest.FewFiles, filepath.ToSlash(within)) {
			overlay.Replace[name] = "" // not there
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// Run starts the program on its data folder and does not wait for anything.
func (p *Program) Run(args ...string) *Process {
	p.Helper()
	return p.RunWith("", args...)
}

// RunWith is Run with a text on standard input.
func (p *Program) RunWith(input string, args ...string) *Process {
	p.Helper()
	file, _ := binary() // New has seen that it is there
	r := &Process{Cmd: exec.Command(file.path, args...), ended: make(chan struct{})}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ONEVISION_") && !strings.HasPrefix(v, "DATABASE_URL=") {
			r.Cmd.Env = append(r.Cmd.Env, v)
		}
	}
	r.Cmd.Env = append(append(r.Cmd.Env, "ONEVISION_DATA="+p.Data), p.Env...)
	r.Cmd.Dir, r.Cmd.Stdin, r.Cmd.WaitDelay = p.Dir, strings.NewReader(input), 10*time.Second
	r.Cmd.Stdout, r.Cmd.Stderr = &r.Stdout, &r.Stderr
	if err := r.Cmd.Start(); err != nil {
		p.Fatal(err)
	}
	p.running.note(r.Cmd.Process.Pid, true)
	go func() {
		r.Cmd.Wait() // how it ended is in ProcessState
		p.running.note(r.Cmd.Process.Pid, false)
		close(r.ended)
	}()
	return r
}

// note tells the watcher what runs.
func (r *running) note(pid int, runs bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pids, pid)
	if runs {
		r.pids[pid] = true
	}
	var all []string
	for pid := range r.pids {
		all = append(all, strconv.Itoa(pid))
	}
	os.WriteFile(r.file, []byte(strings.Join(all, " ")), 0o600) // without it there is only more to clean up by hand
}

// Wait waits for the end of a process and gives its exit code, -1 if it was
// killed. A panic, or a race that was found, fails the test.
func (p *Program) Wait(r *Process) int {
	p.Helper()
	select {
	case <-r.ended:
	case <-time.After(Patience):
		p.Fatalf("%v did not end:\n%s", r.Cmd.Args[1:], r.Stderr.Tail(20))
	}
	p.Sound(r)
	return r.Cmd.ProcessState.ExitCode()
}

// Sound fails the test if a process panicked or a race was found in it.
func (p *Program) Sound(r *Process) {
	p.Helper()
	if s := r.Stderr.String(); strings.Contains(s, "DATA RACE") || strings.Contains(s, "panic: ") {
		p.Errorf("%v: %s", r.Cmd.Args[1:], s)
	}
}

// Must runs the program to its end, which must be a good one, and gives what it
// printed.
func (p *Program) Must(args ...string) string {
	p.Helper()
	r := p.Run(args...)
	if code := p.Wait(r); code != 0 {
		p.Fatalf("%v ended with %d:\n%s\n%s", args, code, r.Stdout.String(), r.Stderr.String())
	}
	return r.Stdout.String()
}

// AwaitURL waits until a process prints where it serves, after these words.
func (p *Program) AwaitURL(r *Process, words string) string {
	p.Helper()
	for deadline := time.Now().Add(Patience); ; {
		if _, after, ok := strings.Cut(r.Stdout.String(), words+" http://"); ok {
			if address, _, whole := strings.Cut(after, "\n"); whole {
				return "http://" + address
			}
		}
		select {
		case <-r.ended:
			p.Fatalf("the server did not come up:\n%s\n%s", r.Stdout.String(), r.Stderr.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.Fatalf("the server does not serve:\n%s\n%s", r.Stdout.String(), r.Stderr.Tail(30))
		}
	}
}

// AdminURL is the superuser's address of the program's PostgreSQL.
func (p *Program) AdminURL() string {
	p.Helper()
	b, err := os.ReadFile(filepath.Join(p.Data, "connection.json"))
	if err != nil {
		p.Fatal(err)
	}
	var c struct {
		AdminURL string `json:"admin_url"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		p.Fatal(err)
	}
	return c.AdminURL
}

// Postmasters are the running PostgreSQL servers of the data folder: processes
// with its path on their command line whose parent is not one of them.
func (p *Program) Postmasters() []int {
	p.Helper()
	out, err := exec.Command("ps", "-axww", "-o", "pid=,ppid=,command=").Output()
	if err != nil {
		p.Fatalf("list processes: %v", err)
	}
	parents := map[int]int{}
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		if _, err := fmt.Sscan(line, &pid, &parent); err == nil && strings.Contains(line, "/postgres -D "+p.Data+"/postgres/data ") {
			parents[pid] = parent
		}
	}
	var all []int
	for pid, parent := range parents {
		if _, child := parents[parent]; !child {
			all = append(all, pid)
		}
	}
	return all
}
