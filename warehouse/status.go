// What the warehouse says about itself.

package warehouse

import "time"

// State is what the follower is doing.
type State string

const (
	Stopped    State = "stopped"     // Follow does not run
	Connecting State = "connecting"  // or connecting again; Status.Error says why
	Loading    State = "loading"     // a first load, or a new build beside the one that serves
	Following  State = "following"   // and up to date, or nearly
	CatchingUp State = "catching up" // following a backlog
)

// Status is what the warehouse can say about itself without a query.
type Status struct {
	State    State
	Serving  bool // a whole build answers
	Build    int  // the one that answers
	Position Position
	Behind   int64  // bytes of write-ahead log not yet looked at, when last asked
	Error    string // of the last attempt to connect, load or follow, "" when all is well
	Since    time.Time

	Reason     string   // why the last new build was begun, or is needed
	Rebuilds   int      // new builds finished by this process
	Stale      []string // tables that must be loaded again, and why: until then Position.AsAt stands still
	StaleError string   // why they could not be loaded the last time they were tried
	Reloads    int      // tables that this process loaded again
	Load       Load
	Applied    int64 // transactions applied by this process
	Untouched  int64 // batches that changed no fact
	Slot       SlotRetention
}

// Load is the progress of a first load.
type Load struct {
	Step        string // in words, "" when none runs
	Table       string // the last one begun
	Tables      int
	TablesDone  int
	Rows        int64
	RowsPlanned int64 // PostgreSQL's estimate
	Began       time.Time
}

// Status says what the follower does and what is served.
func (w *Warehouse) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	if w.serving != nil {
		s.Serving, s.Build = true, w.serving.number
	}
	return s
}

func (w *Warehouse) setState(state State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status.State != state {
		w.status.State, w.status.Since = state, w.o.Now()
	}
	if state == Following {
		w.status.Error = ""
	}
}

func (w *Warehouse) setStale(words []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Stale = words
}

// reloaded counts tables that were loaded again.
func (w *Warehouse) reloaded(stale []string, tables int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Stale, w.status.StaleError = stale, ""
	w.status.Reloads += tables
}

func (w *Warehouse) reloadFailed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.StaleError = err.Error()
}

func (w *Warehouse) setLoad(change func(*Load)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.status.Load)
}

// setPosition tells what the serving build holds by now.
func (w *Warehouse) setPosition(p Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Position = p
}

// setBehind tells how much log the server has that was not looked at.
func (w *Warehouse) setBehind(bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Behind = max(bytes, 0)
}
