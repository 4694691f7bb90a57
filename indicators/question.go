package indicators

import "errors"

// ErrNotFound is the answer to a question about an indicator, breakdown, member
// or period that does not exist, and to a viewer who may not ask: the two look
// the same.
var ErrNotFound = errors.New("no such indicator")

// Question is what is asked of an indicator.
type Question struct {
	Indicator string
	Period    PeriodKind // "": the definition's first
	At        string     // a period's id; "": the newest that can be judged
	Breakdown string     // "": the authority as a whole
	Member    string     // one member of the breakdown; "": each of them, and the whole
	Last      int        // periods in the series, ending with the newest (or At); 0: 13
}
