package indicators

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// rounds of random attacks.
func rounds() int {
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		return 10_000
	}
	return 100
}

// child of a random county: where it is in each breakdown, whether it did what each
// measure counts, in which month.
type child struct {
	month   int
	members map[string]string
	did     []bool
	here    []bool // of the cohort of each measure
}

// county is random children, and measures over them: the first two add up to the
// third, on one cohort; the fourth is of the same cohort; the fifth is of another.
type randomCounty struct {
	children []child
	late     []bool // measures that are published a publication later
	broken   map[string]bool
}

var attacked = []string{"school", "phase", "sex", "ethnicity", "ethnic-group"}

func random(r *rand.Rand) *randomCounty {
	c := &randomCounty{broken: map[string]bool{}}
	for range 5 {
		c.late = append(c.late, r.IntN(2) == 0)
	}
	schools, size, often := 2+r.IntN(7), 20+r.IntN(400), 1+r.IntN(60)
	for range size {
		s := r.IntN(schools)
		if r.IntN(3) == 0 {
			s = 0 // one large school
		}
		e := []string{"WBRI", "WIRI", "AIND", "APKN", "BCRB"}[min(r.IntN(5), r.IntN(5))]
		x := child{month: r.IntN(2), members: map[string]string{"school": fmt.Sprint(s), "phase": fmt.Sprint("p", s%2), "sex": []string{"F", "M"}[r.IntN(2)], "ethnicity": e, "ethnic-group": e[:1]}}
		a, b := r.IntN(100) < often, r.IntN(100) < often/3
		x.did = []bool{a && !b, b, a || b, r.IntN(100) < often/2, r.IntN(100) < often}
		in := r.IntN(3) > 0
		x.here = []bool{true, true, true, true, in}
		c.children = append(c.children, x)
	}
	for s := range schools {
		if r.IntN(12) == 0 {
			c.broken[fmt.Sprint(s)] = true // has sent too little
		}
	}
	return c
}

// subjects are the county's measures in a month.
func (c *randomCounty) subjects(month int) []subject {
	var out []subject
	for i := range 5 {
		s := subject{id: fmt.Sprint("m", i), unit: Percent, breakdowns: attacked, members: map[string]map[string]cell{}, withheld: map[string]map[string]bool{}}
		if i == 4 {
			s.unit, s.breakdowns = Count, []string{"sex", "school", "phase", "ethnic-group"}
		}
		for _, b := range s.breakdowns {
			s.members[b], s.withheld[b] = map[string]cell{}, map[string]bool{}
		}
		add := func(to cell, did bool) cell {
			to.has = true
			if s.unit == Count && !did {
				return to
			}
			to.children++
			if s.unit != Count {
				to.denominator = to.denominator.Add(decimal.NewFromInt(1))
			}
			if did {
				to.behind++
				to.numerator = to.numerator.Add(decimal.NewFromInt(1))
			}
			return to
		}
		for _, x := range c.children {
			if x.month != month || !x.here[i] {
				continue
			}
			s.whole = add(s.whole, x.did[i])
			for _, b := range s.breakdowns {
				m := x.members[b]
				s.members[b][m] = add(s.members[b][m], x.did[i])
				if b == "school" && c.broken[m] {
					s.withheld[b][m] = true
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// published is what the two publications together say of a month.
func (c *randomCounty) published(month int, key []byte) ([]subject, chosen) {
	all := c.subjects(month)
	first := choose(all, key) // what is late takes part, and is not published yet
	for i := range all {
		if !c.late[i] {
			all[i].earlier = map[place]hidden{}
			for p, why := range first[all[i].id] {
				all[i].earlier[p] = why
			}
		}
	}
	return all, choose(all, key)
}

// attacker knows what is published and that every number is a whole one from zero.
// Each number of the county is a variable; what is shown, and what adds up, are
// equations between them. Linear algebra, over rationals, finds every number that the
// equations determine. What lies between is narrowed by bounds, until nothing moves.
type attacker struct {
	index    map[string]int
	names    []string
	low      []int64
	high     []int64
	equal    [][]term // sums that are zero
	small    map[int]string
	expected []int64 // what they are, to see that the attack is right
}

type term struct {
	of int
	by int64
}

const far = int64(1) << 40

func (a *attacker) variable(name string, is int64) int {
	if i, ok := a.index[name]; ok {
		return i
	}
	a.index[name] = len(a.names)
	a.names, a.low, a.high, a.expected = append(a.names, name), append(a.low, 0), append(a.high, far), append(a.expected, is)
	return len(a.names) - 1
}

func (a *attacker) knows(i int) { a.low[i], a.high[i] = a.expected[i], a.expected[i] }

func (a *attacker) sum(whole int, parts []int) {
	row := []term{{whole, -1}}
	for _, p := range parts {
		row = append(row, term{p, 1})
	}
	a.equal = append(a.equal, row)
}

// sees makes the variables and equations of one month.
func (a *attacker) sees(month int, all []subject, hides chosen) {
	groups := map[string]map[string]bool{}
	for _, s := range all {
		vars := map[place][3]int{}
		cellOf := func(p place, c cell) [3]int {
			name := fmt.Sprint(month, "/", s.id, "/", p.breakdown, "/", p.member)
			n := a.variable(name+"/did", c.numerator.IntPart())
			out := [3]int{n, -1, -1}
			if s.unit == Percent {
				// The first four are of one cohort: one denominator for them all.
				d := a.variable(fmt.Sprint(month, "/cohort/", p.breakdown, "/", p.member), c.denominator.IntPart())
				rest := a.variable(name+"/rest", c.denominator.Sub(c.numerator).IntPart())
				a.sum(d, []int{n, rest})
				out = [3]int{n, d, rest}
			}
			if hides[s.id][p] == "" {
				for _, i := range out {
					if i >= 0 {
						a.knows(i)
					}
				}
				return out
			}
			note := func(i int) {
				if i >= 0 && a.expected[i] > 0 && a.expected[i] < Threshold {
					a.small[i] = a.names[i]
				}
			}
			for _, i := range out {
				note(i)
			}
			return out
		}
		vars[place{}] = cellOf(place{}, s.whole)
		for b, members := range s.members {
			var parts [3][]int
			for m, c := range members {
				v := cellOf(place{b, m}, c)
				vars[place{b, m}] = v
				for i := range v {
					parts[i] = append(parts[i], v[i])
				}
				if b == "school" || b == "ethnicity" {
					up := map[string]string{"school": "phase", "ethnicity": "ethnic-group"}[b]
					to := up + "/" + coarse(b, m)
					if groups[s.id+"|"+to] == nil {
						groups[s.id+"|"+to] = map[string]bool{}
					}
					groups[s.id+"|"+to][b+"/"+m] = true
				}
			}
			for i, whole := range vars[place{}] {
				if whole >= 0 && len(parts[i]) > 0 {
					a.sum(whole, parts[i])
				}
			}
		}
		for name, parts := range groups {
			id, to, _ := strings.Cut(name, "|")
			b, m, _ := strings.Cut(to, "/")
			whole, ok := vars[place{b, m}]
			if id != s.id || !ok {
				continue
			}
			var rows [3][]int
			for p := range parts {
				pb, pm, _ := strings.Cut(p, "/")
				for i, v := range vars[place{pb, pm}] {
					rows[i] = append(rows[i], v)
				}
			}
			for i, w := range whole {
				if w >= 0 {
					a.sum(w, rows[i])
				}
			}
		}
	}
	// What adds up between measures: the first two are the third.
	for _, p := range allPlaces(all[:3]) {
		name := func(i int) int {
			n, ok := a.index[fmt.Sprint(month, "/m", i, "/", p.breakdown, "/", p.member, "/did")]
			if !ok {
				return -1
			}
			return n
		}
		if x, y, z := name(0), name(1), name(2); x >= 0 && y >= 0 && z >= 0 {
			a.sum(z, []int{x, y})
		}
	}
}

func coarse(b, m string) string {
	if b == "school" {
		return fmt.Sprint("p", (m[0]-'0')%2)
	}
	return m[:1]
}

func allPlaces(all []subject) []place {
	out := []place{{}}
	for b, members := range all[0].members {
		for m := range members {
			out = append(out, place{b, m})
		}
	}
	return out
}

// determined are the variables that the equations determine: those whose unit row is
// in the row space, by elimination modulo a prime (more than the rationals determine,
// where a minor happens to be a multiple of it; never less).
func (a *attacker) determined() map[int]bool {
	const prime = 1<<31 - 1
	column, unknown := map[int]int{}, []int{}
	for i := range a.names {
		if a.low[i] != a.high[i] {
			column[i] = len(unknown)
			unknown = append(unknown, i)
		}
	}
	var rows [][]int64
	for _, e := range a.equal {
		row := make([]int64, len(unknown))
		for _, t := range e {
			if c, ok := column[t.of]; ok { // what is known only moves the right side
				row[c] = (row[c] + t.by + prime) % prime
			}
		}
		rows = append(rows, row)
	}
	done := 0
	var pivots []int
	for c := range unknown {
		i := slices.IndexFunc(rows[done:], func(row []int64) bool { return row[c] != 0 })
		if i < 0 {
			continue
		}
		rows[done], rows[done+i] = rows[done+i], rows[done]
		by := inverse(rows[done][c], prime)
		for k := range rows[done] {
			rows[done][k] = rows[done][k] * by % prime
		}
		for j, row := range rows {
			if j == done || row[c] == 0 {
				continue
			}
			for times, k := row[c], c; k < len(row); k++ {
				if x := rows[done][k]; x != 0 {
					row[k] = (row[k] + (prime-times)*x) % prime
				}
			}
		}
		pivots = append(pivots, c)
		if done++; done == len(rows) {
			break
		}
	}
	out := map[int]bool{}
	for i, c := range pivots {
		if !slices.ContainsFunc(rows[i][c+1:], func(v int64) bool { return v != 0 }) {
			out[unknown[c]] = true
		}
	}
	return out
}

func inverse(x, prime int64) int64 {
	return new(big.Int).ModInverse(big.NewInt(x), big.NewInt(prime)).Int64()
}

// narrow bounds each variable by every equation that it is in, until nothing moves.
func (a *attacker) narrow(t *testing.T) {
	for again := true; again; {
		again = false
		for _, e := range a.equal {
			for _, x := range e {
				var low, high int64 // of the rest
				for _, o := range e {
					if o == x {
						continue
					}
					if o.by > 0 {
						low, high = low+a.low[o.of], high+a.high[o.of]
					} else {
						low, high = low-a.high[o.of], high-a.low[o.of]
					}
				}
				least, most := -high, -low
				if x.by < 0 {
					least, most = low, high
				}
				if least > a.low[x.of] {
					a.low[x.of], again = least, true
				}
				if most < a.high[x.of] {
					a.high[x.of], again = most, true
				}
				if is := a.expected[x.of]; is < a.low[x.of] || is > a.high[x.of] {
					t.Fatalf("the attack is wrong: %s is %d, and not %d to %d", a.names[x.of], is, a.low[x.of], a.high[x.of])
				}
			}
		}
	}
}

// Nobody who sees two publications of random measures, and knows how they hang
// together, works out a number below the threshold, or that one is below it.
func TestNobodyWorksOutASmallNumber(t *testing.T) {
	t.Parallel()
	var smalls, shown, cells int
	for round := range rounds() {
		r := rand.New(rand.NewPCG(20261130, uint64(round)))
		c := random(r)
		key := []byte(fmt.Sprint("key ", round))
		a := &attacker{index: map[string]int{}, small: map[int]string{}}
		for month := range 2 {
			all, hides := c.published(month, key)
			for _, s := range all {
				for b, members := range s.members {
					for m, x := range members {
						cells++
						if hides[s.id][place{b, m}] == "" {
							shown++
							all, none := s.whole.certain(s.unit)
							if x.has && (smallCount(x.children) || small(x.denominator) || x.sensitiveIn(s.unit, all || none)) || s.withheld[b][m] {
								t.Fatalf("round %d: %s of %s %s is shown: %+v", round, s.id, b, m, x)
							}
						}
					}
				}
			}
			a.sees(month, all, hides)
		}
		found := a.determined()
		for i, name := range a.small {
			if found[i] {
				t.Fatalf("round %d: %s is %d, by subtraction", round, name, a.expected[i])
			}
		}
		a.narrow(t)
		for i, name := range a.small {
			smalls++
			if a.high[i] < Threshold {
				t.Fatalf("round %d: %s is %d, and known to be between %d and %d", round, name, a.expected[i], a.low[i], a.high[i])
			}
		}
	}
	if smalls < rounds() || shown < cells/10 {
		t.Errorf("%d small numbers, %d of %d cells shown: this attacks nothing", smalls, shown, cells)
	}
	t.Logf("%d small numbers hidden; %d of %d cells shown", smalls, shown, cells)
}

// Nobody who knows the rule, and not the key, tells from what is hidden what the
// hidden numbers are: for every hidden cell there are two counties or more, of which
// one has it at the threshold or above, in which just these cells could be hidden.
func TestTheRuleTellsNothing(t *testing.T) {
	t.Parallel()
	for round := range rounds() {
		r := rand.New(rand.NewPCG(11, uint64(round)))
		n := 2 + r.IntN(3)
		values := make([]int64, n)
		var total int64
		for i := range values {
			values[i] = int64(r.IntN(9))
			total += values[i]
		}
		if total < Threshold {
			continue
		}
		is := hiddenOf(values, []byte(fmt.Sprint(round)))
		if len(is) == 0 {
			continue
		}
		left := total
		for i, v := range values {
			if !slices.Contains(is, i) {
				left -= v
			}
		}
		possible := make([]map[int64]bool, n)
		for i := range possible {
			possible[i] = map[int64]bool{}
		}
		worlds(len(is), left, func(world []int64) {
			if !slices.ContainsFunc(is, func(i int) bool { return !possible[i][world[slices.Index(is, i)]] }) {
				return
			}
			other := slices.Clone(values)
			for j, i := range is {
				other[i] = world[j]
			}
			for k := range 12 { // keys
				if slices.Equal(hiddenOf(other, []byte(fmt.Sprint("other ", k))), is) {
					for j, i := range is {
						possible[i][world[j]] = true
					}
					return
				}
			}
		})
		for _, i := range is {
			if values[i] == 0 || values[i] >= Threshold {
				continue
			}
			least, most := far, int64(-1)
			for v := range possible[i] {
				least, most = min(least, v), max(most, v)
			}
			if least == most || most < Threshold && left >= Threshold+int64(len(is))-1 {
				t.Fatalf("round %d: of %v %v are hidden, and %d can only be %v", round, values, is, i, possible[i])
			}
		}
	}
}

// hiddenOf are the members that are hidden of a count.
func hiddenOf(values []int64, key []byte) []int {
	s := subject{id: "count", unit: Count, breakdowns: []string{"school"}, members: map[string]map[string]cell{"school": {}}}
	s.whole.has = true
	for i, v := range values {
		n := decimal.NewFromInt(v)
		s.members["school"][fmt.Sprint(i)] = cell{has: true, numerator: n, children: v, behind: v}
		s.whole.numerator, s.whole.children, s.whole.behind = s.whole.numerator.Add(n), s.whole.children+v, s.whole.behind+v
	}
	var out []int
	hides := choose([]subject{s}, key)
	for i := range values {
		if hides["count"][place{"school", fmt.Sprint(i)}] != "" {
			out = append(out, i)
		}
	}
	return out
}

// worlds are all ways to share left out among n.
func worlds(n int, left int64, fn func([]int64)) {
	world := make([]int64, n)
	var at func(i int, left int64)
	at = func(i int, left int64) {
		if i == n-1 {
			world[i] = left
			fn(world)
			return
		}
		for v := range left + 1 {
			world[i] = v
			at(i+1, left-v)
		}
	}
	at(0, left)
}

// From twelve-month spans that are shown no month can be bounded below the threshold:
// the months that make the least of one are themselves a county in which the spans are
// the same and the other months are more.
func TestSpansOfAYearLeaveTheirMonthsOpen(t *testing.T) {
	for _, test := range []struct {
		spans []int64
		slack int64
	}{
		{[]int64{0, 5, 7}, 0},     // from nothing each difference is a month
		{[]int64{20, 22, 21}, 19}, // the month that one is lost of was one at least
		{[]int64{12, 10, 8, 6, 4, 2, 0}, 0},
		{[]int64{30}, 30},
		{[]int64{30, 29, 30, 29, 30, 30, 30, 30, 30, 30, 30, 30, 30, 29}, 27}, // the same month twice: two at least
	} {
		var spans []decimal.Decimal
		for _, s := range test.spans {
			spans = append(spans, decimal.NewFromInt(s))
		}
		if got := slack(spans); got.IntPart() != test.slack {
			t.Errorf("%v leave %s, not %d", test.spans, got, test.slack)
		}
	}
	for round := range rounds() {
		r := rand.New(rand.NewPCG(3, uint64(round)))
		months := make([]int64, 12+r.IntN(30))
		for i := range months {
			months[i] = int64(r.IntN(1 + r.IntN(8)))
		}
		var spans []decimal.Decimal
		for end := 12; end <= len(months); end++ {
			var n int64
			for _, m := range months[end-12 : end] {
				n += m
			}
			spans = append(spans, decimal.NewFromInt(n))
		}
		open := slack(spans).IntPart()
		// Each month of the first year can be more by what is open, and every one
		// after it by the same: the spans stay as they are, and no month is below zero.
		lowest := slices.Clone(months)
		for i := range 12 {
			down := months[i]
			for j := i; j < len(months); j += 12 {
				down = min(down, months[j])
			}
			for j := i; j < len(months); j += 12 {
				lowest[j] -= down
			}
		}
		var base int64
		for _, m := range lowest[:12] {
			base += m
		}
		if spans[0].IntPart()-base != open {
			t.Fatalf("round %d: %v leave %d open, not %d", round, spans, open, spans[0].IntPart()-base)
		}
	}
}
