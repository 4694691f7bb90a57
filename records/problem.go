package records

import (
	"errors"
	"strings"
)

var (
	// ErrNotFound: there is no such record, or none that this viewer may see;
	// the two look the same.
	ErrNotFound = errors.New("no such record")
	// ErrConflict: the record was changed since the version that the caller
	// saw. Read it again.
	ErrConflict = errors.New("the record was changed meanwhile")
	// ErrForbidden: the viewer may read records of the kind and not change
	// them. (A viewer who may not read them gets ErrNotFound.)
	ErrForbidden = errors.New("this viewer may not change records of this kind")
)

// Problem is one thing that is wrong with one field of a record: which field
// (its JSON name), a code for programs, and a message for a person that says
// what to do. It never repeats the value that was given.
type Problem struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// The codes of problems.
const (
	Required     = "required"
	Format       = "format"
	UnknownCode  = "unknown-code"
	CodeNotInUse = "code-not-in-use"
	NoSuchRecord = "not-found"
	OutOfRange   = "out-of-range"
	DateOrder    = "date-order"
	InFuture     = "in-future"
	Overlaps     = "overlaps"
	Outside      = "outside-period"
	InUse        = "in-use"
	NotEnrolled  = "not-enrolled"
	Fixed        = "fixed"
	Contradicts  = "contradicts"
	NotPossible  = "not-possible"
	Decided      = "decided"
)

// Invalid is the error of a record that cannot be stored, with everything that
// was found wrong.
type Invalid struct {
	Problems []Problem
}

// Error names fields and codes, never a value.
func (e *Invalid) Error() string {
	var b strings.Builder
	b.WriteString("the record is not valid")
	for i, p := range e.Problems {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(p.Field + " " + p.Code)
	}
	return b.String()
}

// Problems collects what is wrong with a record.
type Problems struct {
	Today Date // in London

	list []Problem
}

// Add notes one thing that is wrong.
func (p *Problems) Add(field, code, message string) {
	p.list = append(p.list, Problem{field, code, message})
}

// On reports whether something is already wrong with the field.
func (p *Problems) On(field string) bool {
	for _, x := range p.list {
		if x.Field == field {
			return true
		}
	}
	return false
}

// Err is nil if nothing is wrong, else an *Invalid.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &Invalid{p.list}
}
