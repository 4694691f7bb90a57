package warehouse

import "runtime"

// inBackground runs fn on a thread of its own whose priority is low: what takes
// long and nobody waits for gives way to the follower and to readers, who need
// a processor for a moment only. What DuckDB's own threads do of fn's statements
// does not. A panic of fn is the caller's.
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
