package indicators

import (
	"math"

	"github.com/shopspring/decimal"
)

// What chance does to a figure. A move is called better or worse only when it is more
// than noise: outside the limits that the figure's own past sets, or, where it has too
// short a past, with intervals that do not meet. Off target is said whatever chance did.

// confidence of the intervals that pages show, in per cent.
const confidence = 95

// Limits are two values, in the unit of a figure.
type Limits struct {
	Low, High decimal.Decimal
	Text      string // "1.2% to 2.4%"
}

func limitsOf(d Definition, low, high decimal.Decimal) Limits {
	return Limits{low, high, valueText(d, low) + " to " + valueText(d, high)}
}

func (l Limits) hold(v decimal.Decimal) bool {
	return !v.LessThan(l.Low) && !v.GreaterThan(l.High)
}

// quantiles of the normal distribution, two-sided, by confidence in per cent.
var quantiles = map[int]float64{80: 1.2816, 90: 1.6449, 95: 1.9600, 99: 2.5758}

// HasInterval reports whether there are intervals of that confidence.
func HasInterval(confidence int) bool { return quantiles[confidence] > 0 }

// Interval is where the true value may lie, as far as chance goes: Wilson's score
// interval of a proportion, Byar's approximation of Poisson's of a count (Public Health
// England, Technical guide: confidence intervals). What is neither has the value itself
// for both ends. Sessions of one child are not independent of one another, so the
// interval of a rate of sessions is rather too narrow. The confidence is one of 80, 90,
// 95 and 99 per cent.
func Interval(u Unit, numerator, denominator, value decimal.Decimal, confidence int) (low, high decimal.Decimal) {
	z := quantiles[confidence]
	n, d := numerator.InexactFloat64(), denominator.InexactFloat64()
	per := map[Unit]float64{Percent: 100, RatePer100: 100, RatePer10k: 10_000}[u] / d // what one of the numerator is worth
	if u == Count {
		per = 1
	}
	if z == 0 || n < 0 || !(per > 0) || math.IsInf(per, 0) {
		return value, value
	}
	var l, h float64
	if u == Percent && n <= d {
		p := n / d
		mid, spread := p+z*z/(2*d), z*math.Sqrt(p*(1-p)/d+z*z/(4*d*d))
		l, h = 100*(mid-spread)/(1+z*z/d), 100*(mid+spread)/(1+z*z/d)
	} else {
		if n > 0 {
			l = per * n * math.Pow(1-1/(9*n)-z/(3*math.Sqrt(n)), 3)
		}
		m := n + 1
		h = per * m * math.Pow(1-1/(9*m)+z/(3*math.Sqrt(m)), 3)
	}
	return decimal.NewFromFloat(l).Round(places), decimal.NewFromFloat(h).Round(places)
}

// interval of a figure; false where none is known.
func interval(d Definition, f Figure) (Limits, bool) {
	if !f.HasNumber() {
		return Limits{}, false
	}
	low, high := Interval(d.Unit, f.Numerator, f.Denominator, f.Value, confidence)
	return limitsOf(d, low, high), low.LessThan(high)
}

// A process behaviour chart (XmR) wants a past of this many figures; of a longer one the
// newest are taken.
const shortestPast, longestPast = 8, 24

// past are the judged figures among those, the newest that are taken, oldest first.
func past(figures []Figure) []Figure {
	var out []Figure
	for _, f := range figures {
		if f.State == Known {
			out = append(out, f)
		}
	}
	return out[max(0, len(out)-longestPast):]
}

// usual are the natural process limits of a figure with that past, and the largest move
// from one figure to the next that is usual: Wheeler's XmR chart, 2.66 and 3.27 times
// the mean moving range. false where the past is too short.
func usual(d Definition, past []Figure) (l Limits, move decimal.Decimal, ok bool) {
	if len(past) < shortestPast {
		return Limits{}, move, false
	}
	sum, ranges := past[0].Value, decimal.Decimal{}
	for i, f := range past[1:] {
		sum = sum.Add(f.Value)
		ranges = ranges.Add(f.Value.Sub(past[i].Value).Abs())
	}
	mean := sum.DivRound(decimal.NewFromInt(int64(len(past))), places)
	ranges = ranges.DivRound(decimal.NewFromInt(int64(len(past)-1)), places)
	spread := ranges.Mul(decimal.RequireFromString("2.66"))
	low := mean.Sub(spread)
	if low.IsNegative() && !sum.IsNegative() && d.Unit != Mean {
		low = decimal.Decimal{} // there are no fewer than none
	}
	return limitsOf(d, low, mean.Add(spread)), ranges.Mul(decimal.RequireFromString("3.27")), true
}

// doubt says why a move from one figure to another is not called better or worse; "" where
// it is more than noise.
func doubt(d Definition, past []Figure, from, to Figure) string {
	if limits, move, ok := usual(d, past); ok {
		if limits.hold(to.Value) && !to.Value.Sub(from.Value).Abs().GreaterThan(move) {
			return "no more than it usually varies"
		}
		return ""
	}
	before, ok := interval(d, from)
	now, ok2 := interval(d, to)
	switch {
	case !ok || !ok2:
		return "too few earlier figures to judge the change"
	case !before.Low.GreaterThan(now.High) && !now.Low.GreaterThan(before.High):
		return "too few to judge the change"
	}
	return ""
}

// tooFew reports whether a figure that is on the wrong side of its target may be there by
// chance.
func tooFew(d Definition, f Figure, s Status, t *Target) bool {
	if t == nil || s != StatusOffTarget && s != StatusAtRisk {
		return false
	}
	l, ok := interval(d, f)
	return ok && l.hold(t.Value)
}

// apart writes a figure with as many places as tell it from the target that it misses: "3.0%,
// target 3.0%, off target" would be believed by nobody.
func apart(d Definition, f Figure, s Status, t *Target) Figure {
	if t == nil || s != StatusOffTarget && s != StatusAtRisk {
		return f
	}
	more := d
	for more.Decimals < places && HalfUp(f.Value, more.Decimals).Equal(HalfUp(t.Value, more.Decimals)) {
		more.Decimals++
	}
	if more.Decimals > d.Decimals {
		f.Text = valueText(more, f.Value)
	}
	return f
}
