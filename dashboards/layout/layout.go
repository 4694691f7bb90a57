// Package layout keeps each person's own dashboard: which measures stand on it and
// in which order, and what its owner saw there last.
package layout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

// Card names one card: a measure of the whole authority, or of one member of a
// breakdown.
type Card struct {
	Indicator string `json:"indicator"`
	Breakdown string `json:"breakdown,omitempty"`
	Member    string `json:"member,omitempty"`
}

// Key is the card as one text, for a form; ParseKey reads it.
func (c Card) Key() string {
	if c.Breakdown == "" {
		return c.Indicator
	}
	return c.Indicator + "/" + c.Breakdown + "/" + c.Member
}

// ParseKey reads a card's key. It does not know whether there is such a measure.
func ParseKey(key string) (Card, bool) {
	parts := strings.SplitN(key, "/", 3)
	switch {
	case len(parts) == 1 && parts[0] != "":
		return Card{Indicator: parts[0]}, true
	case len(parts) == 3 && parts[0] != "" && parts[1] != "" && parts[2] != "":
		return Card{parts[0], parts[1], parts[2]}, true
	}
	return Card{}, false
}

// Most is how many cards a dashboard has at the most: a page shows a dozen well,
// and twice that still within its weight.
const Most = 24

// ErrChanged: the layout has been changed since the version that the change was
// made on.
var ErrChanged = errors.New("the dashboard was changed meanwhile")

// ErrFull: a dashboard holds no more than Most cards.
var ErrFull = errors.New("the dashboard is full")

// Layout is a person's own dashboard.
type Layout struct {
	Version int  // 0: none of their own
	Own     bool // they have chosen; false: their role's default stands
	Cards   []Card
}

// Store keeps layouts and looks in the record store.
type Store struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

// NewStore gives the store in that record store.
func NewStore(pool *pgxpool.Pool, now func() time.Time) *Store { return &Store{pool, now} }

// Layout is the viewer's own; Own is false where they have chosen none.
func (s *Store) Layout(ctx context.Context, v access.Viewer) (l Layout, err error) {
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		l, err = read(ctx, tx, v)
		return err
	})
	return l, err
}

func read(ctx context.Context, tx pgx.Tx, v access.Viewer) (Layout, error) {
	var l Layout
	var cards []byte
	err := tx.QueryRow(ctx, `/* layout.read */ SELECT version, cards FROM dashboard_layout WHERE account_id = $1`, v.Account()).Scan(&l.Version, &cards)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("read the dashboard's layout: %w", err)
	}
	if string(cards) == "null" { // put back to the default: the version goes on
		return l, nil
	}
	l.Own = true
	return l, json.Unmarshal(cards, &l.Cards)
}

// Save puts cards in the place of the layout of that version, and returns the new
// version. No cards at all puts the default back. ErrChanged where the layout is of
// another version by now, and nothing is changed.
func (s *Store) Save(ctx context.Context, v access.Viewer, version int, cards []Card) (int, error) {
	if v.Account() == 0 {
		return 0, access.ErrNotAllowed
	}
	if len(cards) > Most {
		return 0, ErrFull
	}
	seen := map[Card]bool{}
	cards = slices.DeleteFunc(slices.Clone(cards), func(c Card) bool { twice := seen[c]; seen[c] = true; return twice })
	text := []byte("null")
	if len(cards) > 0 {
		var err error
		if text, err = json.Marshal(cards); err != nil {
			return 0, err
		}
	}
	err := access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		sql := `/* layout.Save */ UPDATE dashboard_layout SET version = $2::integer + 1, cards = $3, changed_at = $4 WHERE account_id = $1 AND version = $2`
		if version == 0 {
			sql = `/* layout.Save */ INSERT INTO dashboard_layout (account_id, version, cards, changed_at) VALUES ($1, $2::integer + 1, $3, $4) ON CONFLICT DO NOTHING`
		}
		tag, err := tx.Exec(ctx, sql, v.Account(), version, text, s.now())
		if err != nil {
			return fmt.Errorf("save the dashboard's layout: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrChanged
		}
		return nil
	})
	return version + 1, err
}
