package house

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// duckMemory is DuckDB's limit of memory: 2 GB, or a quarter of what this
// program may use where that is less. PostgreSQL and the program itself need
// theirs, and DuckDB goes to disk beyond the limit.
func duckMemory() string {
	limit := int64(2 << 30)
	for _, m := range []int64{machineMemory(), groupMemory()} {
		if m > 0 {
			limit = min(limit, m/4)
		}
	}
	return fmt.Sprintf("%dMiB", max(limit, 256<<20)>>20)
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
