package warehouse

import "context"

type stream struct{ w *Warehouse; b *build; retry *retries }

func newStream(w *Warehouse, b *build, retry *retries) *stream { return &stream{w, b, retry} }

func (s *stream) run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
