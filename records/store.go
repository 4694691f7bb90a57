package records

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

// Store is the record store. Every method takes the viewer who asks. A viewer
// who may not read records of a kind, or not of that child, gets ErrNotFound for
// whatever they try with them; one who may read and not change them gets ErrForbidden for a
// change. Every read of a record about a child and every change writes its
// audit line in the transaction that does it.
type Store struct {
	pool   DB
	now    func() time.Time
	london *time.Location
	codes  *codebook
	tried  map[string]bool // districts that a trial has made known; nil: this is no trial
}

// NewStore is a store on the program's own pool (the role under row-level
// security). now is the clock that "today" follows, in London's time.
func NewStore(pool *pgxpool.Pool, now func() time.Time) *Store {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("records: the program was built without time zones: import time/tzdata") // programmer error at start-up
	}
	return &Store{pool: pool, now: now, london: london, codes: &codebook{pool: pool}}
}

// today is the day in London.
func (s *Store) today() Date { return DateOf(s.now().In(s.london)) }

// Tx is a transaction of the record store, one viewer's.
type Tx struct {
	store  *Store
	tx     pgx.Tx
	viewer access.Viewer
	scope  access.Scope // which children are the viewer's

	batch Batch // whose records are stored; the zero Batch is none (see As)
}

// InTx runs fn in one transaction: if it returns an error, nothing of what it
// did has happened. After an error of a method of Tx, fn must return.
func (s *Store) InTx(ctx context.Context, v access.Viewer, fn func(tx *Tx) error) error {
	if !v.Anybody() {
		return ErrNotFound
	}
	return access.InScope(ctx, s.pool, v, func(tx pgx.Tx, scope access.Scope) error {
		return fn(&Tx{store: s, tx: tx, viewer: v, scope: scope})
	})
}

// Raw is the transaction itself, under the viewer's row-level security: for
// records/intake, which keeps its own tables in the same transaction.
func (t *Tx) Raw() pgx.Tx { return t.tx }

// reads is ErrNotFound unless the viewer may read records of the kind.
func (t *Tx) reads(k *Kind) error {
	if !t.viewer.Reads(k.Category) {
		return ErrNotFound
	}
	return nil
}

// writes is ErrNotFound unless the viewer may read records of the kind, and
// ErrForbidden unless they may change them.
func (t *Tx) writes(k *Kind) error {
	if err := t.reads(k); err != nil {
		return err
	}
	if !t.viewer.Writes(k.Category) {
		return ErrForbidden
	}
	return nil
}

// Put stores a record. Without an ID it is created; with one it is corrected,
// if it still stands at the record's Version (else ErrConflict). A correction
// that changes nothing stores nothing. why is the reason that history and the
// audit keep; it may be "". Put fills the ID, the version and the derived
// fields, and tidies texts. A record that cannot be stored is *Invalid.
func (s *Store) Put(ctx context.Context, v access.Viewer, rec Record, why string) error {
	return s.InTx(ctx, v, func(t *Tx) error { return t.Put(ctx, rec, why) })
}

// Get reads one record. id is a child's public id, else the decimal id.
func (s *Store) Get(ctx context.Context, v access.Viewer, k *Kind, id string) (rec Record, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		rec, err = t.Get(ctx, k, id)
		return err
	})
	return rec, err
}

// List reads records of a kind, some at a time.
func (s *Store) List(ctx context.Context, v access.Viewer, k *Kind, q ListQuery) (list List, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		list, err = t.List(ctx, k, q)
		return err
	})
	return list, err
}

// End ends a record that holds from a day to a day: to is the day after its
// last. It is *Invalid for a kind that has no such days.
func (s *Store) End(ctx context.Context, v access.Viewer, k *Kind, id string, version int, to Date, why string) (rec Record, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		rec, err = t.End(ctx, k, id, version, to, why)
		return err
	})
	return rec, err
}

// Delete deletes a record that should never have been made. History keeps what
// stood. Without a reason, or while other records refer to it, it is *Invalid.
func (s *Store) Delete(ctx context.Context, v access.Viewer, k *Kind, id string, version int, why string) error {
	return s.InTx(ctx, v, func(t *Tx) error { return t.Delete(ctx, k, id, version, why) })
}

// History gives every version of a record, the newest first, of a deleted
// record too.
func (s *Store) History(ctx context.Context, v access.Viewer, k *Kind, id string) (versions []Version, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		versions, err = t.History(ctx, k, id)
		return err
	})
	return versions, err
}
