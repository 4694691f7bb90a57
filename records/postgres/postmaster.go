package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// readPostmaster returns the process number in the server's postmaster.pid, or
// 0 if there is no such file or only the beginning of one.
func readPostmaster(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading postmaster.pid: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || pid <= 1 {
		return 0, nil
	}
	return pid, nil
}

// serves says whether process pid is a running PostgreSQL of this data. A
// number alone proves nothing: after a crash or in another container it may be
// anybody's, and signals must not reach anybody.
func serves(pid int, data string) bool {
	if hasProc() {
		// Every PostgreSQL process stands in its data directory. For zombies
		// and strangers the link cannot be read.
		folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err != nil || folder != data {
			return false
		}
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return err == nil && strings.HasPrefix(string(name), "postgres")
	}
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), "-D "+data+" ")
}

// exists says whether any process, a zombie included, has this number.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/cwd")
	return err == nil
}

// family returns every running process of the server of this data; without
// /proc, the postmaster and those that are still its children.
func family(pid int, data string) []int {
	var pids []int
	if hasProc() {
		entries, _ := os.ReadDir("/proc") // unreadable: no family, as with serves
		for _, entry := range entries {
			if pid, err := strconv.Atoi(entry.Name()); err == nil && serves(pid, data) {
				pids = append(pids, pid)
			}
		}
		return pids
	}
	out, _ := exec.Command("ps", "-axo", "pid=,ppid=").Output() // fails: the postmaster only
	for line := range strings.Lines(string(out)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil && parent == pid {
			pids = append(pids, child)
		}
	}
	if serves(pid, data) {
		pids = append(pids, pid)
	}
	return pids
}

// commandLine returns how the running server was started, as PostgreSQL wrote
// it down, and as it would write these arguments.
func commandLine(data, program string, args []string) (was, would string) {
	text, _ := os.ReadFile(filepath.Join(data, "postmaster.opts")) // unreadable: it differs
	var b strings.Builder
	b.WriteString(program)
	for _, arg := range args {
		b.WriteString(` "` + arg + `"`)
	}
	return strings.TrimSpace(string(text)), b.String()
}
