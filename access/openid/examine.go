package openid

import (
	"context"
	"log/slog"
	"time"
)

// Examine says what is wrong with the configuration, or with the provider as it can be
// reached from here; for `onevision doctor`.
func (c Config) Examine(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	_, err := newProvider(c.Issuer, time.Now, slog.New(slog.DiscardHandler)).discover(ctx, 0)
	return err
}
