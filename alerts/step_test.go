package alerts

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"onevision/indicators"
)

var t0 = time.Date(2026, 11, 16, 6, 15, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func weekOf(i int) indicators.Period {
	day := time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*i)
	p, _ := indicators.PeriodOf(indicators.Week, day, day, nil)
	return p
}

func value(week int, v string) Observation {
	return Observation{Period: weekOf(week), Seen: SeenValue, Value: dec(v), Numerator: dec(v).Shift(1), Denominator: dec("1000")}
}

func seen(week int, s Seen) Observation { return Observation{Period: weekOf(week), Seen: s} }

func TestStep(t *testing.T) {
	t.Parallel()
	plain := Rule{Operator: Above, Threshold: dec("3")}
	band := Rule{Operator: Above, Threshold: dec("3"), Clear: decimal.NewNullDecimal(dec("2.5"))}
	three := Rule{Operator: Above, Threshold: dec("3"), PendingFor: 3}
	few := Rule{Operator: Above, Threshold: dec("3"), MinDenominator: dec("1001")}
	type step struct {
		o    Observation
		say  Say
		cond Condition
	}
	for name, c := range map[string]struct {
		rule  Rule
		steps []step
	}{
		"fires once and recovers once": {plain, []step{
			{value(1, "2.9"), SayWithin, Normal}, {value(2, "3.1"), Fired, Firing}, {value(3, "3.2"), SayStillOver, Firing},
			{value(4, "3.0"), Recovered, Normal}, {value(5, "2"), SayWithin, Normal}}},
		"above is not at the threshold": {plain, []step{{value(1, "3"), SayWithin, Normal}, {value(1, "3.000001"), Fired, Firing}}},
		"at least is at the threshold": {Rule{Operator: AtLeast, Threshold: dec("3")}, []step{
			{value(1, "2.999999"), SayWithin, Normal}, {value(1, "3.00"), Fired, Firing}, {value(2, "2.999999"), Recovered, Normal}}},
		"below is not at the threshold": {Rule{Operator: Below, Threshold: dec("40")}, []step{
			{value(1, "40"), SayWithin, Normal}, {value(2, "39.9"), Fired, Firing}, {value(3, "40"), Recovered, Normal}}},
		"at most is at the threshold": {Rule{Operator: AtMost, Threshold: dec("40")}, []step{
			{value(1, "40.1"), SayWithin, Normal}, {value(2, "40"), Fired, Firing}, {value(3, "40.1"), Recovered, Normal}}},
		"between clear threshold and threshold nothing is told": {band, []step{
			{value(1, "2.8"), SayWithin, Normal}, {value(2, "3.1"), Fired, Firing}, {value(3, "2.8"), SayBetween, Recovering},
			{value(4, "3.1"), SayStillOver, Firing}, {value(5, "2.6"), SayBetween, Recovering}, {value(6, "2.5"), Recovered, Normal}}},
		"it holds for three periods in a row": {three, []step{
			{value(1, "4"), SayPending, Pending}, {value(1, "4"), SayPending, Pending}, {value(1, "4"), SayPending, Pending},
			{value(2, "4"), SayPending, Pending}, {value(3, "2"), SayWithin, Normal}, {value(4, "4"), SayPending, Pending},
			{value(5, "4"), SayPending, Pending}, {value(6, "4"), Fired, Firing}, {value(7, "4"), SayStillOver, Firing}}},
		"a late mark tips the same period, once": {plain, []step{
			{value(1, "3.0"), SayWithin, Normal}, {value(1, "3.1"), Fired, Firing}, {value(1, "3.1"), SayStillOver, Firing}}},
		"a correction takes it back": {plain, []step{
			{value(1, "3.1"), Fired, Firing}, {value(1, "2.9"), Recovered, Normal}, {value(1, "2.9"), SayWithin, Normal}, {value(1, "3.1"), Fired, Firing}}},
		"a correction of the last of three": {three, []step{
			{value(1, "4"), SayPending, Pending}, {value(2, "4"), SayPending, Pending}, {value(3, "2"), SayWithin, Normal}, {value(3, "4"), Fired, Firing}}},
		"incomplete is not evaluated": {plain, []step{
			{value(1, "3.1"), Fired, Firing}, {seen(2, SeenIncomplete), SayIncomplete, Firing}, {value(2, "3.2"), SayStillOver, Firing}}},
		"no data is a state, not a pass": {plain, []step{
			{value(1, "3.1"), Fired, Firing}, {seen(2, SeenNothing), SayNoData, NoData}, {value(2, "3.3"), SayStillOver, Firing},
			{seen(3, SeenNothing), SayNoData, NoData}, {value(4, "1"), Recovered, Normal}}},
		"no data does not interrupt what is pending": {Rule{Operator: Above, Threshold: dec("3"), PendingFor: 2}, []step{
			{value(1, "4"), SayPending, Pending}, {seen(2, SeenNothing), SayNoData, NoData}, {value(3, "4"), Fired, Firing}}},
		"an error keeps what is open": {plain, []step{
			{value(1, "3.1"), Fired, Firing}, {Observation{Seen: SeenError}, SayError, Failed}, {value(1, "3.1"), SayStillOver, Firing}}},
		"too few to judge": {few, []step{{value(1, "9"), SayTooFew, Normal}}},
		"an older period changes nothing": {plain, []step{
			{value(5, "2"), SayWithin, Normal}, {value(4, "9"), SayOlder, Normal}, {value(6, "3.5"), Fired, Firing}}},
	} {
		t.Run(name, func(t *testing.T) {
			var s State
			for i, st := range c.steps {
				var say Say
				if s, say = Step(s, st.o, t0.Add(time.Duration(i)*time.Hour), c.rule); say != st.say || s.Condition != st.cond {
					t.Fatalf("step %d: says %s and is %s, want %s and %s", i+1, say, s.Condition, st.say, st.cond)
				}
			}
		})
	}
}

func TestSinceIsTheFirstPeriodOver(t *testing.T) {
	t.Parallel()
	r := Rule{Operator: Above, Threshold: dec("3"), Clear: decimal.NewNullDecimal(dec("2")), PendingFor: 2}
	var s State
	for i, v := range []string{"1", "4", "5", "2.5", "4"} {
		s, _ = Step(s, value(i, v), t0.Add(time.Duration(i)*time.Hour), r)
	}
	if s.SincePeriod != weekOf(1).ID || !s.Since.Equal(t0.Add(time.Hour)) || s.Condition != Firing || s.Episode != 1 {
		t.Errorf("firing since %s (%s), want the first week over", s.SincePeriod, s.Since)
	}
	s, _ = Step(s, value(5, "2"), t0.Add(9*time.Hour), r)
	if s.SincePeriod != weekOf(5).ID || s.Open {
		t.Errorf("normal since %s", s.SincePeriod)
	}
}

func drawRule(t *rapid.T) Rule {
	r := Rule{Operator: rapid.SampledFrom([]Operator{Above, AtLeast, Below, AtMost}).Draw(t, "operator"),
		Threshold: decimal.New(int64(rapid.IntRange(0, 6).Draw(t, "threshold")), 0), PendingFor: rapid.IntRange(0, 4).Draw(t, "hold"),
		MinDenominator: decimal.New(int64(rapid.IntRange(0, 2).Draw(t, "min")), 0)}
	if rapid.Bool().Draw(t, "clears apart") {
		apart := decimal.New(int64(rapid.IntRange(0, 3).Draw(t, "apart")), 0)
		if r.Operator == Above || r.Operator == AtLeast {
			apart = apart.Neg()
		}
		r.Clear = decimal.NewNullDecimal(r.Threshold.Add(apart))
	}
	return r
}

func drawObservation(t *rapid.T) Observation {
	return Observation{Period: weekOf(rapid.IntRange(0, 8).Draw(t, "week")), Seen: rapid.SampledFrom([]Seen{SeenValue, SeenValue, SeenValue, SeenNothing, SeenIncomplete, SeenError}).Draw(t, "seen"),
		Value: decimal.New(int64(rapid.IntRange(0, 6).Draw(t, "value")), 0), Denominator: decimal.New(int64(rapid.IntRange(0, 3).Draw(t, "denominator")), 0)}
}

// Whatever is seen, in whatever order, corrected however often.
func TestStepProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule(t)
		if r.Name, r.Indicator, r.Period = "r", "i", indicators.Week; r.check() != nil {
			t.Fatalf("a rule of the test is refused: %v", r.check())
		}
		var s State
		told := Recovered
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			o := drawObservation(t)
			before := s
			after, say := Step(s, o, t0, r)
			if say == Fired || say == Recovered {
				if say == told {
					t.Fatalf("%s twice with nothing between", say)
				}
				told = say
			}
			if after.Open != (told == Fired) {
				t.Fatalf("open is %v after %s", after.Open, told)
			}
			if again, said := Step(after, o, t0, r); said.Tell() || !(kept{State: again}).equal(kept{State: after}) {
				t.Fatalf("seeing the same thing again says %s and changes %+v to %+v", said, after, again)
			}
			if say == Fired && (!r.over(o.Value) || o.Seen != SeenValue || after.Episode != before.Episode+1) {
				t.Fatalf("fired on %+v", o)
			}
			if say == Recovered && (r.over(o.Value) || !r.clear(o.Value) || o.Seen != SeenValue) {
				t.Fatalf("recovered on %+v", o)
			}
			switch say {
			case SayIncomplete, SayTooFew, SayOlder:
				before.Unjudged = after.Unjudged
				if before.Condition != "" && !(kept{State: before}).equal(kept{State: after}) {
					t.Fatalf("%s changed the state", say)
				}
			}
			s = after
		}
	})
}

// At the threshold itself each operator says exactly what its sign says.
func TestBoundaries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		th := decimal.New(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "threshold"), -int32(rapid.IntRange(0, 6).Draw(t, "places")))
		tiny := decimal.New(1, -6)
		for op, want := range map[Operator][3]bool{Above: {false, false, true}, AtLeast: {false, true, true}, Below: {true, false, false}, AtMost: {true, true, false}} {
			r := Rule{Operator: op, Threshold: th}
			for i, v := range []decimal.Decimal{th.Sub(tiny), th, th.Add(tiny)} {
				if r.over(v) != want[i] || r.clear(v) == want[i] {
					t.Fatalf("%s %s %s is %v", v, op, th, r.over(v))
				}
			}
		}
	})
}
