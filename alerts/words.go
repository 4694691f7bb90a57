package alerts

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/indicators"
)

func (p *part) title() string { return line(cmp.Or(p.rep.Title, p.rule.Indicator)) }

// where is " for Oakfield Primary School" in a subject, or nothing for the whole.
// A count that could point at a child, and a breakdown into people, name nobody.
func (p *part) where(t told) string {
	f, known := figureOf(p.rep, t.member, t.state.Period)
	few := known && f.HasNumber() && !f.Denominator.IsZero() && f.Numerator.IsPositive() && f.Numerator.IntPart() < small
	if t.member != "" && (few && !t.What.ends() || p.rule.Breakdown == "worker") {
		return " for one " + noun(p.rule.Breakdown)
	}
	return p.whereNamed(t)
}

func (p *part) whereNamed(t told) string {
	if t.member == "" {
		return ""
	}
	return " for " + line(t.Name)
}

// noun is a breakdown as a word: "year group".
func noun(breakdown string) string { return strings.ReplaceAll(breakdown, "-", " ") }

// number is a count of things: "1 school", "19 schools".
func number(n int, one string) string {
	many := one + "s"
	switch {
	case strings.HasSuffix(one, "y"):
		many = one[:len(one)-1] + "ies"
	case strings.HasSuffix(one, "s"):
		many = one + "es"
	}
	if n == 1 {
		return "1 " + one
	}
	return indicators.Number(decimalOf(n), 0) + " " + many
}

// Words are the rule's limit, as the measure's figures are written: "above 3.0%".
func (r Rule) Words(d indicators.Definition) string {
	return r.overWord() + " " + report{Definition: d}.shown(r.Threshold)
}

func (r Rule) overWord() string {
	switch r.Operator {
	case AtLeast:
		return "at or above"
	case Below:
		return "below"
	case AtMost:
		return "at or below"
	}
	return "above"
}

func (r Rule) clearWords(rep report) string {
	limit := r.Threshold
	if r.Clear.Valid {
		limit = r.Clear.Decimal
	}
	switch v := rep.shown(limit); r.Operator {
	case AtLeast:
		return "less than " + v
	case Below:
		return v + " or more"
	case AtMost:
		return "more than " + v
	default:
		return v + " or less"
	}
}

func (r Rule) thresholdWords(rep report) string {
	s := r.overWord() + " " + rep.shown(r.Threshold)
	if n := r.pendingFor(); n > 1 {
		s += fmt.Sprintf(" for %d in a row", n)
	}
	if r.Confidence > 0 {
		s += fmt.Sprintf(" by more than chance (%d%% interval)", r.Confidence)
	}
	return s + "; it recovers at " + r.clearWords(rep)
}

func (p *part) periodName(id string) string { return p.rep.periodName(id) }

func (r report) periodName(id string) string {
	for _, f := range r.Whole {
		if f.Period.ID == id {
			return f.Period.Name
		}
	}
	for _, m := range r.Members {
		for _, f := range m.Series {
			if f.Period.ID == id {
				return f.Period.Name
			}
		}
	}
	return ""
}

// during is "in the week of 9 November 2026".
func (p *part) during(id string) string {
	name := cmp.Or(p.periodName(id), id)
	switch indicators.KindOf(id) {
	case indicators.Day:
		return "on " + name
	case indicators.Month, indicators.Year:
		return "in " + name
	}
	return "in the " + name
}

// moment is an instant as people here read it.
func moment(t time.Time) string {
	return t.In(indicators.London()).Format("2 January 2006 at 15:04")
}

// day is its day.
func day(t time.Time) string { return t.In(indicators.London()).Format("2 January 2006") }

// deeds are what people did about an alert, the newest last, for the letters in
// its thread. Comments stay behind sign-in.
func deeds(ctx context.Context, tx pgx.Tx, alert int64) ([]string, error) {
	rows, _ := tx.Query(ctx, `/* alerts.deeds */
		SELECT what, at, due, coalesce((SELECT display_name FROM account WHERE id = to_account), '') FROM alert_event
		WHERE alert_id = $1 AND what IN ('acknowledged', 'acted', 'assigned', 'escalated') ORDER BY id DESC LIMIT 3`, alert)
	var out []string
	var what, to string
	var at time.Time
	var due *time.Time
	_, err := pgx.ForEachRow(rows, []any{&what, &at, &due, &to}, func() error {
		s := what + " on " + day(at)
		if to != "" {
			s = what + " to " + line(to) + " on " + day(at)
		}
		if due != nil {
			s += ", due " + due.Format("2 January 2006")
		}
		out = append([]string{capital(s)}, out...)
		return nil
	})
	return out, err
}

func decimalOf(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }
