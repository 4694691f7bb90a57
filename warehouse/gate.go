package warehouse

import "sync"

// gate lets Verify hold the follower still between two transactions.
type gate struct {
	mu      sync.Mutex
	active  bool
	limit   uint64 // transactions that end beyond wait; 0: all wait
	reached chan struct{}
	there   bool
}

// hold makes every transaction that has not begun wait.
func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active, g.limit, g.there, g.reached = true, 0, false, make(chan struct{})
}

// allow lets transactions up to the limit through and returns what is closed
// when all of them have been applied.
func (g *gate) allow(limit uint64) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = limit
	return g.reached
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active = false
}

// blocks says whether a transaction whose commit record begins at lsn waits.
func (g *gate) blocks(lsn uint64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active && (g.limit == 0 || lsn >= g.limit)
}

// arrive tells that everything up to lsn has been applied.
func (g *gate) arrive(lsn uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active && g.limit != 0 && lsn >= g.limit && !g.there {
		g.there = true
		close(g.reached)
	}
}
