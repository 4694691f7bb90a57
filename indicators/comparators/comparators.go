// Package comparators holds what other areas' figures are: published statistics
// of England, regions and authorities, the authority's statistical neighbours,
// and where it stands among them. Figures come in releases: the program carries
// some (the folder shipped), an authority imports others, and an imported figure
// wins over the shipped one for the same measure, area and period. They are
// public and about nobody, so they are there before any record is.
package comparators

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"
)

// ErrNotFound means that there is no such measure or authority, or that the
// viewer may not ask.
var ErrNotFound = errors.New("no such comparator")

// AreaType is what kind of area a figure is of.
type AreaType string

const (
	National       AreaType = "national"
	Region         AreaType = "region"
	LocalAuthority AreaType = "local-authority"
	NeighboursMean AreaType = "neighbours-mean" // the unweighted mean of an authority's statistical neighbours
)

// England is the code of the Office for National Statistics.
const England = "E92000001"

// Area is one place, or the mean of several.
type Area struct {
	Code string // of the Office for National Statistics; MeanCode of an authority for a mean
	Name string
	Type AreaType
}

// MeanCode is the code under which the published or shipped mean of an
// authority's statistical neighbours is kept.
func MeanCode(authority string) string { return "SN-" + authority }

// Measure says what figures are of. Its id is that of an indicator where the
// library defines one.
type Measure struct {
	ID       string
	Part     string // a part of the measure's population: "primary", "17-18"; "" is the whole
	Theme    string
	Title    string // of the part, where there is one: "Primary schools"
	Unit     Unit
	Polarity string // low, high: which is good; none: neither is
	Decimals int32  // as many as are published
}

// Unit is what a figure is counted in.
type Unit string

const (
	Percent    Unit = "percent"
	Count      Unit = "count"
	RatePer10k Unit = "rate-per-10k"
	RatePer100 Unit = "rate-per-100"
	Mean       Unit = "mean"
	Months     Unit = "months"
)

func (u Unit) known() bool {
	switch u {
	case Percent, Count, RatePer10k, RatePer100, Mean, Months:
		return true
	}
	return false
}

// Figure is one published figure: its value, or the flag that says why there is
// none.
type Figure struct {
	Measure, Part string
	Kind          Kind
	Period        Period
	Area          Area
	Value         decimal.Decimal
	Numerator     decimal.NullDecimal
	Denominator   decimal.NullDecimal
	Flag          string // "" exactly when there is a value
	Areas         int    // of a mean: how many areas had a figure; 0: all, or no mean
	Comparison    string // LikeForLike, or how it is not
	Note          string
	Definition    string // the figure's title in its source
	Release       int64
}

// LikeForLike is the comparison of a figure that is defined as the indicator is.
const LikeForLike = "yes"

// HasValue reports whether there is a number.
func (f Figure) HasValue() bool { return f.Area.Code != "" && f.Flag == "" }

// flags are the symbols that stand in published files for a number that is not
// there, as the DfE and the statistics service write them, and what they mean.
var flags = map[string]string{
	"c":   "suppressed by the publisher",
	"x":   "not available",
	"z":   "not applicable",
	"k":   "low: rounds to nothing",
	"low": "low: rounds to nothing",
	"u":   "unreliable",
	"-":   "not published",
}

// spellings are other signs for the same.
var spellings = map[string]string{":": "x", "..": "x", "~": "low", "": "-"}

// FlagMeaning is a flag in words, itself when it is unknown.
func FlagMeaning(flag string) string {
	if words, ok := flags[flag]; ok {
		return words
	}
	return flag
}

// Release is where figures come from.
type Release struct {
	ID          int64
	Shipped     bool
	Publisher   string
	Publication string
	Release     string    // as the publisher names it: "April 2026"
	Published   time.Time // zero: not known
	Licence     string
	Address     string
	File        string
	LoadedAt    time.Time
	LoadedBy    string
	Withdrawn   bool
	Figures     int // rows of it
	hash        string
}

// Break is a period from which a measure's figures cannot be compared with those
// before it.
type Break struct {
	Measure string
	Kind    Kind
	Year    int
	Note    string
}

// Neighbour is one of an authority's statistical neighbours.
type Neighbour struct {
	Area
	Closeness string
}

// Authority is a local authority, the region that it lies in, and its
// statistical neighbours, the closest first.
type Authority struct {
	Area
	Region     Area
	Neighbours []Neighbour
}
