package indicators

import (
	"errors"
	"fmt"
)

// Problem is something wrong in a file of the library, and where.
type Problem struct {
	File    string
	Line    int // 1 is the first; 0: the file as a whole
	Column  int
	Message string
}

// Error is the problem as one line: "attendance/late.yaml:4:9: unit ...".
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are those that an error of LoadLibrary holds.
func Problems(err error) []Problem {
	var out []Problem
	var walk func(error)
	walk = func(err error) {
		if p, ok := err.(Problem); ok {
			out = append(out, p)
			return
		}
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		default:
			if inner := errors.Unwrap(err); inner != nil {
				walk(inner)
			}
		}
	}
	if err != nil {
		walk(err)
	}
	return out
}
