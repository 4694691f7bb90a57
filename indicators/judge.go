package indicators

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Values are computed to this many places and rounded only to be shown.
const places = 6

var hundred, tenThousand = decimal.NewFromInt(100), decimal.NewFromInt(10_000)

// value of a cell in its unit; false where there is none.
func (c cell) value(u Unit) (decimal.Decimal, bool) {
	if !c.has {
		return decimal.Decimal{}, false
	}
	if u == Count {
		return c.numerator, true
	}
	if !c.denominator.IsPositive() {
		return decimal.Decimal{}, false
	}
	scale := decimal.NewFromInt(1)
	switch u {
	case Percent, RatePer100:
		scale = hundred
	case RatePer10k:
		scale = tenThousand
	}
	return c.numerator.Mul(scale).DivRound(c.denominator, places), true
}

// valueText is a value as shown.
func valueText(d Definition, v decimal.Decimal) string {
	s := Number(v, d.Decimals)
	if d.Unit == Percent {
		return s + "%"
	}
	return s
}

// enough reports whether so much of what the period needs has been received that
// it may be judged, and if not, why not.
func (c cell) enough(d Definition, today time.Time) (bool, string) {
	rule := completenessRules[d.Complete.Rule]
	switch {
	case c.completeFrom.IsZero():
		return false, "not enough has been recorded for it yet"
	case today.Before(c.completeFrom):
		return false, "the period has not ended"
	case c.short != "":
		return false, c.short
	case rule.what == "":
		return true, ""
	case c.expected == 0:
		return false, rule.nothing
	case c.received*100 < c.expected*int64(d.Complete.Share):
		return false, fmt.Sprintf("%d%% of the %s expected have been received", c.received*100/c.expected, rule.what)
	}
	return true, ""
}

func (c cell) completeness(d Definition, today time.Time) Completeness {
	enough, _ := c.enough(d, today)
	what := completenessRules[d.Complete.Rule].what
	out := Completeness{Counted: what != "", What: what, Enough: enough}
	if out.Counted {
		out.Received, out.Expected = c.received, c.expected
	}
	return out
}

// figure is the cell as it is, for who may see it exactly or where it hides
// nothing.
func (c cell) figure(d Definition, p Period, today time.Time) Figure {
	f := Figure{Period: p, Text: "no data"}
	v, ok := c.value(d.Unit)
	if !ok {
		return f
	}
	f.Numerator, f.Denominator, f.Value, f.Text = c.numerator, c.denominator, v, valueText(d, v)
	f.State = Known
	if ok, why := c.enough(d, today); !ok {
		f.State, f.Note = Incomplete, why
	}
	return f
}

// suppressed is a figure of which nothing is shown but its period.
func suppressed(p Period, text, note string) Figure {
	return Figure{Period: p, State: Suppressed, Text: text, Note: note}
}

func judge(d Definition, f Figure, t *Target) Status {
	switch {
	case f.State != Known:
		return StatusNotJudged
	case t == nil || d.Polarity == NoPolarity:
		return StatusNoTarget
	}
	beyond := f.Value.Sub(t.Value) // how far on the wrong side
	if d.Polarity == HighIsGood {
		beyond = beyond.Neg()
	}
	switch {
	case !beyond.IsPositive():
		return StatusOnTarget
	case beyond.LessThanOrEqual(t.Tolerance), d.Cohort && d.Unit == Percent && beyond.Mul(f.Denominator).LessThanOrEqual(hundred):
		return StatusAtRisk // within the tolerance, or five children are not red for one of them
	}
	return StatusOffTarget
}

// change from one figure to another, known when both are judged and span alike:
// part of a year is not compared with a whole one. Better or worse it is when it is more
// than noise, as far as the figures before tell. What moved is what is shown: a figure
// that is written the same has not.
func change(d Definition, earlier []Figure, from, to Figure, today time.Time) Change {
	if from.State != Known || to.State != Known || (to.Period.grows() && !today.After(to.Period.Last)) {
		return Change{}
	}
	move := HalfUp(to.Value, d.Decimals).Sub(HalfUp(from.Value, d.Decimals))
	c := Change{Known: true, By: move.Abs()}
	if c.By.IsZero() {
		c.Text = "no change"
		return c
	}
	c.Direction = Up
	if move.IsNegative() {
		c.Direction = Down
	}
	doubt := doubt(d, past(earlier), from, to)
	switch {
	case d.Polarity == NoPolarity:
	case doubt != "":
		c.Doubt = doubt
	case (d.Polarity == LowIsGood) == (c.Direction == Down):
		c.Judgement = Better
	default:
		c.Judgement = Worse
	}
	c.Text = c.Direction.String() + " " + Number(c.By, d.Decimals) + points(d, c.By)
	return c
}

// weigh completes an answer whose figures, target and series are there: what moved, how
// it stands, and what chance may have done. earlier are the figures before the current one, the oldest
// first; at gives the figure of a period's id.
func (a *Answer) weigh(earlier []Figure, at func(id string) (Figure, bool), today time.Time) {
	d := a.definition
	a.change = change(d, earlier, a.previous, a.current, today)
	a.status = judge(d, a.current, a.target)
	a.tooFew = tooFew(d, a.current, a.status, a.target)
	for _, f := range a.series {
		before := Figure{Text: "no data"}
		if id := f.Period.yearBefore(); id != "" {
			if there, ok := at(id); ok {
				before = there
			}
		}
		if f.Period.ID == a.current.Period.ID {
			a.onYear = change(d, earlier, before, a.current, today)
		}
		a.yearBefore = append(a.yearBefore, before)
	}
	if l, ok := interval(d, a.current); ok {
		a.interval = &l
	}
	if l, _, ok := usual(d, past(earlier)); ok {
		a.usual = &l
	}
	a.current = apart(d, a.current, a.status, a.target)
}

// points is what a difference is measured in, after the number.
func points(d Definition, by decimal.Decimal) string {
	one := by.Equal(decimal.NewFromInt(1)) && d.Decimals == 0
	switch d.Unit {
	case Percent:
		if one {
			return " percentage point"
		}
		return " percentage points"
	case Mean:
		if one {
			return " point"
		}
		return " points"
	case Days:
		if one {
			return " day"
		}
		return " days"
	}
	return ""
}

// cohort is who a figure is about. One child is worth one part of the
// denominator: in a mean, what one point of one child moves it by.
func cohort(d Definition, c cell, f Figure) *Cohort {
	if !d.Cohort || !f.HasNumber() || c.children == 0 {
		return nil
	}
	out := &Cohort{Children: c.children}
	children := "children"
	if c.children == 1 {
		children = "child"
	}
	out.Text = fmt.Sprintf("%s %s", Number(decimal.NewFromInt(c.children), 0), children)
	if d.Unit == Percent {
		out.OneChild = hundred.DivRound(decimal.NewFromInt(c.children), places)
		out.Text += ": one child is worth " + Number(out.OneChild, d.Decimals) + points(d, HalfUp(out.OneChild, d.Decimals))
	}
	if d.Unit == Mean {
		ten := decimal.NewFromInt(10)
		out.OneChild = decimal.NewFromInt(1).DivRound(decimal.NewFromInt(c.children), places)
		out.Text += ": 10 points more for one child raise it by " + Number(out.OneChild.Mul(ten), d.Decimals)
	}
	return out
}
