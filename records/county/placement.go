package county

import "math/rand/v2"

// status is the legal basis of a looked-after period for a time.
type status struct {
	id       int64
	care     *period
	code     string
	from, to day
}

// placement is where a looked-after child lives for a time.
type placement struct {
	id       int64
	care     *period
	kind     string
	provider string
	postcode string
	district string
	from, to day
}

// planStatuses gives the period its legal statuses, one at a time and without
// a gap, as care proceedings run. It reports whether they end in an order.
func (p *plan) planStatuses(r *rand.Rand, care *period) (order bool) {
	type step struct {
		code string
		days int // 0: until the end
	}
	interim := among(r, 150, 320) // proceedings take about 26 to 40 weeks
	age := care.child.born.age(care.from)
	var steps []step
	switch way := r.Float64(); {
	case age >= 16 || way < 0.28:
		steps = []step{{"V2", 0}}
	case age < 3 && way < 0.62:
		steps = []step{{"C1", interim}, {"E1", 0}}
	case way < 0.55:
		steps = []step{{"V2", among(r, 20, 120)}, {"C1", interim}, {"C2", 0}}
	case way < 0.6:
		steps = []step{{"L1", 3}, {"C1", interim}, {"C2", 0}}
	default:
		steps = []step{{"C1", interim}, {"C2", 0}}
	}
	end := care.to
	if end == never {
		end = p.today + 1
	}
	at := care.from
	for _, s := range steps {
		next := at + day(s.days)
		last := s.days == 0 || next >= end
		if last {
			next = care.to
		}
		p.statuses = append(p.statuses, &status{id: int64(len(p.statuses) + 1), care: care, code: s.code, from: at, to: next})
		order = s.code == "C2" || s.code == "E1"
		if last {
			break
		}
		at = next
	}
	return order
}

// planPlacements gives the period its placements, one at a time and without a
// gap: early ones short, later ones longer. About one child in ten has three
// or more in a year (DfE, children looked after in England).
func (p *plan) planPlacements(r *rand.Rand, care *period, order bool) {
	end := care.to
	if end == never {
		end = p.today + 1
	}
	restless := 1.0
	if r.Float64() < 0.1 {
		restless = 0.25
	}
	mean := 260.0
	for at := care.from; at != never && at < end; mean *= 2.2 {
		next := at + 7 + day(r.ExpFloat64()*mean*restless)
		if next >= end {
			next = care.to
		}
		p.homes = append(p.homes, p.place(r, care, at, next, order))
		at = next
	}
}

func (p *plan) place(r *rand.Rand, care *period, from, to day, order bool) *placement {
	age := care.child.born.age(from)
	kinds := []weighted[string]{{"U6", 38}, {"U4", 26}, {"U3", 12}, {"U1", 5}}
	if age >= 10 {
		kinds = append(kinds, weighted[string]{"K2", 14})
	}
	if age >= 16 && from >= dateOf(2024, 4, 1) { // the code is in use from then
		kinds = append(kinds, weighted[string]{"K3", 40})
	}
	if order { // only with an order is a child looked after at a parent's
		kinds = append(kinds, weighted[string]{"P1", 5})
	}
	if order && age < 4 {
		kinds = append(kinds, weighted[string]{"A6", 12}, weighted[string]{"U5", 6})
	}
	h := &placement{id: int64(len(p.homes) + 1), care: care, kind: choose(r, kinds), from: from, to: to}
	switch h.kind {
	case "P1":
		h.provider = "PR0"
	case "U1", "U3", "A6":
		h.provider = "PR1"
	case "K2", "K3":
		h.provider = choose(r, []weighted[string]{{"PR4", 75}, {"PR1", 10}, {"PR5", 15}})
	default:
		h.provider = choose(r, []weighted[string]{{"PR1", 58}, {"PR4", 38}, {"PR5", 4}})
	}
	d := care.child.district
	switch {
	case h.kind == "P1":
		h.postcode, h.district = care.child.postcode, d.code
		return h
	case r.Float64() < 0.35:
		d = elsewhere()
	case r.Float64() < 0.5:
		d = choose(r, districts())
	}
	h.postcode, h.district = postcode(r, d), d.code
	return h
}
