package intake

import (
	"context"

	"onevision/access"
	"onevision/records"
)

// batch is a number of rows of one format on their way into the record store.
type batch interface {
	// add reads a row's fields, as many as the format has columns. A row that
	// cannot be read is not added, and the problem says why.
	add(line int64, fields []string) *problem
	// put stores what was added, in one transaction, and empties the batch. The
	// outcomes are in the order of adding.
	put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error)
	// name is what the fields are about and say, in one way of writing: two rows
	// of one subject and another saying contradict each other.
	name(fields []string) (subject, saying string)
}

// problem is what is wrong with one value of a row.
type problem struct {
	column string // "" if it is the row as a whole
	value  string
	reason string
}
