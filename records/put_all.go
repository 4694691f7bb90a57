package records

// Many records in one transaction.

import (
	"context"
	"errors"

	"onevision/access"
)

// errUndone rolls back a PutAll of which a row could not be stored.
var errUndone = errors.New("not all could be stored")

// PutAll stores records in their order in one transaction, and says of each why
// it was not stored (nil: it was): *Invalid, ErrNotFound or ErrConflict. Unless
// partly, one that is not stored means that none is. Any other error is the
// whole request's, and then nothing is stored.
func (s *Store) PutAll(ctx context.Context, v access.Viewer, recs []Record, why string, partly bool) (outcomes []error, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		outcomes = make([]error, len(recs))
		failed := false
		for i, rec := range recs {
			err := t.inSavepoint(ctx, func() error { return t.Put(ctx, rec, why) })
			var invalid *Invalid
			if err != nil && !errors.As(err, &invalid) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) {
				return err
			}
			outcomes[i], failed = err, failed || err != nil
		}
		if failed && !partly {
			return errUndone
		}
		return nil
	})
	if errors.Is(err, errUndone) {
		err = nil
	}
	return outcomes, err
}

// inSavepoint undoes what fn did in this transaction, and only that, if it fails.
func (t *Tx) inSavepoint(ctx context.Context, fn func() error) error {
	outer := t.tx
	inner, err := outer.Begin(ctx)
	if err != nil {
		return err
	}
	t.tx = inner
	defer func() { t.tx = outer }()
	if err := fn(); err != nil {
		return errors.Join(err, inner.Rollback(ctx))
	}
	return inner.Commit(ctx)
}
