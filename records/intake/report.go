package intake

// Progress is how far an import is.
type Progress struct {
	Checking bool  // the first reading; nothing has gone in yet
	Bytes    int64 // read
	Total    int64 // bytes of the file
	Rows     int64 // read
}

// Report is what became of a file, row by row. Every row read is in exactly
// one of the five counts.
type Report struct {
	File   int64 // the id of its line in the list of files; 0 if it was refused
	Format string
	Name   string

	Rows      int64 // read
	Added     int64
	Changed   int64
	Unchanged int64
	Unmatched int64 // match no child, school or enrolment: kept, listed, and never guessed
	Rejected  int64 // cannot be right: in the file of rejects

	// Resolved is how many rows that once matched nobody match now.
	Resolved int64
	// Through is the line up to which all rows are in, or listed or rejected as
	// counted: the last line of the file unless the import ended early.
	Through int64
	// Unmatched and rejected rows, the first hundred of each.
	UnmatchedRows, RejectedRows []Listed
	// Notes are sentences about the file as a whole.
	Notes []string
}

// Listed is one row that did not go in.
type Listed struct {
	File   string
	Line   int64
	Column string // "" if it is the row as a whole
	Value  string
	Reason string
}

// listed is how many rows of each sort a report names.
const listed = 100

func (r *Report) list(to *[]Listed, line int64, p *problem) {
	if len(*to) < listed {
		*to = append(*to, Listed{r.Name, line, p.column, shown(p.value), p.reason})
	}
}
