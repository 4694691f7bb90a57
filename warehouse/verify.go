package warehouse

import "context"

type Report struct {
	Tables []TableReport
	Equal  bool
}
type TableReport struct{ Equal bool }

func (w *Warehouse) Verify(ctx context.Context) (Report, error) { return Report{}, nil }
