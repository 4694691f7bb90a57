package alerts

import "time"

// Step is the whole decision: from the state of one member and what was seen of
// one period, the next state and what to say. It is pure; docs/alerts.md draws
// it.
//
//	            over, stood long enough: say fired
//	┌────────┐ ─────────────────────────────────────► ┌────────┐ ──┐ worse by as much as
//	│ normal │ over  ┌─────────┐ stood long enough     │ firing │   │ the rule says:
//	│        │ ────► │ pending │ ────────────────────► │        │ ◄─┘ say worse
//	└────────┘ ◄──── └─────────┘   say fired           └────────┘
//	    ▲     not over                          not over │    ▲ over
//	    │                                 and not clear  ▼    │
//	    │      clear, stood long enough: say         ┌────────────┐
//	    └─────────────── recovered ───────────────── │ recovering │
//	         (from firing as well)                   └────────────┘
//
// Long enough is as many periods as the rule wants, and, for every change, the
// settle time by the clock of the data: a figure that was only true between two
// corrections is told to nobody.
//
// no-data and error can follow any state and keep what is open: the next value
// goes on from where it stood, so a gap neither recovers nor fires a second
// time. A period that is incomplete, below the smallest denominator or older
// than the last one judged changes nothing but that it is noted as not judged. The
// same period seen again is judged afresh from how things stood before it: the
// same value says nothing, a corrected one may tip it.
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
		s.Unjudged = o.Period.ID
		return s, SayIncomplete
	case o.Seen == SeenNothing:
		s.Unjudged = o.Period.ID
		return s.blind(NoData, now, o.Period.ID), SayNoData
	case o.Denominator.LessThan(r.MinDenominator):
		return s, SayTooFew
	}
	over, wasRun := r.overSurely(o), s.Open || s.Held > 0
	if o.Period.ID != s.Period {
		s.HeldBefore = s.Held
	}
	s.Held = 0
	if over {
		s.Held = min(s.HeldBefore+1, r.pendingFor())
	}
	s.Period, s.PeriodFirst, s.Unjudged = o.Period.ID, o.Period.First, ""
	s.Value, s.Numerator, s.Denominator = o.Value, o.Numerator, o.Denominator

	was := s.Condition
	say := s.turn(s.wants(o, over, r), o, r)
	switch say {
	case Fired:
		s.Condition, s.Open, s.Told = Firing, true, o.Value
		s.Episode++
	case Worse:
		s.Condition, s.Told = Firing, o.Value
	case Recovered:
		s.Condition, s.Open = Normal, false
	default:
		s.Condition, say = s.quiet(over, say, r.over(o.Value))
	}
	if isRun := s.Open || s.Held > 0; isRun != wasRun || !isRun && was != Normal {
		s.Since, s.SincePeriod = now, o.Period.ID
	}
	return s, say
}

// wants is what the value would say if it had stood for long enough, "" where
// that is what the state says already. What has stood over stays open until it is
// clear, whatever its interval.
func (s State) wants(o Observation, over bool, r Rule) Say {
	switch {
	case s.Open && r.clear(o.Value):
		return Recovered
	case s.Open && over && r.worse(s.Told, o.Value):
		return Worse
	case !s.Open && over && s.Held >= r.pendingFor():
		return Fired
	}
	return ""
}

// turn is what wants says once it has stood for the settle time; SaySettling
// until then.
func (s *State) turn(wants Say, o Observation, r Rule) Say {
	if wants != s.TurnedTo {
		s.TurnedTo, s.TurnedAt = wants, o.AsAt
	}
	switch {
	case wants == "":
		s.TurnedAt = time.Time{}
		return ""
	case o.AsAt.Sub(s.TurnedAt) < r.settle:
		return SaySettling
	}
	s.TurnedTo, s.TurnedAt = "", time.Time{}
	return wants
}

// quiet is the condition when nobody is told, and why they are not.
func (s State) quiet(surely bool, say Say, over bool) (Condition, Say) {
	settling := say == SaySettling
	pick := func(c Condition, why Say) (Condition, Say) {
		if settling {
			why = SaySettling
		}
		return c, why
	}
	switch {
	case s.Open && over:
		return pick(Firing, SayStillOver)
	case s.Open:
		return pick(Recovering, SayBetween)
	case surely:
		return pick(Pending, SayPending)
	}
	return Normal, SayWithin
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
