package warehouse

import "io"

// relay hands what is written to it to another goroutine, some megabytes
// ahead, so that PostgreSQL goes on sending while DuckDB compresses.
type relay struct {
	block  []byte
	full   chan []byte
	empty  chan []byte
	failed chan struct{} // closed after err is set
	ended  chan struct{}
	err    error
}

const (
	relayBlock = 256 << 10
	relayAhead = 12
)

// newRelay hands on to a writer; in the background if others need the processors
// more.
func newRelay(to io.Writer, background bool) *relay {
	r := &relay{full: make(chan []byte, relayAhead), empty: make(chan []byte, relayAhead+2),
		failed: make(chan struct{}), ended: make(chan struct{})}
	r.block = make([]byte, 0, relayBlock)
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
func (r *relay) Write(p []byte) (int, error) {
	if len(r.block)+len(p) > relayBlock {
		if err := r.pass(); err != nil {
			return 0, err
		}
	}
	r.block = append(r.block, p...)
	return len(p), nil
}

func (r *relay) pass() error {
	select {
	case r.full <- r.block:
	case <-r.failed:
		return r.err
	}
	select {
	case r.block = <-r.empty:
	default:
		r.block = make([]byte, 0, relayBlock)
	}
	return nil
}

// close waits until everything was taken and returns the error of that.
func (r *relay) close() error {
	if len(r.block) > 0 {
		r.pass() // its error is the one returned below
	}
	close(r.full)
	<-r.ended
	return r.err
}
