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
// a gap, as care proceedings run.
func (p *plan) planStatuses(r *rand.Rand, care *period) []*status {
	type step struct {
		code string
		days int // 0: until the end
	}
	interim := among(r, 150, 320) // proceedings take about 26 to 40 weeks
	end := care.to
	if end == never {
		end = p.today + 1
	}
	age := care.child.born.age(care.from)
	adoptable := age < 4 && end-care.from > 420 && end-care.from < 1100
	var steps []step
	switch way := r.Float64(); {
	case adoptable && way < 0.9:
		steps = []step{{"C1", interim}, {"E1", 0}}
	case age >= 16 || way < 0.28:
		steps = []step{{"V2", 0}}
	case way < 0.55:
		steps = []step{{"V2", among(r, 20, 120)}, {"C1", interim}, {"C2", 0}}
	case way < 0.6:
		steps = []step{{"L1", 3}, {"C1", interim}, {"C2", 0}} // police protection lasts 72 hours (Children Act 1989, s. 46)
	default:
		steps = []step{{"C1", interim}, {"C2", 0}}
	}
	at := care.from
	var made []*status
	for _, s := range steps {
		next := at + day(s.days)
		last := s.days == 0 || next >= end
		if last {
			next = care.to
		}
		made = append(made, &status{id: int64(len(p.statuses) + len(made) + 1), care: care, code: s.code, from: at, to: next})
		if last {
			break
		}
		at = next
	}
	p.statuses = append(p.statuses, made...)
	return made
}

// planPlacements gives the period its placements, one at a time and without a
// gap: early ones short, later ones longer, and for some children one after
// another. About one child in nine has three or more in a year (DfE, children
// looked after). Who is to be adopted lives with the adopters at the end, for
// more than the ten weeks that must come before the order (Adoption and
// Children Act 2002, s. 42). It returns the last placement.
func (p *plan) planPlacements(r *rand.Rand, care *period, statuses []*status) *placement {
	end := care.to
	if end == never {
		end = p.today + 1
	}
	adopters := never
	if s := statuses[len(statuses)-1]; s.code == "E1" && end-s.from > 130 {
		adopters = min(s.from+day(among(r, 40, 300)), end-day(among(r, 80, 110)))
	}
	restless := 1.0
	if r.Float64() < 0.15 {
		restless = 0.3
	}
	mean := 420.0
	var last *placement
	for at := care.from; at != never && at < end; mean *= 2.2 {
		if restless < 1 {
			mean = 420
		}
		next := at + 7 + day(r.ExpFloat64()*mean*restless)
		if adopters != never && at < adopters && next > adopters {
			next = adopters
		}
		if next >= end || at == adopters {
			next = care.to
		}
		last = p.place(r, care, at, next, statuses)
		if at == adopters {
			last.kind, last.provider = "A6", "PR1"
			if r.Float64() < 0.2 {
				last.kind = "A5"
			}
		}
		p.homes = append(p.homes, last)
		at = next
	}
	return last
}

// change is why a placement ended that another followed (SSDA903,
// REASON_PLACE_CHANGE): half of them by the care plan. "" for others.
func (p *plan) change(h *placement) string {
	if h.to == h.care.to {
		return ""
	}
	return choose(chance(p.seed, "change", h.id), []weighted[string]{
		{"CARPL", 50}, {"CREQB", 14}, {"CREQO", 9}, {"LAREQ", 8}, {"CHILD", 6}, {"CLOSE", 3}, {"STAND", 2}, {"ALLEG", 2}, {"PLACE", 2}, {"OTHER", 4},
	})
}

// place chooses a home: at the parents' only under a care order, supported
// accommodation only from 16 on.
func (p *plan) place(r *rand.Rand, care *period, from, to day, statuses []*status) *placement {
	age := care.child.born.age(from)
	kinds := []weighted[string]{{"U6", 38}, {"U4", 26}, {"U3", 12}, {"U1", 5}}
	if age >= 10 {
		kinds = append(kinds, weighted[string]{"K2", 20})
	}
	if age >= 16 && from >= dateOf(2024, 4, 1) { // the code is in use from then
		kinds = append(kinds, weighted[string]{"K3", 230})
	}
	for _, s := range statuses {
		if (s.code == "C1" || s.code == "C2") && s.from <= from && (s.to == never || s.to > from) && statuses[len(statuses)-1].code != "E1" {
			kinds = append(kinds, weighted[string]{"P1", 3})
		}
	}
	h := &placement{id: int64(len(p.homes) + 1), care: care, kind: choose(r, kinds), from: from, to: to}
	switch h.kind {
	case "P1":
		h.provider = "PR0"
	case "U1", "U3":
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
