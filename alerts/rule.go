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
	// HoldPeriods is how many periods in a row must be over before it fires;
	// 0 is 1.
	HoldPeriods int
	// MinDenominator is the smallest denominator that is judged at all.
	MinDenominator decimal.Decimal
	Enabled        bool

	CreatedAt time.Time
	BegunAt   time.Time // zero: never evaluated on data yet
	AsAt      time.Time // the data that it was last evaluated on
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
		HoldPeriods:    1,
		MinDenominator: decimal.NewFromInt(100),
		Enabled:        true,
	}
}

func (r Rule) over(v decimal.Decimal) bool { return r.Operator.holds(v, r.Threshold) }

func (r Rule) clear(v decimal.Decimal) bool {
	if r.Clear.Valid {
		return !r.Operator.holds(v, r.Clear.Decimal)
	}
	return !r.over(v)
}

func (r Rule) hold() int { return max(1, r.HoldPeriods) }

func (r Rule) check() error {
	switch {
	case r.Name == "" || r.Indicator == "":
		return errors.New("a rule has a name and an indicator")
	case !r.Period.Known():
		return fmt.Errorf("rule %q: there is no kind of period %q", r.Name, r.Period)
	case r.Operator != Above && r.Operator != AtLeast && r.Operator != Below && r.Operator != AtMost:
		return fmt.Errorf("rule %q: the operator is >, >=, < or <=", r.Name)
	case r.HoldPeriods < 0 || r.HoldPeriods > 100:
		return fmt.Errorf("rule %q: a value holds for 1 to 100 periods", r.Name)
	case r.Clear.Valid && (r.Operator == Above || r.Operator == AtLeast) && r.Clear.Decimal.GreaterThan(r.Threshold),
		r.Clear.Valid && (r.Operator == Below || r.Operator == AtMost) && r.Clear.Decimal.LessThan(r.Threshold):
		return fmt.Errorf("rule %q: it would recover before it fires; the clear threshold is on the good side of the threshold", r.Name)
	}
	return nil
}

// EnsureRule adds the rule unless one of that name is there, which is left as
// it is: somebody may have changed its threshold.
func (a *Alerts) EnsureRule(ctx context.Context, r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	return access.InTx(ctx, a.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* alerts.EnsureRule */
			INSERT INTO alert_rule (name, indicator, period, breakdown, operator, threshold, clear_threshold, hold_periods, min_denominator, enabled)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING`,
			r.Name, r.Indicator, string(r.Period), r.Breakdown, string(r.Operator), r.Threshold, r.Clear, r.hold(), r.MinDenominator, r.Enabled)
		if err != nil {
			return fmt.Errorf("ensure alert rule %q: %w", r.Name, err)
		}
		return nil
	})
}

const ruleColumns = `id, name, indicator, period, breakdown, operator, threshold, clear_threshold, hold_periods, min_denominator, enabled, created_at, begun_at, as_at`

func scanRule(row pgx.CollectableRow) (Rule, error) {
	var r Rule
	var begun, asAt *time.Time
	err := row.Scan(&r.ID, &r.Name, &r.Indicator, &r.Period, &r.Breakdown, &r.Operator, &r.Threshold, &r.Clear,
		&r.HoldPeriods, &r.MinDenominator, &r.Enabled, &r.CreatedAt, &begun, &asAt)
	if begun != nil {
		r.BegunAt = *begun
	}
	if asAt != nil {
		r.AsAt = *asAt
	}
	return r, err
}

// Rules gives every rule, by name.
func (a *Alerts) Rules(ctx context.Context, v access.Viewer) ([]Rule, error) {
	if !v.May(access.ViewDashboards) && !v.May(access.EvaluateAlerts) {
		return nil, nil
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Rules */ SELECT `+ruleColumns+` FROM alert_rule ORDER BY name`)
	rules, err := pgx.CollectRows(rows, scanRule)
	if err != nil {
		return nil, fmt.Errorf("read the alert rules: %w", err)
	}
	return rules, nil
}
