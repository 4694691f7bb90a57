package indicators

import (
	"cmp"
	"slices"

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

// sums are the amounts of a cell that add up over a breakdown, so that whoever
// knows the whole and all but one knows that one.
func (c cell) sums() [4]decimal.Decimal {
	return [4]decimal.Decimal{c.numerator, c.denominator, c.denominator.Sub(c.numerator), decimal.NewFromInt(c.children)}
}

// hide says which members of a breakdown whose cells add up to whole are not
// shown: those that are sensitive (primary suppression), and then, smallest
// first, as many others as it takes until nobody can find a sensitive one by
// subtraction, not even that it is below the threshold (secondary suppression).
// Where the whole is not shown, no member is. The choice depends on the cells
// alone, so that each question about them gets the same answer.
func hide(u Unit, whole cell, members map[string]cell) map[string]bool {
	hidden := map[string]bool{}
	var candidates []string
	for id, c := range members {
		switch {
		case c.sensitive(u):
			hidden[id] = true
		case c.has:
			candidates = append(candidates, id)
		}
	}
	if whole.sensitive(u) {
		for id, c := range members {
			hidden[id] = c.has
		}
		return hidden
	}
	if len(hidden) == 0 {
		return hidden
	}
	// The smallest goes first: it costs the reader least. Zeros go last, since
	// hiding one adds nothing to the sum in which the others hide.
	slices.SortFunc(candidates, func(a, b string) int {
		x, y := members[a], members[b]
		return cmp.Or(
			compareBool(x.numerator.IsZero(), y.numerator.IsZero()),
			x.numerator.Cmp(y.numerator), x.denominator.Cmp(y.denominator), cmp.Compare(a, b))
	})
	for _, id := range candidates {
		if safe(u, members, hidden) {
			break
		}
		hidden[id] = true
	}
	return hidden
}

// onlyOfFamily reports whether the breakdown is the first of its family that the
// definition lists. A school's phase, an ethnic group, a legal status are sums of
// members of another breakdown, or nearly, so that what is hidden in the one could
// be had from the other: of breakdowns that refine one another one is shown. Those
// of different families share nothing but the whole.
func (v view) onlyOfFamily() bool {
	own, _ := BreakdownOf(v.breakdown)
	for _, name := range v.computed.definition.Breakdowns {
		if b, _ := BreakdownOf(name); b.family == own.family {
			return name == v.breakdown
		}
	}
	return true
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

// safe reports whether the hidden cells hide one another: there are two or more
// of them, and in each amount in which one of them is small, what is left for
// them (the whole less what is shown, which anybody can work out) is so large
// that a small one could be at the threshold, even if each other were 1.
func safe(u Unit, members map[string]cell, hidden map[string]bool) bool {
	if len(hidden) < 2 {
		return false
	}
	var left [4]decimal.Decimal
	var needs [4]bool
	for id := range hidden {
		for i, s := range members[id].sums() {
			left[i] = left[i].Add(s)
			needs[i] = needs[i] || small(s)
		}
	}
	if u != Percent {
		needs[2] = false // there is no complement
	}
	if u == Mean || u == Days {
		needs[0] = false
	}
	room := decimal.NewFromInt(int64(Threshold + len(hidden) - 1))
	for i := range left {
		if needs[i] && left[i].LessThan(room) {
			return false
		}
	}
	return true
}
