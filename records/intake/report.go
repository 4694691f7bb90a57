package intake

import (
	"cmp"
	"slices"
	"strings"

	"onevision/records"
)

// Progress is how far an import is.
type Progress struct {
	Checking bool  // the first reading; nothing has gone in yet
	Bytes    int64 // read
	Total    int64 // bytes of the file
	Rows     int64 // read
}

// Report is what became of a file, row by row. Every row read is in exactly
// one of the six counts.
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
	Kept      int64 // something else stands, by somebody whose word goes further: left as it is

	// Resolved is how many rows that once matched nobody match now.
	Resolved int64
	// Through is the line up to which all rows are in, or listed or rejected as
	// counted: the last line of the file unless the import ended early.
	Through int64
	// Unmatched and rejected rows, and those against which something stands, the
	// first hundred of each. A row of which only some values were kept back is
	// counted by what became of the others, and listed.
	UnmatchedRows, RejectedRows, KeptRows []Listed
	// Changed rows, the first hundred, with the columns in which something else
	// stood: of formats that tell.
	ChangedRows []Listed
	// Records says, of formats whose rows are not records one by one, how many
	// records of each kind the file made, corrected and deleted.
	Records []records.Wrote
	// Sample is what a trial would make of the first rows of a file that a mapping reads.
	Sample []Sampled
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

// Sampled is a row of a trial: what it becomes, and what becomes of that.
type Sampled struct {
	Line   int64
	Shown  []Shown
	Result records.Result
	Column string
	Reason string // why it does not go in
}

// sampled is how many rows a trial shows.
const sampled = 10

func (r *Report) sample(of row, result records.Result, p *Problem) {
	if len(r.Sample) < sampled {
		r.Sample = append(r.Sample, Sampled{of.line, of.shown, result, p.Column, p.Reason})
		slices.SortFunc(r.Sample, func(a, b Sampled) int { return cmp.Compare(a.Line, b.Line) })
	}
}

// listed is how many rows of each sort a report names.
const listed = 100

func (r *Report) list(to *[]Listed, line int64, p *Problem) {
	if len(*to) < listed {
		*to = append(*to, Listed{r.Name, line, p.Column, shown(p.Value), p.Reason})
	}
}

// change lists a row that changed what stood.
func (r *Report) change(line int64, columns []string) {
	if len(columns) > 0 && len(r.ChangedRows) < listed {
		r.ChangedRows = append(r.ChangedRows, Listed{File: r.Name, Line: line, Column: strings.Join(columns, ", "), Reason: "something else stood there"})
	}
}

// wrote adds up what became of records.
func (r *Report) wrote(list []records.Wrote) {
	for _, w := range list {
		i := slices.IndexFunc(r.Records, func(x records.Wrote) bool { return x.Kind == w.Kind })
		if i < 0 {
			r.Records = append(r.Records, records.Wrote{Kind: w.Kind})
			i = len(r.Records) - 1
		}
		r.Records[i].Created += w.Created
		r.Records[i].Corrected += w.Corrected
		r.Records[i].Deleted += w.Deleted
	}
}
