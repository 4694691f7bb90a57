package alerts

import "time"

// Step is the whole decision: from the state of one member and what was seen of
// one period, the next state and what to say. It is pure; docs/alerts.md draws
// it.
//
//	            over, held long enough: say fired
//	┌────────┐ ─────────────────────────────────────► ┌────────┐
//	│ normal │ over  ┌─────────┐ held long enough      │ firing │
//	│        │ ────► │ pending │ ────────────────────► │        │
//	└────────┘ ◄──── └─────────┘   say fired           └────────┘
//	    ▲     not over                          not over │    ▲ over
//	    │                                 and not clear  ▼    │
//	    │           clear: say recovered               ┌────────────┐
//	    └───────────────────────────────────────────── │ recovering │
//	         (from firing as well)                     └────────────┘
//
// no-data and error can follow any state and keep what is open: the next value
// goes on from where it stood, so a gap neither recovers nor fires a second
// time. A period that is incomplete, below the smallest denominator or older
// than the last one judged changes nothing. The same period seen again is
// judged afresh from how things stood before it: the same value says nothing, a
// corrected one may tip it.
//
// What holds for any sequence: two Fired have a Recovered between them, and the
// other way round; seeing the same thing twice says nothing the second time.
func Step(s State, o Observation, now time.Time, r Rule) (State, Say) {
	if s.Condition == "" {
		s.Condition, s.Since = Normal, now
	}
	switch {
	case o.Seen == SeenError:
		return s.blind(Failed, now, ""), SayError
	case s.Period != "" && o.Period.First.Before(s.PeriodFirst):
		return s, SayOlder
	case o.Seen == SeenIncomplete:
		return s, SayIncomplete
	case o.Seen == SeenNothing:
		return s.blind(NoData, now, o.Period.ID), SayNoData
	case o.Denominator.LessThan(r.MinDenominator):
		return s, SayTooFew
	}

	over, wasRun := r.over(o.Value), s.Open || s.Held > 0
	if o.Period.ID != s.Period {
		s.HeldBefore = s.Held
	}
	s.Held = 0
	if over {
		s.Held = min(s.HeldBefore+1, r.hold())
	}
	s.Period, s.PeriodFirst = o.Period.ID, o.Period.First
	s.Value, s.Numerator, s.Denominator = o.Value, o.Numerator, o.Denominator

	was := s.Condition
	say := SayWithin
	switch {
	case s.Open && over:
		s.Condition, say = Firing, SayStillOver
	case s.Open && !r.clear(o.Value):
		s.Condition, say = Recovering, SayBetween
	case s.Open:
		s.Condition, s.Open, say = Normal, false, Recovered
	case over && s.Held >= r.hold():
		s.Condition, s.Open, say = Firing, true, Fired
		s.Episode++
	case over:
		s.Condition, say = Pending, SayPending
	default:
		s.Condition = Normal
	}
	if isRun := s.Open || s.Held > 0; isRun != wasRun || !isRun && was != Normal {
		s.Since, s.SincePeriod = now, o.Period.ID
	}
	return s, say
}

// blind is the state when nothing can be seen. What is open or pending stays
// so, and since when.
func (s State) blind(c Condition, now time.Time, period string) State {
	if s.Condition != c && !s.Open && s.Held == 0 {
		s.Since, s.SincePeriod = now, period
	}
	s.Condition = c
	return s
}
