package comparators

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Standing is where the authority stands among itself and its statistical
// neighbours. Rank 1 is the best where the measure has a polarity, else the
// highest.
type Standing struct {
	Rank      int
	Joint     bool // another has the same figure, as published
	Of        int  // how many have a figure, the authority included
	Quarter   int  // 1 to 4, of the ranks
	FromLow   bool // rank 1 is the lowest figure
	Authority Figure
}

// Standing says where the authority stands; false for a count (of places of
// unlike size), without a figure of its own, and with fewer than six neighbours
// that have one. Figures are ranked as they are shown, so that two that look the
// same share a rank.
func (s *Set) Standing(m Measure, p Period) (Standing, bool) {
	own := s.Figure(m, p, s.authority.Code)
	values := s.neighbourValues(m, p)
	if m.Unit == Count || !own.HasValue() || len(values) < leastNeighbours {
		return Standing{}, false
	}
	st := Standing{Rank: 1, Of: len(values) + 1, FromLow: m.Polarity == "low", Authority: own}
	mine := m.Shown(own.Value)
	for _, v := range values {
		c := m.Shown(v).Cmp(mine)
		if st.FromLow {
			c = -c
		}
		switch {
		case c > 0:
			st.Rank++
		case c == 0:
			st.Joint = true
		}
	}
	st.Quarter = (4*st.Rank + st.Of - 1) / st.Of
	return st, true
}

// Shown is a value rounded, half up, to the places that the measure is shown
// with.
func (m Measure) Shown(v decimal.Decimal) decimal.Decimal {
	half := decimal.New(5, -m.Decimals-1)
	return v.Add(half).RoundFloor(m.Decimals)
}

// Ranked are the authority and its neighbours by their figures, the best first
// (the highest without polarity); those without a figure come last.
func (s *Set) Ranked(m Measure, p Period) []Figure {
	areas := []Area{s.authority.Area}
	for _, n := range s.authority.Neighbours {
		areas = append(areas, n.Area)
	}
	var out []Figure
	for _, a := range areas {
		f := s.Figure(m, p, a.Code)
		f.Area = a // named where there is no figure too
		if f.Kind == "" {
			f.Kind, f.Period, f.Flag = p.Kind, p, "-"
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Figure) int {
		switch {
		case a.HasValue() != b.HasValue():
			if a.HasValue() {
				return -1
			}
			return 1
		case !a.HasValue():
			return 0
		case m.Polarity == "low":
			return a.Value.Cmp(b.Value)
		}
		return b.Value.Cmp(a.Value)
	})
	return out
}

// Summary is a measure's newest period: the authority beside England, its region
// and its statistical neighbours.
type Summary struct {
	Measure    Measure
	Period     Period
	Own        Figure
	England    Figure
	Region     Figure
	Neighbours decimal.Decimal // median
	Of         int             // how many neighbours have a figure
	HasMedian  bool
	Standing   Standing
	Stands     bool
}

// Summary is that of a period of the measure.
func (s *Set) Summary(m Measure, p Period) Summary {
	sum := Summary{Measure: m, Period: p, Own: s.Figure(m, p, s.authority.Code), England: s.Figure(m, p, England), Region: s.Figure(m, p, s.authority.Region.Code)}
	if m.Unit != Count { // of places of unlike size
		sum.Neighbours, sum.Of, sum.HasMedian = s.NeighboursMedian(m, p)
	}
	sum.Standing, sum.Stands = s.Standing(m, p)
	return sum
}

// Newest is the newest period of the kind with a figure (or a flag) of the
// authority; without any, the newest of England or the region. False when
// nothing is held.
func (s *Set) Newest(m Measure, k Kind) (Period, bool) {
	all := s.Periods(m, k)
	for _, area := range []string{s.authority.Code, England, s.authority.Region.Code} {
		for i := len(all) - 1; i >= 0 && area != ""; i-- {
			if s.Figure(m, all[i], area).Area.Code != "" {
				return all[i], true
			}
		}
	}
	return Period{}, false
}

// Words are the standing in words: "3rd lowest of 11", "joint 3rd highest of 11".
func (st Standing) Words() string {
	side := "highest"
	if st.FromLow {
		side = "lowest"
	}
	rank := ordinal(st.Rank) + " " + side
	switch {
	case st.Rank == 1:
		rank = side
	case st.Rank == st.Of && st.FromLow:
		rank = "highest"
	case st.Rank == st.Of:
		rank = "lowest"
	}
	if st.Joint {
		rank = "joint " + rank
	}
	return strings.ToUpper(rank[:1]) + rank[1:] + " of " + strconv.Itoa(st.Of)
}

// ordinal is 1st, 2nd, 3rd, 4th; ranks are of a dozen places.
func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
		return strconv.Itoa(n) + "th"
	case n%10 == 1:
		return strconv.Itoa(n) + "st"
	case n%10 == 2:
		return strconv.Itoa(n) + "nd"
	case n%10 == 3:
		return strconv.Itoa(n) + "rd"
	}
	return strconv.Itoa(n) + "th"
}
