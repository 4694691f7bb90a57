package indicators

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Status is how the current figure stands against its target.
type Status int

const (
	StatusNotJudged Status = iota // no figure that can be judged
	StatusNoTarget
	StatusOnTarget
	StatusAtRisk // on the wrong side, within the tolerance
	StatusOffTarget
)

func (s Status) String() string {
	switch s {
	case StatusNoTarget:
		return "No target"
	case StatusOnTarget:
		return "On target"
	case StatusAtRisk:
		return "At risk"
	case StatusOffTarget:
		return "Off target"
	}
	return "Not judged"
}

// Direction is the way a figure moved.
type Direction int

const (
	Level Direction = iota
	Up
	Down
)

func (d Direction) String() string { return [...]string{"no change", "up", "down"}[d] }

// Judgement says whether a change is a good one.
type Judgement int

const (
	Neutral Judgement = iota
	Better
	Worse
)

func (j Judgement) String() string { return [...]string{"", "better", "worse"}[j] }

// Change is the move from the previous figure to the current one.
type Change struct {
	Known     bool
	Direction Direction
	By        decimal.Decimal // size of the move, never negative, in the unit of the value as shown
	Judgement Judgement       // Neutral where the move is no more than noise
	Doubt     string          // why it is then not called better or worse: "no more than it usually varies"; "" otherwise
	Text      string          // "up 0.2 percentage points", "no change"; "" when not known
}

// Verdict is what is to be said of the move: "better", "worse", its doubt, or "".
func (c Change) Verdict() string {
	if c.Judgement != Neutral {
		return c.Judgement.String()
	}
	return c.Doubt
}

// Target is what the figure is held against, in the unit of its value.
type Target struct {
	Value     decimal.Decimal
	Tolerance decimal.Decimal
	Text      string // "2.0%"
}

// Comparator is another area's figure.
type Comparator struct {
	Area        string // "England"
	Period      string // as published: "2024/25"
	Value       decimal.Decimal
	Text        string
	LikeForLike bool
	Note        string // how it differs, when it is not like for like
	Source      string
}

// Member is one member of a breakdown.
type Member struct {
	ID           string // the member as text: an id, a code; "" where it is not known
	Name         string // "Not known" where it is not known
	Code         string // by which the world knows it: a school's LAESTAB, a code of a code set; "" for none
	Current      Figure
	Previous     Figure
	Series       []Figure
	Status       Status
	Completeness Completeness
	Exact        bool // the viewer's own, as it is now, in an answer of published figures
	place        int  // in the order of the breakdown
}

// Completeness is how much of what is expected of a period has been received.
// Where the definition's rule counts nothing, Counted is false. A viewer who
// may not see exact figures gets both counts of the whole rounded to the nearest
// 10, and none of a member.
type Completeness struct {
	Counted  bool
	Received int64
	Expected int64
	What     string // "marks"
	Enough   bool
}

// Cohort is who a figure is about, for definitions that ask for it.
type Cohort struct {
	Children int64           // in the denominator
	OneChild decimal.Decimal // what one child is worth, in the unit of the value as shown
	Text     string          // "47 children: one child is worth 2.1 percentage points"
}

// Answer is what an indicator says to one viewer. Everything in it is already
// as that viewer may see it; there is nothing behind it.
type Answer struct {
	definition   Definition
	question     Question
	asAt         time.Time
	computedAt   time.Time
	position     string
	current      Figure
	previous     Figure
	newest       Figure
	yearBefore   []Figure // one for each of the series
	onYear       Change
	usual        *Limits
	interval     *Limits
	tooFew       bool
	series       []Figure
	memberName   string
	members      []Member
	target       *Target
	comparators  []Comparator
	status       Status
	change       Change
	completeness Completeness
	cohort       *Cohort
	sent, of     int
	behind       []Behind
	reported     Period
	unrecorded   []string
	whose        []string

	publishedOnly bool         // made of what is published alone
	publication   *Publication // of Current, where it is; nil: it is not published yet
}

// Definition is what the number means.
func (a Answer) Definition() Definition { return a.definition }

// Question is what was asked, with what it left open filled in.
func (a Answer) Question() Question { return a.question }

// AsAt is the instant up to which the facts are known.
func (a Answer) AsAt() time.Time { return a.asAt }

// ComputedAt is when the current figure was computed.
func (a Answer) ComputedAt() time.Time { return a.computedAt }

// Position is the position of the warehouse that the figures were computed at.
func (a Answer) Position() string { return a.position }

// Current is the figure asked for: of the period asked for, or of the newest
// that can be judged; the newest with any number where none can be judged.
func (a Answer) Current() Figure { return a.current }

// Previous is the judged figure before Current (a week of holiday lies between
// two weeks of school). Its state is NoData where there is none.
func (a Answer) Previous() Figure { return a.previous }

// Newest is the figure of the newest period that has begun, complete or not.
func (a Answer) Newest() Figure { return a.newest }

// Series are the figures up to Newest (or up to the period asked for), the
// oldest first.
func (a Answer) Series() []Figure { return append([]Figure(nil), a.series...) }

// YearBefore are the figures of the same point of the year before, one for each of
// Series. Their state is NoData where there is none, as of whole years, of which it is
// the figure before, and of spans that grow, which are unlike a whole year's.
func (a Answer) YearBefore() []Figure { return slices.Clone(a.yearBefore) }

// OnYear is the move to Current from the same point of the year before, and the figure
// there.
func (a Answer) OnYear() (Change, Figure) {
	for i, f := range a.yearBefore {
		if a.series[i].Period.ID == a.current.Period.ID {
			return a.onYear, f
		}
	}
	return Change{}, Figure{Text: "no data"}
}

// Usual are the limits within which the figure's own past says that it varies; false
// where that past is too short.
func (a Answer) Usual() (Limits, bool) {
	if a.usual == nil {
		return Limits{}, false
	}
	return *a.usual, true
}

// Interval is where Current may truly lie, as far as chance goes; false where that is
// not known, as of a mean.
func (a Answer) Interval() (Limits, bool) {
	if a.interval == nil {
		return Limits{}, false
	}
	return *a.interval, true
}

// TooFew reports whether Current is on the wrong side of its target by no more than
// chance.
func (a Answer) TooFew() bool { return a.tooFew }

// MemberName is the name of the member asked for, "" for the whole.
func (a Answer) MemberName() string { return a.memberName }

// Members are the members of the breakdown asked for, the worst first where the
// definition has a polarity, else by name. Empty unless a breakdown was asked
// for without a member.
func (a Answer) Members() []Member { return append([]Member(nil), a.members...) }

// Target is what Current is held against, if there is one.
func (a Answer) Target() (Target, bool) {
	if a.target == nil {
		return Target{}, false
	}
	return *a.target, true
}

// Comparators are other areas' figures, empty for a member.
func (a Answer) Comparators() []Comparator { return append([]Comparator(nil), a.comparators...) }

// Status is how Current stands against the target.
func (a Answer) Status() Status { return a.status }

// Change is the move from Previous to Current.
func (a Answer) Change() Change { return a.change }

// Completeness is that of the newest period.
func (a Answer) Completeness() Completeness { return a.completeness }

// Cohort is who Current is about, where the definition asks for it to be shown.
func (a Answer) Cohort() (Cohort, bool) {
	if a.cohort == nil {
		return Cohort{}, false
	}
	return *a.cohort, true
}

// Reporting is how many schools have sent their marks for the newest day or week
// (anything while it lasts, enough to be judged once it is over),
// of how many from which something is expected; 0 of 0 for longer periods, and
// where the definition is not about what schools send.
func (a Answer) Reporting() (sent, of int) { return a.sent, a.of }

// Behind is a school that has not sent its marks: nothing while the period lasts,
// too little once it is over. The counts are zero for a viewer who may not see exact
// figures.
type Behind struct {
	ID, Name           string
	Received, Expected int64
	Since              Period // the first of those without a break for which it has not
}

// Behind names those that Reporting does not count as having sent, the longest
// behind first, and the period that it is about.
func (a Answer) Behind() ([]Behind, Period) { return slices.Clone(a.behind), a.reported }

// PublishedOnly reports whether the answer is made of published figures, which stay
// as they are, for a viewer without a right to exact ones. Its publication is nil
// before the first.
func (a Answer) PublishedOnly() (*Publication, bool) { return a.publication, a.publishedOnly }

// Unrecorded says, a sentence each, what the figures rest on and nobody has
// recorded: facts that they count ("No records of GCSE results have been received")
// and the academic year's half terms.
func (a Answer) Unrecorded() []string { return slices.Clone(a.unrecorded) }

// WhoseFacts are the tables of facts that say whom Current counts: of a measure that
// counts children, none of others. A list of the children tells of each what these
// records do, so whoever may not read one of them about a child may not see the child
// in the list.
func (a Answer) WhoseFacts() []string { return slices.Clone(a.whose) }

// String names the answer and none of its numbers.
func (a Answer) String() string {
	return fmt.Sprintf("answer of %s (%s)", a.definition.ID, a.current.Period.ID)
}

// GoString is String: an answer printed for debugging shows no numbers.
func (a Answer) GoString() string { return a.String() }

// MarshalJSON refuses: who shows an answer chooses what of it, figure by figure.
func (a Answer) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("an answer is not written whole: write its figures")
}
