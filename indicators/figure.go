package indicators

import "github.com/shopspring/decimal"

// FigureState says what a Figure can be used for. The zero state is NoData.
type FigureState int

const (
	NoData     FigureState = iota // nothing was recorded: not a zero
	Known                         // judged: complete enough to be held against a target
	Incomplete                    // a number, of a period of which too little is known to judge it
	Suppressed                    // too small to be shown to this viewer; its numbers are zero here
)

func (s FigureState) String() string {
	switch s {
	case Known:
		return "known"
	case Incomplete:
		return "incomplete"
	case Suppressed:
		return "suppressed"
	}
	return "no data"
}

// Figure is one number of an answer, already as its viewer may see it: a
// suppressed figure holds no numbers. Numerator, Denominator and Value mean
// something when the state is Known or Incomplete; Denominator is zero where the
// definition has none. Value is exact to 6 places (percentages as 1.6346 for
// 1.6346 %); Text is it as shown, rounded half up at the very end.
type Figure struct {
	Period      Period
	State       FigureState
	Numerator   decimal.Decimal
	Denominator decimal.Decimal
	Value       decimal.Decimal
	Text        string // "1.6%", "17.3", "1,204", "fewer than 5", "no data"
	Note        string // why it is incomplete or suppressed, in words; "" otherwise
}

// HasNumber reports whether the figure's numbers mean something.
func (f Figure) HasNumber() bool { return f.State == Known || f.State == Incomplete }

// Of is the numerator and denominator in words: "412 of 502"; "" when there is
// no number or no denominator.
func (f Figure) Of() string {
	if !f.HasNumber() || f.Denominator.IsZero() {
		return ""
	}
	return Number(f.Numerator, -1) + " of " + Number(f.Denominator, -1)
}
