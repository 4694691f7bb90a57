package records

import (
	"cmp"
	"slices"
)

// Result is what became of one mark or one row that was put.
type Result int8

const (
	Added     Result = iota + 1 // it was not there
	Changed                     // something else stood there
	Unchanged                   // the same stood there already
	Unmatched                   // it belongs to no child, school or enrolment that is known: a person decides
	Rejected                    // it cannot be right, whoever it belongs to
	KeptBack                    // something else stands, by somebody whose word goes further: it stays
)

// String is the result as a word.
func (r Result) String() string {
	switch r {
	case Added:
		return "added"
	case Changed:
		return "changed"
	case Unchanged:
		return "unchanged"
	case Unmatched:
		return "unmatched"
	case Rejected:
		return "rejected"
	case KeptBack:
		return "kept"
	}
	return "nothing"
}

// RowOutcome is what became of one row of a batch. Problem says why a row is
// Unmatched, Rejected or KeptBack, in the field names of the file format (laestab, upn,
// date, session, code, minutes_late; year, attainment8, english_grade,
// maths_grade; the columns of the SSDA903 return), and is nil otherwise.
type RowOutcome struct {
	Line    int64
	Result  Result
	Problem *Problem
	Columns []string // of a Changed row, where its format tells: what stood otherwise
	Kept    []Kept   // what stands against the row
	Wrote   []Wrote  // of a format whose rows are not records one by one
}

// Wrote is how many records of a kind a row was the occasion to create, correct
// or delete. What a child's rows did together stands with the first of them.
type Wrote struct {
	Kind                        string
	Created, Corrected, Deleted int64
}

// tell says of a row that gave one record what became of that; column is the
// row's, for what is said of the record as a whole.
func (o *RowOutcome) tell(m Merged, column string) {
	o.Result, o.Problem = m.Result, m.Problem
	if o.Problem != nil && o.Problem.Field == "" {
		o.Problem.Field = column
	}
	if m.Result == Changed {
		o.Columns = m.Fields
	}
	if len(m.Kept) > 0 {
		o.Kept = m.Kept
	}
	if m.Result == KeptBack {
		o.Problem = m.Kept[0].problem(cmp.Or(m.Kept[0].Field, column))
	}
}

// worse is what a row is counted as that is several records: the first of these that
// one of them is.
var worse = []Result{Rejected, Unmatched, Added, Changed, KeptBack, Unchanged, 0}

// Join adds what became of another record of the row.
func (o *RowOutcome) Join(one RowOutcome) {
	if slices.Index(worse, one.Result) < slices.Index(worse, o.Result) {
		o.Result, o.Problem = one.Result, one.Problem
	}
	o.Columns, o.Kept, o.Wrote = append(o.Columns, one.Columns...), append(o.Kept, one.Kept...), append(o.Wrote, one.Wrote...)
	if o.Result != Changed {
		o.Columns = nil
	}
}
