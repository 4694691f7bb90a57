package comparators

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Set is the figures in force, as one authority looks at them. It does not
// change: a new release makes a new set.
type Set struct {
	authority   Authority
	measures    []Measure
	tables      map[key]map[Kind]areaFigures
	breaks      []Break
	authorities map[string]Authority
	areas       map[string]Area
	releases    map[int64]Release
}

type key struct{ measure, part string }

// areaFigures are figures by area code and year.
type areaFigures map[string]map[int]Figure

// newSet lays batches over one another: a later one's figure, title or
// neighbours replace an earlier one's.
func newSet(batches []batch, authority string) *Set {
	s := &Set{tables: map[key]map[Kind]areaFigures{}, authorities: map[string]Authority{}, areas: map[string]Area{}, releases: map[int64]Release{}}
	at := map[key]int{}
	for _, b := range batches {
		s.releases[b.release.ID] = b.release
		for _, m := range b.measures {
			k := key{m.ID, m.Part}
			if i, ok := at[k]; ok {
				s.measures[i] = m
				continue
			}
			at[k] = len(s.measures)
			s.measures = append(s.measures, m)
		}
		for _, a := range b.authorities {
			s.authorities[a.Code] = a
		}
		for _, br := range b.breaks {
			s.breaks = slices.DeleteFunc(s.breaks, func(o Break) bool { return o.Measure == br.Measure && o.Kind == br.Kind && o.Year == br.Year })
			s.breaks = append(s.breaks, br)
		}
		for _, f := range b.figures {
			s.put(f)
		}
	}
	slices.SortFunc(s.breaks, func(a, b Break) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Year, b.Year))
	})
	// A measure without a figure has no page.
	s.measures = slices.DeleteFunc(s.measures, func(m Measure) bool { return s.tables[key{m.ID, m.Part}] == nil })
	s.authority = s.authorities[authority]
	if s.authority.Code == "" && authority != "" {
		s.authority.Area = Area{Code: authority, Name: s.areas[authority].Name, Type: LocalAuthority}
	}
	return s
}

func (s *Set) put(f Figure) {
	k := key{f.Measure, f.Part}
	if s.tables[k] == nil {
		s.tables[k] = map[Kind]areaFigures{}
	}
	if s.tables[k][f.Kind] == nil {
		s.tables[k][f.Kind] = areaFigures{}
	}
	of := s.tables[k][f.Kind]
	if of[f.Area.Code] == nil {
		of[f.Area.Code] = map[int]Figure{}
	}
	of[f.Area.Code][f.Period.Year] = f
	s.areas[f.Area.Code] = f.Area
}

// Authority is the authority whose set this is, with its region and statistical
// neighbours; false when it has not been said which, and without region and
// neighbours when they are not known.
func (s *Set) Authority() (Authority, bool) { return s.authority, s.authority.Code != "" }

// Known is the authority of that code, if its neighbours or figures are held.
func (s *Set) Known(code string) (Authority, bool) {
	if a, ok := s.authorities[code]; ok {
		return a, true
	}
	a, ok := s.areas[code]
	return Authority{Area: a}, ok && a.Type == LocalAuthority
}

// Measures are all measures that have figures, in the order of themes; a
// measure's parts follow it.
func (s *Set) Measures() []Measure { return slices.Clone(s.measures) }

// Measure is that of the id and part.
func (s *Set) Measure(id, part string) (Measure, bool) {
	i := slices.IndexFunc(s.measures, func(m Measure) bool { return m.ID == id && m.Part == part })
	if i < 0 {
		return Measure{}, false
	}
	return s.measures[i], true
}

// Parts are the parts of a measure, itself first.
func (s *Set) Parts(id string) []Measure {
	var out []Measure
	for _, m := range s.measures {
		if m.ID == id {
			out = append(out, m)
		}
	}
	return out
}

// Kinds are the kinds of period that a measure has figures of; the first is its
// headline.
func (s *Set) Kinds(m Measure) []Kind {
	return slices.DeleteFunc(slices.Clone(kinds), func(k Kind) bool { return s.tables[key{m.ID, m.Part}][k] == nil })
}

// Figure is an area's figure; the zero Figure where none is held.
func (s *Set) Figure(m Measure, p Period, area string) Figure {
	return s.tables[key{m.ID, m.Part}][p.Kind][area][p.Year]
}

// Periods are all periods of the kind from the first to the last that England,
// the authority or its region has a figure of, the oldest first. None between is
// left out: a year that was not published is a gap.
func (s *Set) Periods(m Measure, k Kind) []Period {
	of := s.tables[key{m.ID, m.Part}][k]
	first, last := 0, 0
	for _, area := range []string{England, s.authority.Region.Code, s.authority.Code} {
		for year := range maps.Keys(of[area]) {
			if first == 0 || year < first {
				first = year
			}
			last = max(last, year)
		}
	}
	var out []Period
	for year := first; first > 0 && year <= last; year++ {
		out = append(out, Period{k, year})
	}
	return out
}

// Breaks are those of a measure and kind of period, the oldest first.
func (s *Set) Breaks(m Measure, k Kind) []Break {
	var out []Break
	for _, b := range s.breaks {
		if b.Measure == m.ID && b.Kind == k {
			out = append(out, b)
		}
	}
	return out
}

// Release is where a figure comes from.
func (s *Set) Release(id int64) (Release, bool) {
	r, ok := s.releases[id]
	return r, ok
}

// Filter chooses figures; an empty field chooses all.
type Filter struct {
	Measure  string
	Part     *string // nil: the whole and every part
	Area     string  // code
	AreaType AreaType
	Kind     Kind
	From, To int // years in which periods end
}

// Figures are those that the filter chooses, by measure, part, kind, area (in
// the order England, region, own, others by name) and period.
func (s *Set) Figures(f Filter) []Figure {
	var out []Figure
	for _, m := range s.measures {
		if f.Measure != "" && m.ID != f.Measure || f.Part != nil && m.Part != *f.Part {
			continue
		}
		for _, k := range s.Kinds(m) {
			if f.Kind != "" && k != f.Kind {
				continue
			}
			of := s.tables[key{m.ID, m.Part}][k]
			for _, area := range s.inOrder(of) {
				if f.Area != "" && area != f.Area || f.AreaType != "" && s.areas[area].Type != f.AreaType {
					continue
				}
				for _, year := range slices.Sorted(maps.Keys(of[area])) {
					if (f.From == 0 || year >= f.From) && (f.To == 0 || year <= f.To) {
						out = append(out, of[area][year])
					}
				}
			}
		}
	}
	return out
}

func (s *Set) inOrder(of areaFigures) []string {
	rank := func(code string) int {
		switch {
		case code == England:
			return 0
		case code == s.authority.Region.Code:
			return 1
		case code == s.authority.Code:
			return 2
		case s.areas[code].Type == NeighboursMean:
			return 3
		}
		return 4
	}
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(s.areas[a].Name, s.areas[b].Name), strings.Compare(a, b))
	})
}

// leastNeighbours is how many of the statistical neighbours must have a figure
// before a mean, a median or a rank is made of them.
const leastNeighbours = 6

// NeighboursMean is the unweighted mean of the authority's statistical
// neighbours that have a figure, worked out here; where their figures are not
// held, the mean that came with a release. False where there is neither.
func (s *Set) NeighboursMean(m Measure, p Period) (Figure, bool) {
	values := s.neighbourValues(m, p)
	if len(values) < leastNeighbours {
		f := s.Figure(m, p, MeanCode(s.authority.Code))
		return f, f.HasValue()
	}
	f := Figure{Measure: m.ID, Part: m.Part, Kind: p.Kind, Period: p, Area: Area{MeanCode(s.authority.Code), "Statistical neighbours, mean", NeighboursMean}, Areas: len(values)}
	f.Value = decimal.Avg(values[0], values[1:]...)
	return f, true
}

// NeighboursMedian is the median of the authority's statistical neighbours that
// have a figure, and how many they are; false with fewer than six.
func (s *Set) NeighboursMedian(m Measure, p Period) (value decimal.Decimal, of int, ok bool) {
	values := s.neighbourValues(m, p)
	if len(values) < leastNeighbours {
		return decimal.Decimal{}, len(values), false
	}
	slices.SortFunc(values, decimal.Decimal.Cmp)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle], len(values), true
	}
	return decimal.Avg(values[middle-1], values[middle]), len(values), true
}

func (s *Set) neighbourValues(m Measure, p Period) []decimal.Decimal {
	var values []decimal.Decimal
	for _, n := range s.authority.Neighbours {
		if f := s.Figure(m, p, n.Code); f.HasValue() {
			values = append(values, f.Value)
		}
	}
	return values
}
