package records

// Rows of a file of which each is one record of a kind.

import (
	"context"
	"fmt"
	"slices"

	"onevision/access"
)

// FileRow is a row of a file that is one record.
type FileRow struct {
	Line   int64
	Record Record
	States []string // the fields that the row states; nil: all
}

// MergeFile stores rows of a file as Merge does, in one transaction, and says of
// each what became of it; columns gives the file's column of a field. Rows that
// contradict each other are Rejected.
func (s *Store) MergeFile(ctx context.Context, v access.Viewer, b Batch, kind string, rows []FileRow, columns map[string]string) (outcomes []RowOutcome, err error) {
	k, ok := KindOf(kind)
	if !ok {
		return nil, fmt.Errorf("there is no kind %q", kind)
	}
	list := make([]MergeRow, len(rows))
	for i, r := range rows {
		r.Record.Head().Source = oneLine(b.Source)
		list[i] = MergeRow{Record: r.Record, States: r.States}
	}
	merged, err := s.Merge(ctx, v, b, k, nil, list)
	if err != nil {
		return nil, err
	}
	outcomes = make([]RowOutcome, len(rows))
	for i, m := range merged {
		outcomes[i].Line = rows[i].Line
		outcomes[i].tell(m.named(columns), columns[""])
	}
	return outcomes, nil
}

// named has the file's columns in place of the fields of its record.
func (m Merged) named(columns map[string]string) Merged {
	for i := range m.Kept {
		m.Kept[i].Field = columns[m.Kept[i].Field]
	}
	m.Fields = slices.Clone(m.Fields)
	for i, f := range m.Fields {
		m.Fields[i] = columns[f]
	}
	if m.Problem != nil {
		problem := *m.Problem
		problem.Field = columns[problem.Field]
		m.Problem = &problem
	}
	return m
}
