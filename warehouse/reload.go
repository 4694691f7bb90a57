// Loading single tables again, beside the stream, when their changes could not be
// applied or their columns changed.

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// invalidTable says why a table cannot be followed any further, while the others
// can: it is loaded again.
type invalidTable struct{ table, reason string }

func (e *invalidTable) Error() string { return e.table + ": " + e.reason }

func invalid(t *Table, format string, args ...any) error {
	return &invalidTable{t.Name, fmt.Sprintf(format, args...)}
}

// errAgain ends a stream that begins again at once, without a table that could
// not take its changes.
var errAgain = errors.New("the changes are read again, without the tables that must be loaded again")

// loadedSuffix is behind the name of a table that was loaded again and has not
// taken its place yet.
const loadedSuffix = " loaded"

// reload is stale tables being loaded again: they are copied beside the stream,
// under a snapshot at whose position the stream stands still, and then take
// their places in one transaction of the stream's own.
type reload struct {
	loader *loader
	copied chan error    // one: why they were not copied, or nil
	placed chan struct{} // closed when the stream may go on
}

// invalidate takes a table from those that are followed until it is loaded again.
func (s *stream) invalidate(e *invalidTable) error {
	if s.b.tables[e.table] == nil {
		return nil
	}
	if err := s.b.invalidate(e.table, e.reason); err != nil {
		return err
	}
	s.w.o.Log.Warn("a table of the warehouse must be loaded again", "table", e.table, "reason", e.reason)
	s.w.setStale(s.b.staleTables())
	return s.resolve()
}

// invalidateUnfit marks tables that the record store does not publish as they are
// followed.
func (s *stream) invalidateUnfit(unfit map[string]string) error {
	for _, t := range s.w.source.tables {
		if reason := unfit[t.Name]; reason != "" {
			if err := s.invalidate(&invalidTable{t.Name, reason}); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolve finds the tables of the relations anew, after there are others.
func (s *stream) resolve() error {
	for _, r := range s.relations {
		if err := r.resolve(s.b.tables); err != nil {
			return err
		}
	}
	return nil
}

// invalidateIfTable marks the table that an error is about, and is nil then; any other
// error is returned as it is.
func (s *stream) invalidateIfTable(err error) error {
	var e *invalidTable
	if errors.As(err, &e) {
		return s.invalidate(e)
	}
	return err
}

// reloadStale begins to load stale tables again, unless that is under way or must wait.
func (s *stream) reloadStale(ctx context.Context) {
	if s.reload != nil || len(s.b.stale) == 0 || time.Now().Before(s.reloadAfter) {
		return
	}
	l := &loader{w: s.w, b: s.b, suffix: loadedSuffix, othersRead: true}
	for _, t := range pointers(s.w.o.Tables) { // in their order
		if slices.ContainsFunc(s.b.stale, func(o stale) bool { return o.table.Name == t.Name }) {
			l.tables = append(l.tables, t)
		}
	}
	if n := s.retry.reloadFailures; n > 0 { // one after the other: one may be in the others' way
		n = (n - 1) % len(l.tables)
		l.tables = l.tables[n : n+1]
	}
	r := &reload{l, make(chan error, 1), make(chan struct{})}
	s.reload = r
	s.background.Go(func() { r.run(ctx) })
}

// run copies, and keeps the stream still until it has put the tables in place.
func (r *reload) run(ctx context.Context) {
	if err := r.fit(ctx); err != nil {
		r.copied <- err
		return
	}
	free, err := r.loader.w.lockPause(ctx)
	if err != nil {
		r.copied <- err
		return
	}
	defer free()
	paused, err := r.loader.w.pauseFollower(ctx)
	if err == nil {
		defer paused.resume()
		r.loader.w.o.onStep("paused to load again")
		err = r.copy(ctx, paused.snapshot)
	}
	r.copied <- err
	select {
	case <-r.placed:
	case <-ctx.Done():
	}
}

// fit is an error if a table cannot be followed as it is. It is asked before the
// snapshot is taken: what changed in a table that was published only after the
// snapshot would be neither in it nor in the stream.
func (r *reload) fit(ctx context.Context) error {
	source := r.loader.w.source
	conn, err := source.connect(ctx)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	return source.fit(ctx, conn, r.loader.tables)
}

func (r *reload) copy(ctx context.Context, snapshot string) error {
	l := r.loader
	l.w.setLoad(func(p *Load) { *p = Load{Step: "loading tables again", Began: l.w.o.Now()} })
	defer l.w.setLoad(func(p *Load) { p.Step = "" })
	if err := l.b.folder.room(spareSpace); err != nil {
		return err
	}
	raw, err := l.b.raw.another()
	if err != nil {
		return err
	}
	defer raw.close()
	if err := l.drop(raw); err != nil { // what a program that died has left
		return err
	}
	l.w.o.onStep("loading again")
	// The stream stands still, so nobody else has the dictionaries. Codes of
	// code tables that are followed are in them.
	l.raw, l.snapshot, l.dictionaries = raw, snapshot, l.b.dictionaries.clone()
	if err := l.run(ctx); err != nil {
		l.drop(raw) // or the next attempt will
		return l.b.folder.explainDiskFull(err)
	}
	return nil
}

// drop takes away the tables that were copied and did not take their places.
func (l *loader) drop(raw *duck) error {
	for _, t := range l.tables {
		if err := raw.exec("DROP TABLE IF EXISTS facts." + quote(l.into(t))); err != nil {
			return err
		}
	}
	return nil
}

// reloaded takes what was copied, and lets the stream go on.
func (s *stream) reloaded(err error) error {
	r := s.reload
	s.reload = nil
	defer close(r.placed)
	if err == nil {
		if err = s.apply.place(r.loader); err != nil {
			s.apply.rollback()
		}
	}
	if err != nil {
		pause := s.retry.reloadFailed()
		s.reloadAfter = time.Now().Add(pause)
		s.w.o.Log.Warn("tables of the warehouse could not be loaded again", "error", err, "retry_ms", pause.Milliseconds())
		s.w.reloadFailed(err)
		return nil
	}
	s.reloadAfter = time.Now().Add(s.retry.reloaded())
	s.b.restored(r.loader.tables, s.w.o.Tables)
	s.w.reloaded(s.b.staleTables(), len(r.loader.tables))
	var names []string
	for _, t := range r.loader.tables {
		names = append(names, t.Name)
	}
	s.w.o.Log.Info("tables of the warehouse were loaded again", "tables", names, "rows", r.loader.rows.Load())
	s.w.notify(Change{Tables: names, Position: s.b.now(), NewBuild: true})
	var e *invalidTable
	err = s.resolve()
	if errors.As(err, &e) { // it was told of before its columns were changed back: a new stream tells of it anew
		return errAgain
	}
	return err
}

// place is one transaction: new codes widen the columns that refer to them, and
// each table takes its place.
func (a *applier) place(l *loader) error {
	if err := a.begin(); err != nil {
		return err
	}
	var codes []newCode
	for table, list := range l.dictionaries.codes {
		for _, code := range list {
			codes = append(codes, newCode{table, code})
		}
	}
	if err := a.learn(codes); err != nil {
		return err
	}
	if err := a.widen(); err != nil {
		return err
	}
	for _, t := range l.tables {
		for _, statement := range []string{
			"DROP TABLE IF EXISTS facts." + quote(t.Name),
			"ALTER TABLE facts." + quote(l.into(t)) + " RENAME TO " + quote(t.Name),
			forget(t.Name),
			t.note(),
		} {
			if err := a.b.raw.exec(statement); err != nil {
				return fmt.Errorf("put %s in its place: %w", t.Name, err)
			}
		}
	}
	return a.commit()
}
