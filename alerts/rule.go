package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
)

// Operator compares a value with a threshold, exactly: a value that equals the
// threshold is over it for AtLeast and AtMost only.
type Operator string

const (
	Above   Operator = ">"
	AtLeast Operator = ">="
	Below   Operator = "<"
	AtMost  Operator = "<="
)

func (o Operator) holds(value, threshold decimal.Decimal) bool {
	c := value.Cmp(threshold)
	switch o {
	case Above:
		return c > 0
	case AtLeast:
		return c >= 0
	case Below:
		return c < 0
	case AtMost:
		return c <= 0
	}
	return false
}

// high reports whether high values are the bad ones.
func (o Operator) high() bool { return o == Above || o == AtLeast }

// Timing is when a rule's letters go.
type Timing string

const (
	Digest Timing = "digest"  // in one letter with everything else, on Monday at 07:30; what "" means
	AtOnce Timing = "at-once" // as soon as the value has stood through the settle time
)

// Rule watches one indicator, for the whole or for each member of a breakdown.
type Rule struct {
	ID        int64
	Name      string // unique
	Indicator string
	Period    indicators.PeriodKind // only completed periods are evaluated
	Breakdown string                // "": the authority as a whole; "school": each school
	Operator  Operator
	Threshold decimal.Decimal // in the unit of the indicator's value: 3 is 3%
	// Clear is how far the value must come back before the alert recovers: it
	// has when the operator no longer holds for Clear. Not valid: the threshold.
	Clear decimal.NullDecimal
	// PendingFor is how many periods in a row must be over before it fires; 0 is 1.
	PendingFor int
	// MinDenominator is the smallest denominator that is judged at all.
	MinDenominator decimal.Decimal
	// Confidence, 80, 90, 95 or 99 per cent, has a value count as over only when
	// its whole interval is; 0 takes the value alone.
	Confidence int
	// WorseBy is how many per cent of the figure last told an open alert must get
	// worse by to be told again; not valid: 25; 0: never.
	WorseBy decimal.NullDecimal
	Timing  Timing
	// EscalateHours is after how many working hours an alert that nobody
	// acknowledged goes on to EscalateTo, or, where that is 0, to those who answer
	// for the authority; 0: never.
	EscalateHours int
	EscalateTo    int64
	Optional      bool // a reader may stop its mail
	// No letter goes between these hours of London's time, "19:00" and "07:00" say;
	// "": at any hour.
	QuietFrom, QuietTo string
	Enabled            bool
	File               string // that it was read from, which alone changes it; "": made on the page or by the API

	Revision      int // counts up when what the rule means is edited
	BegunRevision int // the revision that was last evaluated from its beginning; 0: none
	CreatedAt     time.Time
	BegunAt       time.Time // zero: never evaluated on data yet
	AsAt          time.Time // the data that it was last evaluated on

	// settle is how long, by the time of the data, a value must stand before its
	// change is told (Options.Settle).
	settle time.Duration
}

// UnauthorisedAbsence is the rule that a new installation begins with: the
// unauthorised absence of any school above 3% in a completed week, until it is
// back at 2.5% or less. (England's unauthorised absence was 2.4% in 2023/24:
// DfE, Pupil absence in schools in England.) A school with fewer than 100
// possible sessions in the week is not judged.
func UnauthorisedAbsence() Rule {
	return Rule{
		Name:           "Unauthorised absence at a school",
		Indicator:      "unauthorised-absence",
		Period:         indicators.Week,
		Breakdown:      "school",
		Operator:       Above,
		Threshold:      decimal.NewFromInt(3),
		Clear:          decimal.NewNullDecimal(decimal.RequireFromString("2.5")),
		PendingFor:     1,
		MinDenominator: decimal.NewFromInt(100),
		Timing:         AtOnce,
		EscalateHours:  8,
		Enabled:        true,
	}
}

func (r Rule) over(v decimal.Decimal) bool { return r.Operator.holds(v, r.Threshold) }

// overSurely is over by more than chance, as far as the rule asks for that.
func (r Rule) overSurely(o Observation) bool {
	if !r.over(o.Value) {
		return false
	}
	if r.Confidence == 0 {
		return true
	}
	low, high := indicators.Interval(o.Unit, o.Numerator, o.Denominator, o.Value, r.Confidence)
	if r.Operator.high() {
		return r.over(low)
	}
	return r.over(high)
}

func (r Rule) clear(v decimal.Decimal) bool {
	if r.Clear.Valid {
		return !r.Operator.holds(v, r.Clear.Decimal)
	}
	return !r.over(v)
}

// worse reports whether v is worse than what was told by as much as the rule
// asks for.
func (r Rule) worse(told, v decimal.Decimal) bool {
	share := decimal.NewFromInt(25)
	if r.WorseBy.Valid {
		share = r.WorseBy.Decimal
	}
	by := v.Sub(told)
	if !r.Operator.high() {
		by = by.Neg()
	}
	return share.IsPositive() && by.IsPositive() && by.Cmp(told.Abs().Mul(share).Shift(-2)) >= 0
}

func (r Rule) pendingFor() int { return max(1, r.PendingFor) }

// check says what is wrong with the rule: an Invalid that names the field.
func (r Rule) check() error {
	switch {
	case r.Name == "":
		return Invalid{"name", "Enter a name"}
	case len(r.Name) > 120:
		return Invalid{"name", "The name must be 120 characters or fewer"}
	case r.Indicator == "":
		return Invalid{"indicator", "Choose a measure"}
	case !r.Period.Known():
		return Invalid{"period", fmt.Sprintf("There is no kind of period %q", r.Period)}
	case r.Operator != Above && r.Operator != AtLeast && r.Operator != Below && r.Operator != AtMost:
		return Invalid{"operator", "Choose one of >, >=, < and <="}
	case r.PendingFor < 0 || r.PendingFor > 100:
		return Invalid{"periods", "It must be 1 to 100 periods in a row"}
	case r.MinDenominator.IsNegative():
		return Invalid{"min_denominator", "The smallest denominator must be 0 or more"}
	case r.Confidence != 0 && !indicators.HasInterval(r.Confidence):
		return Invalid{"confidence", "Choose 80, 90, 95 or 99 per cent, or 0 for none"}
	case r.WorseBy.Valid && r.WorseBy.Decimal.IsNegative():
		return Invalid{"worse_by", "By how many per cent it must get worse must be 0 or more"}
	case r.Timing != "" && r.Timing != AtOnce && r.Timing != Digest:
		return Invalid{"timing", "Choose at-once or digest"}
	case (r.QuietFrom == "") != (r.QuietTo == ""), r.QuietFrom != "" && (!hour(r.QuietFrom) || !hour(r.QuietTo)):
		return Invalid{"quiet_from", "Enter when quiet hours begin and end, such as 19:00 and 07:00, or leave both empty"}
	case r.EscalateHours < 0 || r.EscalateHours > 400:
		return Invalid{"escalate_hours", "It must be 1 to 400 working hours, or 0 for never"}
	case r.Clear.Valid && r.Operator.high() && r.Clear.Decimal.GreaterThan(r.Threshold),
		r.Clear.Valid && !r.Operator.high() && r.Clear.Decimal.LessThan(r.Threshold):
		return Invalid{"clear", "It would recover before it fires: the figure at which it recovers must be on the good side of the limit"}
	}
	return nil
}

func hour(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5
}

func (r Rule) args() []any {
	var to any
	if r.EscalateTo != 0 {
		to = r.EscalateTo
	}
	worse := decimal.NewFromInt(25)
	if r.WorseBy.Valid {
		worse = r.WorseBy.Decimal
	}
	timing := r.Timing
	if timing == "" {
		timing = Digest
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return []any{r.Name, r.Indicator, string(r.Period), r.Breakdown, string(r.Operator), r.Threshold, r.Clear, r.pendingFor(), r.MinDenominator,
		r.Confidence, worse, string(timing), r.EscalateHours, to, r.Optional, r.Enabled, text(r.QuietFrom), text(r.QuietTo)}
}

// EnsureRule adds the rule unless one of that name is there, which is left as
// it is: somebody may have changed its threshold.
func (a *Alerts) EnsureRule(ctx context.Context, r Rule) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("rule %q: %w", r.Name, err)
	}
	return access.InTx(ctx, a.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* alerts.EnsureRule */
			INSERT INTO alert_rule (name, indicator, period, breakdown, operator, threshold, clear_threshold, pending_periods, min_denominator,
			                        confidence, worse_by, timing, escalate_hours, escalate_to, optional, enabled, quiet_from, quiet_to)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::text::time, $18::text::time) ON CONFLICT (name) DO NOTHING`, r.args()...)
		if err != nil {
			return fmt.Errorf("ensure alert rule %q: %w", r.Name, err)
		}
		return nil
	})
}

// ErrNotFound is the answer about a rule or an alert that is not there, and to a
// viewer who may not see it: the two look the same.
var ErrNotFound = errors.New("no such alert")

const ruleColumns = `id, name, indicator, period, breakdown, operator, threshold, clear_threshold, pending_periods, min_denominator,
	confidence, worse_by, timing, escalate_hours, coalesce(escalate_to, 0), optional, enabled, revision, coalesce(begun_revision, 0), created_at, begun_at, as_at,
	coalesce(to_char(quiet_from, 'HH24:MI'), ''), coalesce(to_char(quiet_to, 'HH24:MI'), ''), file`

func (a *Alerts) scanRule(row pgx.CollectableRow) (Rule, error) {
	var r Rule
	var begun, asAt *time.Time
	err := row.Scan(&r.ID, &r.Name, &r.Indicator, &r.Period, &r.Breakdown, &r.Operator, &r.Threshold, &r.Clear, &r.PendingFor, &r.MinDenominator,
		&r.Confidence, &r.WorseBy, &r.Timing, &r.EscalateHours, &r.EscalateTo, &r.Optional, &r.Enabled, &r.Revision, &r.BegunRevision, &r.CreatedAt, &begun, &asAt, &r.QuietFrom, &r.QuietTo, &r.File)
	if begun != nil {
		r.BegunAt = *begun
	}
	if asAt != nil {
		r.AsAt = *asAt
	}
	r.settle = a.settle
	return r, err
}

// Rules gives every rule, by name.
func (a *Alerts) Rules(ctx context.Context, v access.Viewer) ([]Rule, error) {
	if !v.May(access.ViewDashboards) && !v.May(access.EvaluateAlerts) && !v.May(access.OperateSystem) {
		return nil, nil
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Rules */ SELECT `+ruleColumns+` FROM alert_rule ORDER BY name`)
	rules, err := pgx.CollectRows(rows, a.scanRule)
	if err != nil {
		return nil, fmt.Errorf("read the alert rules: %w", err)
	}
	return rules, nil
}
