package alerts

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
)

// figures gives what a rule watches, as one viewer may see it.
type figures interface {
	// of gives as many periods as an evaluation looks at, last that many.
	of(ctx context.Context, v access.Viewer, r Rule) (report, error)
	last(ctx context.Context, v access.Viewer, r Rule, n int) (report, error)
}

// report is what an indicator says about a rule's members, taken from an
// answer: every figure in it is as the viewer who asked may see it.
type report struct {
	indicators.Definition
	AsAt        time.Time
	Comparators []indicators.Comparator // for the whole
	Whole       []indicators.Figure     // oldest first
	Members     []subject               // one with ID "" for a rule about the whole
}

type subject struct {
	ID, Name string
	Series   []indicators.Figure // oldest first
}

// periods is how far back a rule looks: enough for what it holds for, and for
// what a letter shows.
const periods = 13

// asked takes reports from the engine's answers.
type asked struct{ engine Engine }

func (e asked) of(ctx context.Context, v access.Viewer, r Rule) (report, error) {
	return e.last(ctx, v, r, max(periods, r.pendingFor()+1))
}

func (e asked) last(ctx context.Context, v access.Viewer, r Rule, n int) (report, error) {
	answer, err := e.engine.Ask(ctx, v, indicators.Question{Indicator: r.Indicator, Period: r.Period, Breakdown: r.Breakdown, Last: n})
	if err != nil {
		return report{}, err
	}
	rep := report{Definition: answer.Definition(), AsAt: answer.AsAt(), Comparators: answer.Comparators(), Whole: answer.Series()}
	if r.Breakdown == "" {
		rep.Members = []subject{{Series: rep.Whole}}
		return rep, nil
	}
	for _, m := range answer.Members() {
		if m.ID == "" { // marks of no known school: nobody answers for them
			continue
		}
		rep.Members = append(rep.Members, subject{ID: m.ID, Name: m.Name, Series: m.Series})
	}
	return rep, nil
}

func (r report) member(id string) (subject, bool) {
	for _, m := range r.Members {
		if m.ID == id {
			return m, true
		}
	}
	return subject{}, false
}

// shown writes a value or a threshold as the indicator's figures are written,
// with as many more places as it has.
func (r report) shown(v decimal.Decimal) string {
	places := max(r.Decimals, -v.Exponent())
	if v.Equal(indicators.HalfUp(v, r.Decimals)) {
		places = r.Decimals
	}
	return r.withPlaces(v, places)
}

// apart writes a value with as many places as tell it from the limit.
func (r report) apart(v, limit decimal.Decimal) string {
	places := r.Decimals
	for !v.Equal(limit) && places < 6 && indicators.HalfUp(v, places).Equal(indicators.HalfUp(limit, places)) {
		places++
	}
	return r.withPlaces(v, places)
}

func (r report) withPlaces(v decimal.Decimal, places int32) string {
	s := indicators.Number(v, places)
	if r.Unit == indicators.Percent {
		s += "%"
	}
	return s
}

// observations are what the rule sees of a member, oldest first: of periods
// that are over or judged (a week is once its last school day has passed), from
// the one judged last. A period for which nobody has a figure (a
// week of holiday) is no observation at all.
func (r report) observations(m subject, rule Rule, s State, now time.Time) []Observation {
	anybody := map[string]bool{}
	for _, f := range r.Whole {
		anybody[f.Period.ID] = f.HasNumber()
	}
	var seen []Observation
	for _, f := range m.Series {
		if f.State != indicators.Known && !f.Period.Ended(now) || s.Period != "" && f.Period.First.Before(s.PeriodFirst) {
			continue
		}
		o := Observation{Period: f.Period, AsAt: r.AsAt, Unit: r.Unit, Numerator: f.Numerator, Denominator: f.Denominator, Value: f.Value}
		switch f.State {
		case indicators.Known:
			o.Seen = SeenValue
		case indicators.Incomplete:
			o.Seen = SeenIncomplete
		default:
			if rule.Breakdown != "" && !anybody[f.Period.ID] {
				continue
			}
		}
		seen = append(seen, o)
	}
	return seen
}
