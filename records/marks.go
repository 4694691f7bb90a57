package records

import (
	"context"
	"errors"

	"onevision/access"
)

// MarkRow is one mark as a file gives it.
type MarkRow struct {
	Line        int64
	LAESTAB     string
	UPN         string
	Date        Date
	Session     string // "AM" or "PM"
	Code        string
	MinutesLate *int16
}

// PutMarks merges marks into their day rows in one transaction: all of them or
// none. The outcomes are in the order of the rows. It is made for a few
// thousand rows at a time.
func (s *Store) PutMarks(ctx context.Context, v access.Viewer, rows []MarkRow, source string) ([]RowOutcome, error) {
	return nil, errors.New("not built yet")
}
