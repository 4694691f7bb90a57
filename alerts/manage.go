package alerts

// Rules as people keep them: added, edited, switched on and off.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
)

// MayManage reports whether the viewer may change rules and silences: who operates
// the system, or answers for the whole authority today and sees its exact figures.
func (a *Alerts) MayManage(ctx context.Context, v access.Viewer) (bool, error) {
	if v.May(access.OperateSystem) {
		return true, nil
	}
	if v.Account() == 0 || !watches(v) || !sees(v, "", "") { // a limit tried on the past tells of hidden figures
		return false, nil
	}
	roster, err := a.who.On(ctx, indicators.DayOf(a.now()))
	if err != nil {
		return false, err
	}
	for _, p := range roster.For(access.WholeAuthority, 0) {
		if p.Account == v.Account() {
			return true, nil
		}
	}
	return false, nil
}

func (a *Alerts) manager(ctx context.Context, v access.Viewer) error {
	may, err := a.MayManage(ctx, v)
	if err == nil && !may {
		err = ErrNotFound
	}
	return err
}

// SaveRule adds the rule, or puts it in the place of the one of its ID. Where what
// the rule means is another afterwards, it starts afresh: the next evaluation tells
// one list of what is different. What is wrong with it is an Invalid; a viewer who
// may not manage rules gets ErrNotFound.
func (a *Alerts) SaveRule(ctx context.Context, by access.Viewer, r Rule) (int64, error) {
	if err := a.manager(ctx, by); err != nil {
		return 0, err
	}
	if err := a.checkAgainstLibrary(ctx, r); err != nil {
		return 0, err
	}
	id := r.ID
	err := access.InTx(ctx, a.pool, by, func(tx pgx.Tx) (err error) {
		id, err = a.save(ctx, tx, by, r)
		return err
	})
	return id, err
}

func (a *Alerts) save(ctx context.Context, tx pgx.Tx, by access.Viewer, r Rule) (id int64, err error) {
	action := "edit"
	if r.ID == 0 {
		action = "create"
		err = tx.QueryRow(ctx, `/* alerts.save */
			INSERT INTO alert_rule (name, indicator, period, breakdown, operator, threshold, clear_threshold, pending_periods, min_denominator,
			                        confidence, worse_by, timing, escalate_hours, escalate_to, optional, enabled, quiet_from, quiet_to, file)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::text::time, $18::text::time, $19) RETURNING id`, append(r.args(), r.File)...).Scan(&id)
	} else {
		err = tx.QueryRow(ctx, `/* alerts.save */
			UPDATE alert_rule SET revision = revision + (
					(indicator, period, breakdown, operator, threshold, clear_threshold, pending_periods, min_denominator, confidence)
					IS DISTINCT FROM ($2, $3, $4, $5, $6::numeric, $7::numeric, $8::smallint, $9::numeric, $10::smallint)
					OR $16 AND NOT enabled AND begun_revision IS NOT NULL)::int,
				name = $1, indicator = $2, period = $3, breakdown = $4, operator = $5, threshold = $6, clear_threshold = $7, pending_periods = $8, min_denominator = $9,
				confidence = $10, worse_by = $11, timing = $12, escalate_hours = $13, escalate_to = $14, optional = $15, enabled = $16, quiet_from = $17::text::time, quiet_to = $18::text::time
			WHERE id = $20 AND file = $19 RETURNING id`, append(r.args(), r.File, r.ID)...).Scan(&id)
	}
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, ErrNotFound
	case errors.As(err, &pg) && pg.Code == "23505":
		return 0, Invalid{"name", "There is another rule of that name"}
	case err != nil:
		return 0, fmt.Errorf("save an alert rule: %w", err)
	}
	return id, access.Audit(ctx, tx, by, access.Entry{Action: action, Kind: "alert-rule", Record: id})
}

// checkAgainstLibrary finds what is wrong with the rule itself, and what its
// indicator does not have.
func (a *Alerts) checkAgainstLibrary(ctx context.Context, r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	_, err := a.figures.of(ctx, access.System(access.Alerting), Rule{Indicator: r.Indicator, Period: r.Period, Breakdown: r.Breakdown})
	switch {
	case !errors.Is(err, indicators.ErrNotFound):
		return err
	case r.Breakdown != "":
		return Invalid{"breakdown", "The measure has no figures like that: choose another period, or another “each”"}
	}
	return Invalid{"period", "The measure has no figures of that period"}
}

// SwitchRule switches a rule on or off. One that is switched on again starts afresh.
func (a *Alerts) SwitchRule(ctx context.Context, by access.Viewer, id int64, on bool) error {
	if err := a.manager(ctx, by); err != nil {
		return err
	}
	return access.InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* alerts.SwitchRule */
			UPDATE alert_rule SET enabled = $2, revision = revision + ($2 AND begun_revision IS NOT NULL)::int WHERE id = $1 AND enabled <> $2`, id, on)
		if err != nil {
			return fmt.Errorf("switch alert rule %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return nil // it is so already
		}
		action := "switch-off"
		if on {
			action = "switch-on"
		}
		return access.Audit(ctx, tx, by, access.Entry{Action: action, Kind: "alert-rule", Record: id})
	})
}

// Written is a rule as a file and the API write it. Numbers are text or numbers.
type Written struct {
	ID             int64        `json:"id,omitempty"`
	Name           string       `json:"name"`
	Indicator      string       `json:"indicator"`
	Period         string       `json:"period"`
	Each           string       `json:"each,omitempty"`    // a breakdown; absent: the whole authority
	Operator       string       `json:"operator"`          // > >= < <=
	Threshold      json.Number  `json:"threshold"`         //
	Clear          *json.Number `json:"clear,omitempty"`   //
	Periods        int          `json:"periods,omitempty"` // in a row; absent: 1
	MinDenominator json.Number  `json:"min_denominator,omitempty"`
	Confidence     int          `json:"confidence,omitempty"`
	WorseBy        *json.Number `json:"worse_by,omitempty"`
	Timing         string       `json:"timing,omitempty"` // digest, at-once
	EscalateHours  int          `json:"escalate_hours"`
	Optional       bool         `json:"optional,omitempty"`
	QuietFrom      string       `json:"quiet_from,omitempty"`
	QuietTo        string       `json:"quiet_to,omitempty"`
	Enabled        bool         `json:"enabled"`
	File           string       `json:"file,omitempty"` // that the rule comes from, which alone changes it
}

// Write is the rule as written.
func (r Rule) Write() Written {
	w := Written{ID: r.ID, Name: r.Name, Indicator: r.Indicator, Period: string(r.Period), Each: r.Breakdown, Operator: string(r.Operator),
		Threshold: json.Number(r.Threshold.String()), Periods: r.pendingFor(), MinDenominator: json.Number(r.MinDenominator.String()), Confidence: r.Confidence,
		Timing: string(r.Timing), EscalateHours: r.EscalateHours, Optional: r.Optional, QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, Enabled: r.Enabled, File: r.File}
	if r.Clear.Valid {
		clear := json.Number(r.Clear.Decimal.String())
		w.Clear = &clear
	}
	if r.WorseBy.Valid {
		worse := json.Number(r.WorseBy.Decimal.String())
		w.WorseBy = &worse
	}
	return w
}

// Rule is what was written, as a rule. An Invalid says which number is none.
func (w Written) Rule() (Rule, error) {
	r := Rule{ID: w.ID, Name: strings.TrimSpace(w.Name), Indicator: w.Indicator, Period: indicators.PeriodKind(w.Period), Breakdown: w.Each, Operator: Operator(w.Operator),
		PendingFor: w.Periods, Confidence: w.Confidence, Timing: Timing(w.Timing), EscalateHours: w.EscalateHours, Optional: w.Optional,
		QuietFrom: w.QuietFrom, QuietTo: w.QuietTo, Enabled: w.Enabled}
	var err error
	number := func(field, words string, n json.Number) decimal.Decimal {
		d, bad := decimal.NewFromString(strings.TrimSpace(n.String()))
		if bad != nil || d.Abs().GreaterThan(decimal.New(1, 12)) {
			err = errors.Join(err, Invalid{field, words})
		}
		return d
	}
	r.Threshold = number("threshold", "Enter the limit as a number, such as 3 or 2.5", w.Threshold)
	if w.MinDenominator != "" {
		r.MinDenominator = number("min_denominator", "Enter the smallest denominator as a number, such as 100", w.MinDenominator)
	}
	if w.Clear != nil && *w.Clear != "" {
		r.Clear = decimal.NewNullDecimal(number("clear", "Enter the figure at which it recovers as a number, or leave it empty", *w.Clear))
	}
	if w.WorseBy != nil && *w.WorseBy != "" {
		r.WorseBy = decimal.NewNullDecimal(number("worse_by", "Enter by how many per cent it must get worse as a number from 0", *w.WorseBy))
	}
	var first Invalid
	if errors.As(err, &first) {
		return r, first
	}
	return r, nil
}

// SaveFile puts the rules of a file, a JSON array of Written, in the place of those
// that came from the file of that name before: by their names, all or none. Rules of
// the file that it does not hold any more are switched off.
func (a *Alerts) SaveFile(ctx context.Context, by access.Viewer, name string, file io.Reader) (saved int, err error) {
	if err := a.manager(ctx, by); err != nil {
		return 0, err
	}
	var written []Written
	decode := json.NewDecoder(file)
	decode.DisallowUnknownFields()
	if err := decode.Decode(&written); err != nil {
		return 0, fmt.Errorf("it is not a JSON array of rules: %w", err)
	}
	var names []string
	var rules []Rule
	for i, w := range written {
		r, err := w.Rule()
		if err == nil {
			err = a.checkAgainstLibrary(ctx, r)
		}
		if err != nil {
			return 0, fmt.Errorf("rule %d, %q: %w", i+1, w.Name, err)
		}
		r.File = name
		rules, names = append(rules, r), append(names, r.Name)
	}
	err = access.InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* alerts.SaveFile */ UPDATE alert_rule SET enabled = false WHERE file = $1 AND name <> ALL($2)`, name, names); err != nil {
			return err
		}
		for i, r := range rules {
			var of string
			err := tx.QueryRow(ctx, `/* alerts.SaveFile */ SELECT id, file FROM alert_rule WHERE name = $1`, r.Name).Scan(&r.ID, &of)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			if r.ID != 0 && of != name {
				return fmt.Errorf("rule %d: a rule named %q is there already, and does not come from this file: name it otherwise", i+1, r.Name)
			}
			if _, err := a.save(ctx, tx, by, r); err != nil {
				return fmt.Errorf("rule %d, %q: %w", i+1, r.Name, err)
			}
		}
		return nil
	})
	return len(rules), err
}
