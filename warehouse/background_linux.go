// A thread's own priority, which Linux has.

package warehouse

import "syscall"

// lowerPriority lowers that of the calling thread, and of those that it starts.
// On Linux a priority is a thread's own. Failing does no harm.
func lowerPriority() { syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness) }

// niceness leaves what runs in the background a third of a processor that others
// want too.
const niceness = 5
