package indicators

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// What of a publication is not shown. It is chosen here once, over everything that
// is published of a period, and stored with it: no question chooses anything.
//
// # What is hidden
//
// A cell is hidden by itself where it is about 1 to 4 children, where 1 to 4 did or
// did not, or where fewer than a hundred are counted and all of them did or none did
// (see sensitive). A member of which too little was received is not shown either, and
// takes part like a hidden one. Beside these, others are drawn until whoever
// subtracts what is shown from the whole is left with two cells or more that hold
// enough for a small one to be no small one.
//
// # Why nobody subtracts their way to a small number
//
// Whoever sees only what is shown knows these equations, and no others:
//
//   - The members of a breakdown add up to the whole, in the numerator, in the
//     denominator and in what is left between them. Hidden members are drawn so that
//     in each amount the hidden ones together hold Threshold and more (see draw): a
//     hidden cell may then be anything from nothing up to what they hold together.
//   - Breakdowns of one family refine one another, a school's phase is a sum of
//     schools. One of a family is shown. Those of different families have only the
//     whole in common, so that they say nothing of one another's members.
//   - Measures of one cohort count the same children: what is hidden of the cohort is
//     hidden in all of them, and measures whose numerators add up (authorised and
//     unauthorised absence, to overall absence) hide the same members. Cohorts and
//     sums are found in the figures themselves.
//   - Spans of time: members are shown of one kind of period, which does not overlap
//     (see Definition.publishes). A longer span is shown only where every period in it
//     is: it then says nothing new. A twelve-month span that has no months beside it is
//     shown only while what is shown leaves each month open (see slack).
//   - Publications before: a period is published once, so that no two figures of it
//     differ by one child. What was hidden or shown of measures of the same cohort
//     stays so, and is where the choice begins.
//
// Which cell is drawn follows from a secret key and from no figure, so that knowing
// this rule says nothing of which hidden cell was the small one. It does not follow
// from the period either: the same members go from month to month, since of what
// hardly changes the month before is as good as the month itself.
//
// # What this does not protect against
//
// Somebody who knows children's circumstances already, and subtracts those; figures
// published elsewhere by other rules; a guess from a month in which a member had
// grown and was shown; the difference of two measures of which one counts some of
// those whom the other counts (persistently, but not severely absent). That a cell is
// hidden says that it is small, or was drawn beside a small one.

// subject is one measure in one period, as it takes part in the choice.
type subject struct {
	id         string
	unit       Unit
	whole      cell
	breakdowns []string
	members    map[string]map[string]cell // by breakdown and member
	withheld   map[string]map[string]bool // members of which too little was received
	earlier    map[place]hidden           // how it was published before; nil: it was not
}

// place is a cell of a measure's period; the zero place is the whole.
type place struct{ breakdown, member string }

// hidden is why a cell is not shown; "": it is.
type hidden string

const (
	hiddenCohort  hidden = "cohort"  // for the number of children, in all measures of the cohort
	hiddenMeasure hidden = "measure" // for what they did
	hiddenFamily  hidden = "family"  // another breakdown of the family is shown
	hiddenWhole   hidden = "whole"   // the whole is hidden
	hiddenSpan    hidden = "span"    // a period within it is hidden
)

// chosen is what is hidden, by measure.
type chosen map[string]map[place]hidden

func (c chosen) hide(id string, p place, why hidden) {
	if c[id] == nil {
		c[id] = map[place]hidden{}
	}
	if c[id][p] == "" {
		c[id][p] = why
	}
}

// choose says what is hidden of the measures of one period, all of which have the
// kind of this period for their base. Those that were published before stay as they were.
func choose(all []subject, key []byte) chosen {
	out := chosen{}
	for _, s := range all {
		switch {
		case s.earlier != nil:
			maps.Copy(out.of(s.id), s.earlier)
		case s.whole.sensitive(s.unit):
			out.hide(s.id, place{}, hiddenMeasure)
		}
	}
	for _, cohort := range cohorts(all) {
		g := group{of: cohort, out: out, key: key}
		g.hideLinkedWholes()
		for _, family := range g.families() {
			shown := g.shownOf(family)
			for _, b := range family {
				if b == shown {
					g.chooseMembers(b)
				} else {
					g.hideAll(b, hiddenFamily)
				}
			}
		}
	}
	return out
}

func (c chosen) of(id string) map[place]hidden {
	if c[id] == nil {
		c[id] = map[place]hidden{}
	}
	return c[id]
}

// amount that says how many a measure is about: of a count what it counts.
func (c cell) cohort(u Unit) decimal.Decimal {
	if u == Count {
		return c.numerator
	}
	return c.denominator
}

// cohorts are the measures that are about the same children: as many of them.
func cohorts(all []subject) [][]subject {
	by := map[string][]subject{}
	for _, s := range all {
		if s.whole.has {
			size := s.whole.cohort(s.unit).String()
			by[size] = append(by[size], s)
		}
	}
	var out [][]subject
	for _, size := range slices.Sorted(maps.Keys(by)) {
		slices.SortFunc(by[size], func(a, b subject) int { return cmp.Compare(a.id, b.id) })
		out = append(out, by[size])
	}
	return out
}

// group is the measures of one cohort, by id, while it is chosen what they hide.
type group struct {
	of  []subject
	out chosen
	key []byte
}

// rank is the order in which members are drawn.
func (g group) rank(parts ...string) string {
	sum := hmac.New(sha256.New, g.key)
	for _, p := range append([]string{g.of[0].id}, parts...) {
		sum.Write([]byte(p))
		sum.Write([]byte{0})
	}
	return string(sum.Sum(nil))
}

// hideLinkedWholes hides, beside a whole that is hidden, one of two shown ones whose
// numerators give its own as their sum or difference.
func (g group) hideLinkedWholes() {
	for again := true; again; {
		again = false
		for _, h := range g.of {
			if g.out[h.id][place{}] == "" || !counts(h.unit) {
				continue
			}
			for _, x := range g.of {
				for _, y := range g.of {
					if x.id >= y.id || g.out[x.id][place{}] != "" || g.out[y.id][place{}] != "" || !linked(h, x, y) {
						continue
					}
					free := slices.DeleteFunc([]subject{x, y}, func(s subject) bool { return s.earlier != nil })
					if len(free) == 0 {
						continue
					}
					goes := slices.MinFunc(free, func(a, b subject) int { return cmp.Compare(g.rank("whole", a.id), g.rank("whole", b.id)) })
					g.out.hide(goes.id, place{}, hiddenMeasure)
					again = true
				}
			}
		}
	}
}

// counts reports whether a numerator of the unit counts people or events: in a mean
// it is points.
func counts(u Unit) bool { return u != Mean && u != Days }

// linked reports whether one whole numerator is the sum of the other two.
func linked(a, b, c subject) bool {
	x, y, z := a.whole.numerator, b.whole.numerator, c.whole.numerator
	return addable(a, b, c) && (x.Equal(y.Add(z)) || y.Equal(x.Add(z)) || z.Equal(x.Add(y)))
}

// addable reports whether numerators of these measures could add up: those of
// different units do not where one is nothing, so that the others are equal (a number
// of children and their rate).
func addable(all ...subject) bool {
	for _, s := range all {
		if !counts(s.unit) || s.unit != all[0].unit && slices.ContainsFunc(all, func(o subject) bool { return o.whole.numerator.IsZero() }) {
			return false
		}
	}
	return true
}

// families are the breakdowns of the group, those of one family together, in the
// registry's order.
func (g group) families() [][]string {
	var out [][]string
	at := map[string]int{}
	for _, b := range breakdowns {
		if !slices.ContainsFunc(g.of, func(s subject) bool { return slices.Contains(s.breakdowns, b.Name) }) {
			continue
		}
		if i, ok := at[b.family]; ok {
			out[i] = append(out[i], b.Name)
			continue
		}
		at[b.family] = len(out)
		out = append(out, []string{b.Name})
	}
	return out
}

// shownOf is which breakdown of a family is shown: that of which something is
// published already, else that which most measures list first of the family.
func (g group) shownOf(family []string) string {
	votes := map[string]int{}
	for _, s := range g.of {
		if s.earlier != nil {
			for _, b := range family {
				for member := range s.members[b] {
					if why := s.earlier[place{b, member}]; why != hiddenFamily && why != hiddenWhole {
						return b
					}
				}
			}
			continue
		}
		if i := slices.IndexFunc(s.breakdowns, func(b string) bool { return slices.Contains(family, b) }); i >= 0 {
			votes[s.breakdowns[i]]++
		}
	}
	return slices.MaxFunc(family, func(a, b string) int {
		return cmp.Or(cmp.Compare(votes[a], votes[b]), cmp.Compare(slices.Index(family, b), slices.Index(family, a)))
	})
}

func (g group) hideAll(breakdown string, why hidden) {
	for _, s := range g.of {
		if s.earlier == nil {
			for member := range s.members[breakdown] {
				g.out.hide(s.id, place{breakdown, member}, why)
			}
		}
	}
}

// chooseMembers chooses in one breakdown: first what is hidden of the cohort, in
// every measure, then of each measure, or of those whose numerators add up, what is
// hidden of what they count. In the second step the denominators of all that the
// first did not hide are taken as known, since another measure may show them.
func (g group) chooseMembers(breakdown string) {
	var pool []subject
	for _, s := range g.of {
		switch {
		case s.members[breakdown] == nil:
		case g.out[s.id][place{}] != "":
			if s.earlier == nil {
				group{[]subject{s}, g.out, g.key}.hideAll(breakdown, hiddenWhole)
			}
		default:
			pool = append(pool, s)
		}
	}
	if len(pool) == 0 {
		return
	}
	d := drawing{hidden: map[string]bool{}, rank: func(m string) string { return g.rank(breakdown, m) }}
	sizes, children := amounts{}, amounts{}
	for _, s := range pool {
		for m, c := range s.members[breakdown] {
			if s.withheld[breakdown][m] || c.has && (smallCount(c.children) || small(c.cohort(s.unit))) || s.earlier[place{breakdown, m}] == hiddenCohort {
				d.hidden[m] = true
			}
			if c.has && c.cohort(s.unit).IsPositive() {
				d.offer(m, s, breakdown)
				sizes[m], children[m] = c.cohort(s.unit), decimal.NewFromInt(c.children)
			}
		}
	}
	d.amounts = []amounts{sizes, children}
	ok := d.draw()
	cohort := maps.Clone(d.hidden)
	for _, class := range sums(pool, breakdown) {
		own := drawing{hidden: maps.Clone(cohort), rank: d.rank}
		for _, s := range class {
			numerators, rest := amounts{}, amounts{}
			all, none := s.whole.certain(s.unit)
			for m, c := range s.members[breakdown] {
				if s.earlier[place{breakdown, m}] != "" || c.has && c.sensitiveIn(s.unit, all || none) {
					own.hidden[m] = true
				}
				if c.has && c.cohort(s.unit).IsPositive() {
					own.offer(m, s, breakdown)
				}
				numerators[m], rest[m] = c.numerator, c.denominator.Sub(c.numerator)
			}
			if counts(s.unit) && !none {
				own.amounts = append(own.amounts, numerators)
			}
			if s.unit == Percent && !all {
				own.amounts = append(own.amounts, rest)
			}
		}
		done := own.draw() && ok
		for _, s := range class {
			if s.earlier != nil {
				continue
			}
			for m := range s.members[breakdown] {
				switch {
				case cohort[m]:
					g.out.hide(s.id, place{breakdown, m}, hiddenCohort)
				case own.hidden[m] || !done:
					g.out.hide(s.id, place{breakdown, m}, hiddenMeasure)
				}
			}
		}
	}
}

// sums are the measures of a breakdown in classes: those of which one's numerator is
// the sum of two others', in the whole and in every member, are of one class.
func sums(pool []subject, breakdown string) [][]subject {
	class := make([]int, len(pool))
	for i := range pool {
		class[i] = i
	}
	join := func(of ...int) {
		to := class[of[0]]
		for _, i := range of {
			for j, from := 0, class[i]; j < len(class); j++ {
				if class[j] == from {
					class[j] = to
				}
			}
		}
	}
	for i, x := range pool {
		for j, y := range pool {
			for k := j + 1; k < len(pool); k++ {
				z := pool[k]
				if i != j && i != k && addable(x, y, z) && adds(x, y, z, breakdown) {
					join(i, j, k)
				}
			}
		}
	}
	by := map[int][]subject{}
	for i, s := range pool {
		by[class[i]] = append(by[class[i]], s)
	}
	var out [][]subject
	for _, c := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[c])
	}
	return out
}

// adds reports whether x's numerators are y's and z's together.
func adds(x, y, z subject, breakdown string) bool {
	if !x.whole.numerator.Equal(y.whole.numerator.Add(z.whole.numerator)) {
		return false
	}
	for _, s := range []subject{x, y, z} {
		for m := range s.members[breakdown] {
			if !x.members[breakdown][m].numerator.Equal(y.members[breakdown][m].numerator.Add(z.members[breakdown][m].numerator)) {
				return false
			}
		}
	}
	return true
}

// amounts is one that adds up over the members, by member.
type amounts map[string]decimal.Decimal

// drawing is a choice in one breakdown: what is hidden already, and what may be.
type drawing struct {
	hidden  map[string]bool
	there   map[string]bool // members with something in them
	shown   map[string]bool // those of them that are published already, and shown
	amounts []amounts
	rank    func(member string) string
}

func (d *drawing) offer(member string, s subject, breakdown string) {
	if d.there == nil {
		d.there, d.shown = map[string]bool{}, map[string]bool{}
	}
	d.there[member] = true
	if s.earlier != nil && s.earlier[place{breakdown, member}] == "" {
		d.shown[member] = true
	}
}

// draw hides members by their rank until the hidden ones hide one another, or none is
// left; false where those that are published already leave too few.
func (d *drawing) draw() bool {
	if len(d.hidden) == 0 {
		return true
	}
	var rest []string
	for m := range d.there {
		if !d.hidden[m] && !d.shown[m] {
			rest = append(rest, m)
		}
	}
	slices.SortFunc(rest, func(a, b string) int { return cmp.Compare(d.rank(a), d.rank(b)) })
	for !d.safe() {
		if len(rest) == 0 {
			return !slices.ContainsFunc(slices.Collect(maps.Keys(d.shown)), func(m string) bool { return !d.hidden[m] })
		}
		d.hidden[rest[0]], rest = true, rest[1:]
	}
	return true
}

// safe reports whether there are two hidden members or more, and in each amount they
// hold so much together that a small one could be at the threshold, even if each of
// the others were 1. It asks what anybody can work out, the whole less what is shown,
// and nothing of the hidden ones themselves: so the choice tells nothing of them.
func (d *drawing) safe() bool {
	n := 0
	for m := range d.hidden {
		if d.there[m] {
			n++
		}
	}
	if n == 0 {
		return true
	}
	if n == 1 {
		return false
	}
	room := decimal.NewFromInt(int64(Threshold + n - 1))
	for _, a := range d.amounts {
		left := decimal.Zero
		for m := range d.hidden {
			left = left.Add(a[m])
		}
		if left.LessThan(room) {
			return false
		}
	}
	return true
}

// slack is by how much the months behind spans of twelve months may differ from the
// least that they can be, for whoever knows the spans, which end month after month:
// each month may be that much. From span to span one month comes and that of the
// year before goes, so that their difference is known; none is below zero.
func slack(spans []decimal.Decimal) decimal.Decimal {
	if len(spans) == 0 {
		return decimal.Zero
	}
	left := spans[0]
	for month := 1; month <= 12; month++ {
		move, least := decimal.Zero, decimal.Zero
		for i := month; i < len(spans); i += 12 {
			move = move.Add(spans[i].Sub(spans[i-1]))
			least = decimal.Min(least, move)
		}
		left = left.Add(least)
	}
	return left
}
