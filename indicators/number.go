package indicators

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Number writes a number as English readers expect it, 1,204.5, rounded half
// up to places; places below zero means as many as it has.
func Number(d decimal.Decimal, places int32) string {
	var s string
	if places < 0 {
		s = d.String()
	} else {
		s = HalfUp(d, places).StringFixed(places)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, has := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		return sign + whole + "." + fraction
	}
	return sign + whole
}

// HalfUp rounds to places, a half going up (towards positive infinity): 2.45 to
// 2.5, and -2.45 to -2.4.
func HalfUp(d decimal.Decimal, places int32) decimal.Decimal {
	half := decimal.New(5, -places-1)
	return d.Add(half).RoundFloor(places)
}
