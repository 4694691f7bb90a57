// The first load: every table copied under the snapshot of a new slot into a new file.

package warehouse

import (
	"context"
	"fmt"
	"time"
)

// load makes a whole new build under the snapshot of a new slot and returns it
// open. The build that serves is not touched; the old slot is gone.
func (w *Warehouse) load(ctx context.Context) (*build, error) {
	w.setState(Loading)
	w.setLoad(func(l *Load) { *l = Load{Step: "connecting to the record store", Began: w.o.Now()} })
	defer w.setLoad(func(l *Load) { l.Step = "" })
	// Before anything is done after which the build that serves cannot be followed.
	if err := w.requireSpaceToLoad(); err != nil {
		return nil, err
	}
	repl, err := w.source.replication(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(repl)
	conn, err := w.source.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	id, err := identify(ctx, repl)
	if err != nil {
		return nil, err
	}
	if err := w.source.fit(ctx, conn, pointers(w.o.Tables)); err != nil {
		return nil, err
	}
	p := position{fingerprint: fingerprint(w.o.Publication)}
	p.Position = Position{System: id.system, Timeline: id.timeline, Database: id.database, Slot: w.o.Slot, Epoch: newEpoch()}
	// Another follower's slot is refused before its epoch is touched.
	if _, err := w.source.freeSlot(ctx, conn); err != nil {
		return nil, err
	}
	// From here on no older build can be followed: they have another epoch.
	if err := w.source.setEpoch(ctx, conn, p.Epoch); err != nil {
		return nil, err
	}
	w.o.onStep("epoch given")
	if err := w.source.dropSlot(ctx, conn); err != nil {
		return nil, err
	}
	if p.AsAt, err = serverTime(ctx, conn); err != nil {
		return nil, err
	}
	w.setLoad(func(l *Load) { l.Step = "waiting for PostgreSQL's open transactions to end" })
	lsn, snapshot, err := createSlot(ctx, repl, w.o.Slot, "")
	if err != nil {
		return nil, err
	}
	w.o.onStep("slot made")
	p.LSN, p.last.end = lsn, lsn
	b, err := w.loadUnder(ctx, snapshot, p)
	if err != nil {
		// A slot that nobody follows would hold the server's log back.
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if tidy, failed := w.source.connect(late); failed == nil {
			closeConn(repl)
			w.source.dropSlot(late, tidy)
			closeConn(tidy)
		}
	}
	return b, err
}

func (w *Warehouse) loadUnder(ctx context.Context, snapshot string, p position) (_ *build, err error) {
	b, err := createBuild(w.folder, &w.o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			size := w.folder.size(b.number)
			b.discard()
			err = w.spaceMissing(size, err)
		}
	}()
	w.o.onStep("file made")
	if err := w.newLoader(b, snapshot).run(ctx); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.onStep("loaded")
	w.setLoad(func(l *Load) { l.Step = "writing the file" })
	p.Build = b.number
	b.at = p
	notes := []string{insertPosition(p)}
	for _, t := range b.ordered {
		notes = append(notes, t.note())
	}
	if err := b.raw.transaction(notes...); err != nil {
		return nil, fmt.Errorf("build %d: write its position: %w", b.number, err)
	}
	if err := b.raw.exec("CHECKPOINT"); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	if err := b.finish(&w.o); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.onStep("checkpointed")
	if err := w.folder.sync(b.number); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.onStep("synced")
	if err := w.folder.point(b.number); err != nil {
		return nil, fmt.Errorf("build %d: point to it: %w", b.number, err)
	}
	return b, nil
}
