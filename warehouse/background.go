// Work that nobody waits for, on a thread of low priority.

package warehouse

import "runtime"

// inBackground runs fn on a thread of its own whose priority is low, so that what
// computes for long (Write) or appends a load beside readers leaves the processors to
// the follower and to readers, who need one for a moment. DuckDB's own threads keep
// their priority, because the follower waits for them too: only fn's own share of the
// work gives way. On Linux only. A panic of fn is the caller's.
func inBackground(fn func() error) error {
	type outcome struct {
		err      error
		panicked any
	}
	done := make(chan outcome, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and nobody else
		// gets it with its low priority.
		runtime.LockOSThread()
		lowerPriority()
		var o outcome
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.err = fn()
	}()
	o := <-done
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}
