package intake

import (
	"context"

	"onevision/access"
	"onevision/records"
)

// Rows are rows of one format on their way into the record store: what a format
// must be able to do.
type Rows interface {
	// Add reads a row's fields, as many as the format has columns. A row that
	// cannot be read is not added, and the problem says why.
	Add(line int64, fields []string) *Problem
	// Put stores what was added, in one transaction, and forgets it. The outcomes
	// are in the order of adding.
	Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error)
	// Subject is what the fields are about and what they say, in one way of
	// writing: two rows of one subject and another saying contradict each other.
	Subject(fields []string) (subject, saying string)
}

// Surveyor is Rows that must see every row of a file before the first goes in.
type Surveyor interface {
	// Survey looks at the rows of the whole file. What it says are notes for the
	// report; a *Refusal refuses the file before anything goes in.
	Survey(rows [][]string, o Survey) (notes []string, coversTo records.Date, err error)
}

// Survey is what a Surveyor is told beside the rows.
type Survey struct {
	Today records.Date
	Year  int    // that the import was told the file is of, 0 none
	Name  string // the file's, without its folder
	Full  bool   // the import was told that the file holds all that there is
	Much  bool   // and that however much it no longer holds is gone
	// Rejects: the file is one of rejects, whatever its name says of the extract that
	// they are of.
	Rejects bool
	// Broken are the values of rows that cannot be read, as far as they can.
	Broken [][]string
	// Authorities are those whose rows are wanted, for a format that is National:
	// as numbers or as codes of the ONS. None where nobody has said which.
	Authorities []string
}

// Whole is Rows of files that may hold all that there is, so that what they no
// longer hold is gone.
type Whole interface {
	Full() bool // once the file is surveyed
	Partly()    // takes it for a part, whatever it says itself
}

// Finisher is Rows that have something left to do when all rows have been put.
type Finisher interface {
	// Finish says in notes what it did, and to how many records.
	Finish(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) (notes []string, wrote []records.Wrote, err error)
}

// Shower is Rows that can say what a row becomes.
type Shower interface {
	Show() []Shown // of the row that was added last
}

// Beginner is Rows that must look something up before the first row.
type Beginner interface {
	Begin(ctx context.Context, store *records.Store, v access.Viewer) error
}

// Passer is Rows of a file that also has rows which are none of the importer's
// business, such as other authorities' schools.
type Passer interface {
	// Passes says why a row is passed over: "of other authorities". "" takes it, and
	// Heading passes one over that is no row, without a word.
	Passes(fields []string) string
}

// Heading is why a row is passed over that is none of the file's.
const Heading = "a heading"

// Problem is what is wrong with one value of a row.
type Problem struct {
	Column string // "" if it is the row as a whole
	Value  string
	Reason string
}
