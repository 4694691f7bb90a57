package county

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// chance is the source of randomness for one purpose: the same seed, purpose
// and number always give the same sequence, whatever else is generated. A new
// part with a purpose of its own therefore changes no other part.
func chance(seed uint64, purpose string, number int64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose)) // never fails (hash.Hash)
	return rand.New(rand.NewPCG(seed^h.Sum64(), uint64(number)*0x9e3779b97f4a7c15+seed))
}

// weighted is one thing that may be chosen, and how often against the others.
type weighted[T any] struct {
	value  T
	weight float64
}

// choose picks one of the choices by weight.
func choose[T any](r *rand.Rand, choices []weighted[T]) T {
	total := 0.0
	for _, c := range choices {
		total += c.weight
	}
	u := r.Float64() * total
	for _, c := range choices {
		if u -= c.weight; u < 0 {
			return c.value
		}
	}
	return choices[len(choices)-1].value
}

// draw picks n different items by weight, without replacement (Efraimidis and
// Spirakis: the n smallest of exponential keys). Fewer items than n: all.
// Items of weight 0 are never picked.
func draw[T any](r *rand.Rand, n int, items []T, weight func(T) float64) []T {
	type keyed struct {
		item T
		key  float64
	}
	var keys []keyed
	for _, item := range items {
		if w := weight(item); w > 0 {
			keys = append(keys, keyed{item, r.ExpFloat64() / w})
		}
	}
	slices.SortStableFunc(keys, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	if n > len(keys) {
		n = len(keys)
	}
	picked := make([]T, n)
	for i := range picked {
		picked[i] = keys[i].item
	}
	return picked
}

// among is a random whole number from low to high, both included.
func among(r *rand.Rand, low, high int) int {
	if high <= low {
		return low
	}
	return low + r.IntN(high-low+1)
}

// lognormal has mean 1 and the given spread of its logarithm: most below, a
// few far above, as absence and need are.
func lognormal(r *rand.Rand, spread float64) float64 {
	return math.Exp(spread*r.NormFloat64() - spread*spread/2)
}

// about rounds x up or down at random, so that small expected counts keep
// their mean.
func about(r *rand.Rand, x float64) int {
	n := math.Floor(x)
	if r.Float64() < x-n {
		n++
	}
	return int(n)
}
