package indicators

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// Nobody who knows the whole and every member that is shown of every breakdown,
// and which school is of which phase and which ethnicity of which group, can work
// out a member that is not shown by adding and subtracting: the equations that
// hold between what is shown do not determine it. (An attacker with linear
// algebra, on random children; the whole is shown.)
func TestNobodySubtractsAcrossBreakdowns(t *testing.T) {
	t.Parallel()
	breakdowns := []string{"school", "phase", "sex", "ethnicity", "ethnic-group"}
	rapid.Check(t, func(t *rapid.T) {
		listed := rapid.Permutation(breakdowns).Draw(t, "listed")
		coarser := map[string]func(string) string{
			"school":    func(m string) string { return "phase/" + string("pss"[(m[1]-'0')%3]) },
			"ethnicity": func(m string) string { return "ethnic-group/" + m[:1] },
		}
		whole := cell{has: true}
		cells := map[string]map[string]cell{}
		add := func(c *cell, n int64) {
			c.has, c.children, c.numerator = true, c.children+n, c.numerator.Add(decimal.NewFromInt(n))
			c.behind += n
		}
		for range rapid.IntRange(1, 12).Draw(t, "groups") {
			n := int64(rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(5, 60)).Draw(t, "children"))
			school, sex, ethnicity := fmt.Sprint("s", rapid.IntRange(0, 5).Draw(t, "school")), rapid.SampledFrom([]string{"F", "M"}).Draw(t, "sex"), rapid.SampledFrom([]string{"W1", "W2", "A1", "A2", "B1"}).Draw(t, "ethnicity")
			add(&whole, n)
			for _, m := range []string{"school/" + school, coarser["school"](school), "sex/" + sex, "ethnicity/" + ethnicity, coarser["ethnicity"](ethnicity)} {
				b, member := split(m)
				if cells[b] == nil {
					cells[b] = map[string]cell{}
				}
				c := cells[b][member]
				add(&c, n)
				cells[b][member] = c
			}
		}
		if whole.sensitive(Count) {
			return
		}
		// What is known: an unknown for each member that is not shown, and an
		// equation for each sum.
		var unknowns []string
		secret := map[string]bool{}
		d := Definition{Unit: Count, Breakdowns: listed}
		for b, members := range cells {
			shown := view{computed: &computed{definition: d}, breakdown: b}.onlyOfFamily()
			hidden := hide(Count, whole, members)
			for m, c := range members {
				if !shown || hidden[m] {
					unknowns = append(unknowns, b+"/"+m)
					secret[b+"/"+m] = c.sensitive(Count)
				}
			}
		}
		var equations [][]float64
		equation := func(of map[string]float64) {
			row := make([]float64, len(unknowns))
			for i, u := range unknowns {
				row[i] = of[u]
			}
			equations = append(equations, row)
		}
		for b, members := range cells {
			all, parts := map[string]float64{}, map[string]map[string]float64{}
			for m := range members {
				all[b+"/"+m] = 1
				if up := coarser[b]; up != nil {
					if parts[up(m)] == nil {
						parts[up(m)] = map[string]float64{up(m): -1}
					}
					parts[up(m)][b+"/"+m] = 1
				}
			}
			equation(all)
			for _, p := range parts {
				equation(p)
			}
		}
		for i, u := range unknowns {
			if secret[u] && determined(equations, i) {
				t.Fatalf("%s can be worked out; listed %v, cells %v", u, listed, cells)
			}
		}
	})
}

func split(m string) (breakdown, member string) {
	for i := range m {
		if m[i] == '/' {
			return m[:i], m[i+1:]
		}
	}
	return m, ""
}

// determined reports whether every solution of the equations has one value in
// that place: whether the unit row is a sum of multiples of theirs.
func determined(equations [][]float64, place int) bool {
	rank := func(rows [][]float64) int {
		var m [][]float64
		for _, r := range rows {
			m = append(m, append([]float64(nil), r...))
		}
		n := 0
		for column := 0; len(m) > 0 && column < len(m[0]); column++ {
			for i := n; i < len(m); i++ {
				if m[i][column] > 1e-9 || m[i][column] < -1e-9 {
					m[n], m[i] = m[i], m[n]
					for j := n + 1; j < len(m); j++ {
						by := m[j][column] / m[n][column]
						for k := range m[j] {
							m[j][k] -= by * m[n][k]
						}
					}
					n++
					break
				}
			}
		}
		return n
	}
	unit := make([]float64, len(equations[0]))
	unit[place] = 1
	return rank(append(equations[:len(equations):len(equations)], unit)) == rank(equations)
}
