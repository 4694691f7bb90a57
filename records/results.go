package records

import (
	"context"
	"errors"

	"github.com/shopspring/decimal"

	"onevision/access"
)

// ResultRow is one pupil's KS4 results as a file gives them.
type ResultRow struct {
	Line        int64
	LAESTAB     string
	UPN         string
	Year        int // of the exams
	Attainment8 *decimal.Decimal
	English     string
	Maths       string
}

// PutKS4Results stores results in one transaction: all of them or none. The
// outcomes are in the order of the rows.
func (s *Store) PutKS4Results(ctx context.Context, v access.Viewer, rows []ResultRow, source string) ([]RowOutcome, error) {
	return nil, errors.New("not built yet")
}
