// A buffer between the network and DuckDB while a table is copied.

package warehouse

import "io"

// readAhead hands what is written to it to another goroutine, up to readAheadBlocks
// blocks ahead, so that PostgreSQL goes on sending while DuckDB compresses a row group
// (for some hundred milliseconds each, in which the connection would stand still). The
// bound on memory is 3 MB for each connection of a load.
type readAhead struct {
	block  []byte
	full   chan []byte
	empty  chan []byte
	failed chan struct{} // closed after err is set
	ended  chan struct{}
	err    error
}

const (
	readAheadBlock  = 256 << 10
	readAheadBlocks = 12
)

// newReadAhead hands on to a writer; in the background if others need the processors
// more.
func newReadAhead(to io.Writer, background bool) *readAhead {
	r := &readAhead{full: make(chan []byte, readAheadBlocks), empty: make(chan []byte, readAheadBlocks+2),
		failed: make(chan struct{}), ended: make(chan struct{})}
	r.block = make([]byte, 0, readAheadBlock)
	take := func() error {
		for block := range r.full {
			if r.err == nil {
				if _, r.err = to.Write(block); r.err != nil {
					close(r.failed)
				}
			}
			select {
			case r.empty <- block[:0]:
			default:
			}
		}
		return nil // it is in err
	}
	go func() {
		defer close(r.ended)
		if background {
			inBackground(take)
		} else {
			take()
		}
	}()
	return r
}

// Write implements io.Writer. An error is that of an earlier block.
func (r *readAhead) Write(p []byte) (int, error) {
	if len(r.block)+len(p) > readAheadBlock {
		if err := r.pass(); err != nil {
			return 0, err
		}
	}
	r.block = append(r.block, p...)
	return len(p), nil
}

func (r *readAhead) pass() error {
	select {
	case r.full <- r.block:
	case <-r.failed:
		return r.err
	}
	select {
	case r.block = <-r.empty:
	default:
		r.block = make([]byte, 0, readAheadBlock)
	}
	return nil
}

// close waits until everything was taken and returns the error of that.
func (r *readAhead) close() error {
	if len(r.block) > 0 {
		r.pass() // its error is the one returned below
	}
	close(r.full)
	<-r.ended
	return r.err
}
