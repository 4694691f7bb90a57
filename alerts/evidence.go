package alerts

import (
	"math"

	"github.com/shopspring/decimal"
)

// interval is where the true value may lie, as far as chance goes: Wilson's
// score interval of a proportion, Byar's approximation of Poisson's of a count
// (Public Health England, Technical guide: confidence intervals). What is neither
// has the value itself for both ends. Sessions of one child are not independent
// of one another, so the interval of a rate of sessions is rather too narrow.
func interval(o Observation, confidence int) (low, high decimal.Decimal) {
	z := quantile(confidence)
	n, d, v := o.Numerator.InexactFloat64(), o.Denominator.InexactFloat64(), o.Value.InexactFloat64()
	if z == 0 || d <= 0 || n < 0 {
		return o.Value, o.Value
	}
	var l, h float64
	switch {
	case o.Counts == Proportion && n <= d:
		scale := 100.0 // the value is a percentage
		p := n / d
		mid, spread := p+z*z/(2*d), z*math.Sqrt(p*(1-p)/d+z*z/(4*d*d))
		l, h = scale*(mid-spread)/(1+z*z/d), scale*(mid+spread)/(1+z*z/d)
	case o.Counts != Measured:
		per := 10000 / d
		if n > 0 {
			per = v / n
			l = n * math.Pow(1-1/(9*n)-z/(3*math.Sqrt(n)), 3)
		}
		m := n + 1
		h = m * math.Pow(1-1/(9*m)+z/(3*math.Sqrt(m)), 3)
		l, h = l*per, h*per
	default:
		return o.Value, o.Value
	}
	return decimal.NewFromFloat(l).Round(6), decimal.NewFromFloat(h).Round(6)
}

// quantile is the normal distribution's for a two-sided interval; 0 for a
// confidence that there is none for.
func quantile(confidence int) float64 {
	return map[int]float64{80: 1.2816, 90: 1.6449, 95: 1.9600, 99: 2.5758}[confidence]
}
