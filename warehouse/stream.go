// The stream: messages come in, are gathered in batches, and applied; what is applied
// is acknowledged.

package warehouse

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Bounds of a batch. Transactions that come together are applied together;
// one alone waits hardly at all.
const (
	batchRows    = 50_000
	batchBytes   = 16 << 20
	batchWait    = 5 * time.Millisecond   // for more, when the stream is up to date
	readyWait    = 100 * time.Millisecond // for what has come already
	backlogWait  = 300 * time.Millisecond // for more, when it is behind
	backlogAge   = 500 * time.Millisecond // of a transaction: the stream is behind
	persistEvery = 2 * time.Second        // of a position that moved without facts
)

// stream follows the record store from one connection to its end.
type stream struct {
	w     *Warehouse
	b     *build
	retry *retries
	feed  *feed
	fold  *fold
	apply *applier

	relations map[uint32]*relation
	old, row  tuple
	open      *transaction // being received
	skip      bool         // it was applied before
	waiting   []byte       // BEGIN message that the barrier stopped
	batch     *transaction // last one complete and not applied; nil if none
	count     int64        // transactions in the batch
	since     time.Time    // of the batch's first commit
	behind    bool

	expect     bool   // the transaction applied last must come again
	received   uint64 // everything up to here has come
	passed     uint64 // everything up to here has come and is applied, if batch is nil
	durable    uint64 // acknowledged: stored in the file
	persisted  time.Time
	heartbeats []heartbeat
	asAt       heartbeat // up to where, and when, everything is in

	unverified map[string]bool    // partitions being examined
	verified   chan string        // those of which nothing is missing
	incomplete chan *invalidTable // tables of the others

	reload      *reload   // nil: none
	reloadAfter time.Time // when the next may begin
	background  sync.WaitGroup
}

// transaction is what BEGIN and COMMIT say.
type transaction struct {
	applied
	spilled bool
}

func newStream(w *Warehouse, b *build, retry *retries) *stream {
	s := &stream{w: w, b: b, retry: retry, fold: newFold(), apply: newApplier(b), relations: map[uint32]*relation{},
		unverified: map[string]bool{}, verified: make(chan string), incomplete: make(chan *invalidTable)}
	return s
}

func (s *stream) run(following context.Context) error {
	ctx, cancel := context.WithCancel(following)
	defer s.background.Wait()
	defer cancel()
	conn, err := s.w.source.connect(ctx)
	if err != nil {
		return err
	}
	if s.feed, err = s.start(ctx, conn); err != nil {
		closeConn(conn)
		return err
	}
	defer s.feed.close()
	defer func() {
		if following.Err() != nil {
			s.persist()
		}
	}()
	defer s.apply.rollback()
	heartbeats, heartbeatsEnded := make(chan heartbeat), make(chan error, 1)
	go func() { heartbeatsEnded <- s.askHeartbeats(ctx, conn, heartbeats) }()
	defer func() {
		cancel()
		<-heartbeatsEnded
		closeConn(conn)
	}()
	defer s.b.raw.interruptOn(ctx)()
	s.w.setState(Following)
	s.persisted = time.Now()
	tick := time.NewTicker(s.w.o.Heartbeat)
	defer tick.Stop()
	timer := time.NewTimer(time.Hour) // of the batch
	defer timer.Stop()
	looked := time.Now()
	if err := s.feed.acknowledge(s.received, s.durable, true); err != nil {
		return err
	}
	for {
		in := s.feed.messages
		if s.waiting != nil {
			in = nil
		}
		var due <-chan time.Time
		if s.batch != nil && s.open == nil {
			if wait := s.wait(); wait > 0 {
				timer.Reset(wait)
				due = timer.C
			} else if err := s.flush(); err != nil {
				return err
			}
		}
		s.reloadStale(ctx)
		var copied <-chan error
		if s.reload != nil {
			copied = s.reload.copied
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-copied:
			if err := s.reloaded(err); err != nil {
				return err
			}
		case m, ok := <-in:
			if !ok {
				return s.feed.err
			}
			if err := s.handle(m); err != nil {
				return err
			}
		case <-due:
		case err := <-heartbeatsEnded:
			heartbeatsEnded <- err
			return err
		case p := <-heartbeats:
			s.heartbeats = append(s.heartbeats, p)
			if len(s.heartbeats) > 16 {
				s.heartbeats = append(s.heartbeats[:8], s.heartbeats[9:]...)
			}
			s.w.setBehind(int64(p.lsn) - int64(s.passed))
			if err := s.noteProgress(); err != nil {
				return err
			}
			s.w.o.onStep("heartbeat")
			if time.Since(looked) > s.w.o.SourceInterval {
				looked = time.Now()
				if err := s.checkSource(ctx); err != nil {
					return err
				}
			}
		case <-tick.C:
			if err := s.feed.acknowledge(s.received, s.durable, true); err != nil {
				return err
			}
		case oid := <-s.verified:
			delete(s.unverified, oid)
			if err := s.b.raw.notePartition(oid); err != nil {
				return err
			}
		case e := <-s.incomplete:
			if err := s.invalidate(e); err != nil {
				return err
			}
		case <-s.w.wake:
			if err := s.woken(); err != nil {
				return err
			}
		}
	}
}

// woken looks at what others want: a new build, or a pause.
func (s *stream) woken() error {
	s.w.mu.Lock()
	reason := s.w.reason
	s.w.mu.Unlock()
	if s.b.instanceLost() {
		return errInstanceLost
	}
	if reason != "" {
		return rebuild("%s", reason)
	}
	if s.waiting != nil {
		m := s.waiting
		s.waiting = nil
		if err := s.handle(m); err != nil {
			return err
		}
	}
	if err := s.noteProgress(); err != nil {
		return err
	}
	return s.feed.acknowledge(s.received, s.durable, true)
}

// wait is how long the batch may still wait for more.
func (s *stream) wait() time.Duration {
	if s.fold.rows >= batchRows || s.fold.bytes >= batchBytes || s.batch.spilled || s.waiting != nil {
		return 0
	}
	limit := batchWait
	switch {
	case s.behind:
		limit = backlogWait
	case len(s.feed.messages) > 0:
		limit = readyWait
	}
	return limit - time.Since(s.since)
}

// flush applies the batch.
func (s *stream) flush() error {
	p := s.b.at
	p.last = s.batch.applied
	p.LSN = max(p.LSN, s.batch.end)
	if len(s.b.stale) == 0 {
		s.asAt = s.asAt.and(heartbeat{s.batch.end, pgTime(s.batch.at)})
	}
	p.AsAt = s.asAt.at
	began, rows := time.Now(), s.fold.rows
	s.w.pressure.applying(true, began)
	changed, err := s.apply.apply(s.fold, p)
	s.w.pressure.applying(false, time.Now())
	if err != nil {
		return s.refused(p, err)
	}
	s.w.o.Log.Debug("a batch was applied", "transactions", s.count, "rows", rows, "changed", changed, "duration_ms", time.Since(began).Milliseconds(), "waited_ms", began.Sub(s.since).Milliseconds())
	s.fold.reset()
	s.batch = nil
	s.durable, s.persisted = p.LSN, time.Now()
	s.passed = max(s.passed, p.last.end)
	s.retry.progressed()
	s.w.applied(s.count, len(changed) == 0)
	s.count = 0
	if s.behind {
		s.w.setState(CatchingUp)
	} else {
		s.w.setState(Following)
	}
	if err := s.feed.acknowledge(s.received, s.durable, false); err != nil {
		return err
	}
	s.w.setPosition(p.Position)
	if len(changed) > 0 {
		s.w.notify(Change{Tables: changed, Position: p.Position})
	}
	return s.noteProgress()
}

// persist stores what is known beside the file when the follower ends, so that whoever
// opens it next does not answer as at an earlier time. After a kill, that can be
// persistEvery earlier.
func (s *stream) persist() {
	at := s.b.at
	at.Position = s.b.now()
	if at == s.b.at || s.b.instanceLost() {
		return
	}
	if err := s.store(at); err != nil {
		s.w.o.Log.Warn("the warehouse's position could not be stored at the end", "error", err)
	}
}

// refused is what an error of applying changes means for the stream.
func (s *stream) refused(p position, err error) error {
	if err == nil {
		return nil
	}
	s.apply.rollback()
	var e *invalidTable
	if !errors.As(err, &e) {
		return s.w.applyFailed(p, err)
	}
	if err := s.invalidate(e); err != nil {
		return err
	}
	return errAgain
}

// noteProgress notes how far everything is applied, when nothing is pending.
func (s *stream) noteProgress() error {
	if s.open != nil || s.batch != nil {
		return nil
	}
	n := 0
	for _, p := range s.heartbeats {
		if p.lsn <= s.passed {
			n++
			if len(s.b.stale) == 0 {
				s.asAt = s.asAt.and(p)
			}
		}
	}
	s.heartbeats = s.heartbeats[n:]
	if n > 0 && s.behind {
		s.behind = false
		s.w.setState(Following)
	}
	s.b.idle.Store(&idle{s.b.at.last.end, heartbeat{s.passed, s.asAt.at}})
	at := s.b.at
	if s.passed > at.LSN && time.Since(s.persisted) > persistEvery {
		at.LSN = s.passed
		at.AsAt = s.asAt.at
		if err := s.store(at); err != nil {
			return err
		}
		s.durable, s.persisted = at.LSN, time.Now()
		if err := s.feed.acknowledge(s.received, s.durable, false); err != nil {
			return err
		}
	}
	s.w.setPosition(s.b.now())
	s.w.barrier.arrive(s.passed)
	return nil
}
