package indicators

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// table is a random breakdown: members whose cells add up to the whole.
func randomBreakdown(t *rapid.T, u Unit) (cell, map[string]cell) {
	members := map[string]cell{}
	whole := cell{has: true}
	for i := range rapid.IntRange(1, 12).Draw(t, "members") {
		of := int64(rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 400)).Draw(t, "denominator"))
		n := int64(rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(0, 400), rapid.Just(int(of))).Draw(t, "numerator"))
		if u == Percent {
			n = min(n, of)
		}
		children := of
		if u == Count {
			children, of = n, 0
		}
		c := cell{has: true, numerator: decimal.NewFromInt(n), denominator: decimal.NewFromInt(of), children: children, behind: min(n, children)}
		members[fmt.Sprintf("m%02d", i)] = c
		whole.numerator = whole.numerator.Add(c.numerator)
		whole.denominator = whole.denominator.Add(c.denominator)
		whole.children += c.children
		whole.behind += c.behind
	}
	return whole, members
}

// An attacker who knows the whole, every cell that is shown, and that each
// hidden cell is a whole number from 0, solves for the hidden ones: their sum is
// what is left. No hidden cell may be pinned to a number, and none that is below
// the threshold may be known to be so, unless nothing at all is shown that could
// hide it (every member is hidden).
func TestNobodySubtractsTheirWayToASmallNumber(t *testing.T) {
	for _, u := range []Unit{Percent, Count, RatePer10k} {
		t.Run(string(u), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				whole, members := randomBreakdown(t, u)
				hidden := hide(u, whole, members)
				for id, c := range members {
					if c.sensitive(u) && !hidden[id] {
						t.Fatalf("%s is sensitive and shown: %+v", id, c)
					}
				}
				if whole.sensitive(u) {
					if len(hidden) != len(members) {
						t.Fatalf("the whole is hidden and %d of %d members are", len(hidden), len(members))
					}
					return
				}
				attack(t, u, whole, members, hidden)
			})
		})
	}
}

func attack(t *rapid.T, u Unit, whole cell, members map[string]cell, hidden map[string]bool) {
	if len(hidden) == 0 {
		return
	}
	left := whole.sums()
	for id, c := range members {
		if !hidden[id] {
			for i, s := range c.sums() {
				left[i] = left[i].Sub(s)
			}
		}
	}
	all := len(hidden) == len(members)
	if len(hidden) == 1 && !all {
		t.Fatalf("one hole: it is the whole less the others")
	}
	for id := range hidden {
		for i, s := range members[id].sums() {
			if (i == 2 && u != Percent) || (i == 1 && u == Count) {
				continue
			}
			// Bounds of this cell, given what is left and that the others are from
			// 0 (from 1, where zeros would have been shown): the sharper attack.
			least := decimal.NewFromInt(int64(len(hidden) - 1))
			most := left[i].Sub(least)
			if !small(s) {
				continue
			}
			if all {
				continue
			}
			if most.LessThan(decimal.NewFromInt(Threshold)) {
				t.Fatalf("%s is %s in amount %d, and at most %s by subtraction", id, s, i, most)
			}
		}
	}
}

// The choice depends on the cells alone: the same question has the same answer.
func TestWhatIsHiddenIsAlwaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, members := randomBreakdown(t, Percent)
		first := hide(Percent, whole, members)
		for range 5 {
			again := hide(Percent, whole, members)
			if fmt.Sprint(first) != fmt.Sprint(again) {
				t.Fatalf("%v, then %v", first, again)
			}
		}
	})
}

// Where the whole is known and every member is hidden, two or more of them must
// still be able to be something else.
func TestAllHiddenMembersAreNotPinned(t *testing.T) {
	one := func(n int64) cell {
		return cell{has: true, numerator: decimal.NewFromInt(n), children: n, behind: n}
	}
	for _, c := range []struct {
		members map[string]cell
		hidden  int
	}{
		{map[string]cell{"a": one(1), "b": one(40), "c": one(50)}, 2},
		{map[string]cell{"a": one(1), "b": one(0), "c": one(50)}, 2},
		{map[string]cell{"a": one(2), "b": one(3), "c": one(50)}, 3},
		{map[string]cell{"a": one(4), "b": one(4), "c": one(50)}, 2},
		{map[string]cell{"a": one(0), "b": one(0), "c": one(50)}, 0},
		{map[string]cell{"a": one(5), "b": one(6)}, 0},
		{map[string]cell{"a": one(1), "b": one(5)}, 2},
	} {
		whole := cell{has: true}
		for _, m := range c.members {
			whole.numerator, whole.children, whole.behind = whole.numerator.Add(m.numerator), whole.children+m.children, whole.behind+m.behind
		}
		if got := hide(Count, whole, c.members); len(got) != c.hidden {
			t.Errorf("%v: hidden %v, want %d", c.members, got, c.hidden)
		}
	}
}
