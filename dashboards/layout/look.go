package layout

// What somebody saw on their dashboard when they looked last, so that it can say what
// has changed since.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Seen is what a measure looked like: words and names only, as its viewer saw them.
type Seen struct {
	Status string `json:"status"`
	Period string `json:"period"` // id of the period that was judged
	Text   string `json:"text"`   // of its figure
}

// Look is a look at the dashboard, and the one before.
type Look struct {
	Before time.Time       // the last look of the sitting before; zero: there was none
	Seen   map[string]Seen // what it showed, by measure
}

// A sitting ends when nobody has looked for so long: what changed since you last
// looked is not forgotten by opening a measure and coming back.
const sitting = 30 * time.Minute

// renew is how old a look may be before it is written again though it shows
// nothing new: an open page asks every few seconds.
const renew = 5 * time.Minute

// Look is what the viewer saw when they looked last, without noting that they look.
func (s *Store) Look(ctx context.Context, v access.Viewer) (look Look, err error) {
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		row, err := readLook(ctx, tx, v, "")
		if err != nil || row == nil {
			return err
		}
		look = row.asOf(s.now())
		return nil
	})
	return look, err
}

// Looked notes that the viewer sees this now, and returns what they saw in the
// sitting before.
func (s *Store) Looked(ctx context.Context, v access.Viewer, seen map[string]Seen) (look Look, err error) {
	now := s.now()
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		row, err := readLook(ctx, tx, v, "")
		if err != nil {
			return err
		}
		if row != nil && now.Sub(row.at) < renew && maps.Equal(row.seen, seen) {
			look = row.asOf(now)
			return nil
		}
		text, err := json.Marshal(seen)
		if err != nil {
			return err
		}
		if row == nil {
			_, err = tx.Exec(ctx, `/* layout.Looked */ INSERT INTO dashboard_look (account_id, at, seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, v.Account(), now, text)
			return err
		}
		if row, err = readLook(ctx, tx, v, " FOR UPDATE"); err != nil || row == nil {
			return err
		}
		look = row.asOf(now)
		before, err := json.Marshal(look.Seen)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/* layout.Looked */ UPDATE dashboard_look SET at = $2, seen = $3, before_at = $4, before = $5 WHERE account_id = $1`,
			v.Account(), now, text, orNull(look.Before), before)
		return err
	})
	if err != nil {
		return Look{}, fmt.Errorf("note what the viewer of a dashboard saw: %w", err)
	}
	return look, nil
}

type lookRow struct {
	at, before       time.Time
	seen, seenBefore map[string]Seen
}

// asOf is the look of the sitting before the one that now belongs to.
func (r *lookRow) asOf(now time.Time) Look {
	if now.Sub(r.at) >= sitting {
		return Look{r.at, r.seen}
	}
	return Look{r.before, r.seenBefore}
}

func readLook(ctx context.Context, tx pgx.Tx, v access.Viewer, lock string) (*lookRow, error) {
	var r lookRow
	var before *time.Time
	var seen, seenBefore []byte
	err := tx.QueryRow(ctx, `/* layout.readLook */ SELECT at, seen, before_at, before FROM dashboard_look WHERE account_id = $1`+lock, v.Account()).
		Scan(&r.at, &seen, &before, &seenBefore)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if before != nil {
		r.before = *before
	}
	return &r, errors.Join(json.Unmarshal(seen, &r.seen), json.Unmarshal(seenBefore, &r.seenBefore))
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
