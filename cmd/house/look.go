package house

import (
	"context"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// looked writes the audit line of a look at a dashboard or an indicator, with
// the indicators whose figures were shown.
func (h *House) looked(ctx context.Context, v access.Viewer, kind string, ids []string) error {
	return access.InTx(ctx, h.Ground.Pool, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v, access.Entry{Action: "view", Kind: kind, Fields: ids})
	})
}
