package indicators

import (
	"cmp"
	"slices"
)

func sortPeriods(ps []Period) {
	slices.SortFunc(ps, func(a, b Period) int {
		return cmp.Or(a.First.Compare(b.First), a.Last.Compare(b.Last))
	})
}
