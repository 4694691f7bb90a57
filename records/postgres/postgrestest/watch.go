package postgrestest

import (
	"fmt"
	"os/exec"
	"syscall"
)

// watcher waits for the end of its input, which comes when the test program
// lets go of the other end of the pipe, by closing it or by dying in whatever
// way. Then it stops the server, if it still runs, and removes its files, and
// the disk of its own that it may have had. The fifth line of postmaster.pid is
// the folder of the socket.
const watcher = `
cat >/dev/null
pid=$(sed -n 1p "$1/data/postmaster.pid" 2>/dev/null)
socket=$(sed -n 5p "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
	n=0
	while [ -e "$1/data/postmaster.pid" ] && [ $n -lt 100 ]; do
		sleep 0.1
		n=$((n+1))
	done
	[ -e "$1/data/postmaster.pid" ] && kill -KILL "$pid" 2>/dev/null
fi
case "$socket" in */onevision-*) rm -rf "$socket" ;; esac
umount -l "$1" 2>/dev/null
rm -rf "$1"
`

// watch starts a watcher of the server in dir. The function that it returns
// sends the watcher to its work and waits until that is done.
func watch(dir string) (dismiss func() error, err error) {
	cmd := exec.Command("/bin/sh", "-c", watcher, "watcher", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the tests
	leash, err := cmd.StdinPipe()                        // closed in every child but this one
	if err != nil {
		return nil, fmt.Errorf("watching a test server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("watching a test server: %w", err)
	}
	return func() error {
		leash.Close()
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("removing a test server: %w", err)
		}
		return nil
	}, nil
}
