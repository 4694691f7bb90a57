package alerts

import (
	"time"

	"github.com/shopspring/decimal"

	"onevision/indicators"
)

// Condition names the state of one member under one rule.
type Condition string

const (
	Normal     Condition = "normal"
	Pending    Condition = "pending"    // over, but not yet for as many periods, or not for as long, as the rule wants
	Firing     Condition = "firing"     // over, and opened
	Recovering Condition = "recovering" // open; no longer over, and not yet back at the clear threshold, or not for long enough
	NoData     Condition = "no-data"    // nothing was recorded: never a pass
	Failed     Condition = "error"      // the indicator could not be asked
)

// State is what is remembered of one member under one rule. The zero State is
// that of a member never seen before.
type State struct {
	Condition Condition
	// Open says that an alert is open. It stays open while there is no data, or an
	// error.
	Open    bool
	Episode int64 // counts up each time it fires
	// Since is when, and SincePeriod the period in which, the run that the state
	// is part of began: the first period over, until it has recovered.
	Since       time.Time
	SincePeriod string

	Period      string    // id of the last period judged, "" if none
	PeriodFirst time.Time // its first day
	Value       decimal.Decimal
	Numerator   decimal.Decimal
	Denominator decimal.Decimal
	Held        int // periods in a row that were over, this one included, up to what the rule wants
	HeldBefore  int // the same before this period, so that a corrected value counts once

	// TurnedTo is what the value says otherwise than the state, and TurnedAt the
	// data since which it does: it is told once it has stood for the settle time.
	TurnedTo Say
	TurnedAt time.Time

	Told     decimal.Decimal // the figure that an open alert was last told with
	Unjudged string          // the newest period that had ended and was not judged; "" once it is
}

// Observation is what was seen of one member for one completed period.
type Observation struct {
	Period      indicators.Period
	Seen        Seen
	AsAt        time.Time // of the data
	Numerator   decimal.Decimal
	Denominator decimal.Decimal
	Value       decimal.Decimal
	Unit        indicators.Unit
}

// Seen says what an observation is worth. The zero value is no data.
type Seen int

const (
	SeenNothing    Seen = iota // nothing was recorded
	SeenValue                  // a judged value
	SeenIncomplete             // too little is known yet to judge it
	SeenError                  // the indicator could not be asked; Period is empty
)

// Say is what there is to say after a step, and why. Only Fired, Worse and
// Recovered are told to somebody; the others are the named reasons for silence.
type Say string

const (
	Fired     Say = "fired"
	Worse     Say = "worse" // while it is open
	Recovered Say = "recovered"

	SaySettling   Say = "settling"   // it would be told, but has not stood for long enough
	SayPending    Say = "pending"    // over, not for as many periods as the rule wants yet
	SayStillOver  Say = "still-over" // open already
	SayBetween    Say = "between"    // open; between clear threshold and threshold
	SayWithin     Say = "within"     // not over
	SayNoData     Say = "no-data"
	SayIncomplete Say = "incomplete" // not evaluated
	SayTooFew     Say = "too-few"    // not evaluated: under the smallest denominator
	SayOlder      Say = "older"      // not evaluated: a later period was judged already
	SayError      Say = "error"
)

// Tell reports whether somebody is told.
func (s Say) Tell() bool { return s == Fired || s == Worse || s == Recovered }
