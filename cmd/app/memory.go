package app

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// duckMemory is DuckDB's limit of memory: 2 GB, or a quarter of what this
// program may use where that is less. PostgreSQL and the program itself need
// theirs, and DuckDB goes to disk beyond the limit.
func duckMemory() string { return fmt.Sprintf("%dMiB", share(4, 256<<20, 2<<30)>>20) }

// postgresMemory are the pages that the private PostgreSQL keeps itself: changes of
// a whole county's marks write each page once instead of time after time. The
// kernel's cache holds the rest.
func postgresMemory() string { return fmt.Sprintf("%dMB", share(16, 128<<20, 2<<30)>>20) }

// share is one part of so many of the memory that this program may use, in bytes,
// within bounds.
func share(parts, least, most int64) int64 {
	for _, m := range []int64{machineMemory(), groupMemory()} {
		if m > 0 {
			most = min(most, m/parts)
		}
	}
	return max(most, least)
}

// machineMemory is what the machine has, 0 if it does not tell.
func machineMemory() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "MemTotal:" {
			kB, _ := strconv.ParseInt(string(f[1]), 10, 64)
			return kB << 10
		}
	}
	return 0
}

// groupMemory is the limit of the container or unit that this program runs in,
// 0 if there is none ("max").
func groupMemory() int64 {
	b, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	return n
}
