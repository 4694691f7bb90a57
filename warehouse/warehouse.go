// Package warehouse keeps a rebuildable, nameless copy of the record store's
// facts in an embedded DuckDB: it loads, follows and is queried. What is in it
// comes from PostgreSQL by logical replication, each transaction once; it can
// be deleted at any time and is then built again.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

// Options say what is followed and where the copy lives.
type Options struct {
	Dir         string // of the builds; one process at a time
	SourceURL   string // PostgreSQL, as the follower's role
	Slot        string // this node's replication slot
	Publication string
	Tables      []Table // code tables before the tables that refer to them

	Log *slog.Logger     // nil: silence
	Now func() time.Time // nil: time.Now

	MemoryLimit    string        // of DuckDB, as it writes sizes; "" is 2GB
	Threads        int           // of DuckDB; 0 is one for each processor, or one while there are few facts
	Readers        int           // Reads at a time; 0 is 8, more wait
	ReadTimeout    time.Duration // of one Read; 0 is a minute
	Streams        int           // connections of a first load; 0 is one for each processor, up to 4
	MaxRetained    int64         // bytes of PostgreSQL's log that the slot may hold back; beyond, it is dropped and a new build is made; 0 is 4 GiB
	SlotInterval   time.Duration // how often the slot is looked at; 0 is 10 seconds
	SourceInterval time.Duration // how often the publication and the partitions are looked at; 0 is a minute
	SilenceTimeout time.Duration // of the record store, after which its connection is given up for another; 0 is a minute
	Heartbeat      time.Duration // how often the server is asked how far its log reaches, by which "data as at" moves on, and is told what was received; 0 is a second
	Buffer         int           // bytes of changes held in memory before they are staged; 0 is 64 MiB

	onStep func(step string) // told at each step of a build, of its taking over and of following, for tests
}

func (o *Options) complete() error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MemoryLimit == "" {
		o.MemoryLimit = "2GB"
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = time.Minute
	}
	if o.Streams == 0 {
		o.Streams = min(runtime.NumCPU(), 4)
	}
	if o.MaxRetained == 0 {
		o.MaxRetained = 4 << 30
	}
	if o.SlotInterval == 0 {
		o.SlotInterval = 10 * time.Second
	}
	if o.SourceInterval == 0 {
		o.SourceInterval = time.Minute
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = time.Second
	}
	if o.SilenceTimeout == 0 {
		o.SilenceTimeout = time.Minute
	}
	if o.Buffer == 0 {
		o.Buffer = 64 << 20
	}
	if o.onStep == nil {
		o.onStep = func(string) {}
	}
	var errs []error
	for name, value := range map[string]string{"folder": o.Dir, "source": o.SourceURL, "slot": o.Slot, "publication": o.Publication} {
		if value == "" {
			errs = append(errs, fmt.Errorf("the warehouse needs a %s", name))
		}
	}
	return errors.Join(append(errs, checkTables(o.Tables))...)
}

// Warehouse is the facts and what follows them.
type Warehouse struct {
	o      Options
	source *source
	folder *folder

	ready     chan struct{}
	readyOnce sync.Once
	barrier   barrier
	pausing   chan struct{} // holds one: who may pause the follower
	follower  chan struct{} // holds one token while somebody follows
	wake      chan struct{} // tells the follower to look at the pause wanted and at reason
	pressure  pressure
	ending    context.Context // ends when Close is called
	end       context.CancelFunc

	mu          sync.Mutex // guards what follows
	serving     *build
	users       sync.WaitGroup // whoever uses a build; counted under mu, and by nobody once closed is set
	reason      string         // why a new build is needed, "" if it is not
	closed      bool
	status      Status
	subscribers []func(Change)
	stuck       uint64 // end of the transaction that could not be applied
	stuckBuild  int
	needed      int64 // bytes for a new build, if one did not fit
	unopened    int   // build that there was no room to open; 0: none
}

// Change tells which followed tables hold other facts than before; now and then
// also one that was only written again as it was.
type Change struct {
	Tables   []string // every table after a new build
	Position Position
	NewBuild bool // or other tables in the same: derived relations must be made again
}

// Open opens the build that the folder's pointer names, if it is whole and one
// of ours; if not, Status says why and Follow builds another. ErrInUse if
// another process has the folder.
func Open(ctx context.Context, o Options) (*Warehouse, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s, err := newSource(&o)
	if err != nil {
		return nil, err
	}
	f, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	f.onStep = o.onStep
	w := &Warehouse{o: o, source: s, folder: f, ready: make(chan struct{}), follower: make(chan struct{}, 1), wake: make(chan struct{}, 1), pausing: make(chan struct{}, 1)}
	w.ending, w.end = context.WithCancel(context.Background())
	w.status.State = Stopped
	if err := w.open(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *Warehouse) open(ctx context.Context) error {
	number, err := w.folder.current()
	switch {
	case err != nil:
		w.reason = fmt.Sprintf("the pointer to the current build cannot be read (%v)", err)
	case number == 0:
		w.reason = "there is no build yet"
	default:
		if err := w.openCurrent(ctx, number); err != nil {
			return err
		}
	}
	if w.reason != "" {
		w.o.Log.Info("the warehouse will be built", "reason", w.reason)
		w.status.Reason = w.reason
	}
	keep := w.unopened
	if w.serving != nil {
		keep = number
	}
	if err := w.folder.sweep(keep); err != nil {
		return fmt.Errorf("remove what an earlier build left: %w", err)
	}
	return nil
}

// openCurrent opens the build that the pointer names. If there is not even the
// little room that this takes, the follower will open it.
func (w *Warehouse) openCurrent(ctx context.Context, number int) error {
	b, err := openBuild(ctx, w.folder, &w.o, number)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.mu.Lock()
	w.unopened = 0
	switch {
	case isDiskFull(err):
		w.unopened, w.status.Error = number, w.folder.explainDiskFull(err).Error()
	case err != nil:
		w.reason = fmt.Sprintf("build %d cannot be used (%v)", number, err)
	case b.dictionaries == nil:
		w.reason = "the file is of another release's form"
	}
	w.status.Reason = w.reason
	w.mu.Unlock()
	if err == nil {
		w.setStale(b.staleTables())
		w.setPosition(b.at.Position)
		w.serve(b)
	}
	return nil
}

// serve makes a build the one that answers and lets the one before go.
func (w *Warehouse) serve(b *build) {
	w.mu.Lock()
	before := w.serving
	w.serving = b
	w.mu.Unlock()
	if before != nil {
		w.o.onStep("taken over")
		before.retire()
	}
	w.readyOnce.Do(func() { close(w.ready) })
}

// Ready is closed once a whole build serves.
func (w *Warehouse) Ready() <-chan struct{} { return w.ready }

// Subscribe has fn called after each batch that changed facts and after each
// new build, in order, by the follower itself: fn must return quickly.
func (w *Warehouse) Subscribe(fn func(Change)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.subscribers = append(w.subscribers, fn)
}

func (w *Warehouse) notify(c Change) {
	w.mu.Lock()
	subscribers := w.subscribers
	w.mu.Unlock()
	for _, fn := range subscribers {
		fn(c)
	}
}

// noteInstanceLost has a build's file opened again, by whoever needs it next; or a new
// build made, when that is of no use.
func (w *Warehouse) noteInstanceLost(b *build, err error) {
	if b.markLost(w.o.Now()) > 3 && !isDiskFull(err) {
		w.broken(b, fmt.Sprintf("DuckDB gave the file up again and again (%v)", err))
	}
	w.wakeFollower()
}

// broken asks the follower for a new build because this one cannot be used.
func (w *Warehouse) broken(b *build, reason string) {
	w.mu.Lock()
	if w.serving == b && w.reason == "" {
		w.reason = reason
	}
	w.mu.Unlock()
	w.wakeFollower()
}

func (w *Warehouse) wakeFollower() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// use is for as long as somebody uses a build: until the returned function is
// called, Close waits. The returned context ends with ctx or when Close is called.
func (w *Warehouse) use(ctx context.Context) (_ context.Context, done func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, ErrClosed
	}
	w.users.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(w.ending, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
		w.users.Done()
	}, nil
}

// Close ends the use of the warehouse: it cancels Follow and whatever else still
// runs, which end with ErrClosed, and waits for all of it before it closes the file.
func (w *Warehouse) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.mu.Unlock()
	w.end()
	w.users.Wait()
	w.mu.Lock()
	b := w.serving
	w.serving = nil
	w.mu.Unlock()
	var err error
	if b != nil {
		err = b.close()
	}
	w.folder.close()
	return err
}
