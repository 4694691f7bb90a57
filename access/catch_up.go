package access

// Chaining the audit without a server: by a command, and when the server stops.

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
)

// CatchUp chains what waits, and leaves the heads alone. It is for a command, and for
// the server when it stops: a line that waited until a server ran again would look as
// if it had been dated back. It does nothing where no chain has begun in the folder, or
// where the chain has gone on with another key than the folder's.
func (c *Chain) CatchUp(ctx context.Context) error {
	if err := c.readKey(); errors.Is(err, fs.ErrNotExist) {
		return nil // the server begins the chain after these lines
	} else if err != nil {
		return err
	}
	if own, err := c.own(ctx); err != nil || !own {
		return err
	}
	for {
		var position int64
		var hash []byte
		statements, _, err := c.chain(ctx, &position, &hash)
		if err != nil {
			return fmt.Errorf("chain the audit: %w", err)
		}
		if statements < chainStep {
			return nil
		}
	}
}

// own reports whether the last link of the chain was made with the folder's key, or the
// folder's chain begins after it.
func (c *Chain) own(ctx context.Context) (bool, error) {
	heads, _, err := c.heads()
	if err != nil || len(heads) == 0 {
		return false, err
	}
	now, err := c.head(ctx)
	if err != nil {
		return false, err
	}
	if begins := heads[0]; begins.Begins && begins.Position == now.Position {
		return begins.Hash == now.Hash, nil
	}
	var chained time.Time
	var before []byte
	var l line
	err = c.Pool.QueryRow(ctx, `/* access.Chain.own */
		SELECT l.chained_at, coalesce((SELECT hash FROM audit_link b WHERE b.position = l.position - 1), ''), `+lineColumns+`
		FROM audit_link l JOIN audit a ON a.id = l.audit_id WHERE l.position = $1`, now.Position).Scan(append([]any{&chained, &before}, l.targets()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the last link of the audit's chain: %w", err)
	}
	return hex.EncodeToString(l.link(c.use("link"), before, now.Position, chained)) == now.Hash, nil
}
