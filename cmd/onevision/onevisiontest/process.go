package onevisiontest

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Process is one run of the program.
type Process struct {
	Cmd            *exec.Cmd
	Stdout, Stderr Output
	ended          chan struct{}
}

// Kill is kill -9.
func (r *Process) Kill() {
	r.Cmd.Process.Kill() // it may have ended already
	<-r.ended
}

// Terminate asks the process to end, as a service manager does.
func (r *Process) Terminate() error { return r.Cmd.Process.Signal(syscall.SIGTERM) }

// Output keeps what a process writes while others read it.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Tail is the last n lines.
func (o *Output) Tail(n int) string {
	lines := strings.Split(strings.TrimSpace(o.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// watcher waits for the end of its input, which comes when the test program
// lets go of the other end of the pipe, by closing it or by dying in whatever
// way. Then it ends what still runs in the folder and removes it. The fifth
// line of postmaster.pid is the folder of the socket.
const watcher = `
cat >/dev/null
pids=$(cat "$1/pids" 2>/dev/null)
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null
for file in "$1"/*/postgres/data/postmaster.pid; do
	pid=$(sed -n 1p "$file" 2>/dev/null)
	socket=$(sed -n 5p "$file" 2>/dev/null)
	if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
		n=0
		while [ -e "$file" ] && [ $n -lt 100 ]; do
			sleep 0.1
			n=$((n+1))
		done
	fi
	case "$socket" in */onevision-*) rm -rf "$socket" ;; esac
done
rm -rf "$1"
`

// watch starts a watcher of a folder. The function that it returns sends the
// watcher to its work and waits until that is done.
func watch(script, dir string) (dismiss func(), err error) {
	cmd := exec.Command("/bin/sh", "-c", script, "watcher", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the tests
	leash, err := cmd.StdinPipe()                        // closed in every child but this one
	if err != nil {
		return nil, fmt.Errorf("watch a test's folder: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("watch a test's folder: %w", err)
	}
	return func() {
		leash.Close()
		cmd.Wait()
	}, nil
}
