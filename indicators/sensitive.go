package indicators

// Which cells may not be shown by themselves: small numbers, and all or none of few.

import (
	"github.com/shopspring/decimal"
)

// Threshold is the smallest count that a viewer without exact figures may see:
// 1 to 4 are suppressed. A zero is shown.
const Threshold = 5

// small reports whether a count is one that could identify somebody.
func small(d decimal.Decimal) bool {
	return d.IsPositive() && d.LessThan(decimal.NewFromInt(Threshold))
}

func smallCount(n int64) bool { return n > 0 && n < Threshold }

// certainBelow is the number of children below which "all of them" and "none of
// them" are hidden like small numbers: "0 of 5" tells what each of the five did.
const certainBelow = 100

// sensitive reports whether the cell by itself may not be shown: it is about few
// children, or what they did is (see sensitiveIn).
func (c cell) sensitive(u Unit) bool {
	return c.has && (smallCount(c.children) || small(c.denominator) || c.sensitiveIn(u, false))
}

// sensitiveIn reports whether what the cell counts may not be shown: a small
// numerator; the complement (all but 1 to 4 did); a numerator, however large, that
// few children stand behind (40 sessions missed by two); all or none of a group that
// is no whole population, unless it is known that all did, or none.
func (c cell) sensitiveIn(u Unit, known bool) bool {
	if !counts(u) {
		return false // the numerator counts points or days, not people
	}
	if small(c.numerator) || smallCount(c.behind) {
		return true
	}
	all, none := c.certain(u)
	return u == Percent && small(c.denominator.Sub(c.numerator)) || !known && (all || none) && c.children < certainBelow
}

// certain reports whether all that are counted did, and whether none did.
func (c cell) certain(u Unit) (all, none bool) {
	if u != Percent || !c.denominator.IsPositive() {
		return false, false
	}
	return c.numerator.Equal(c.denominator), c.numerator.IsZero()
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
