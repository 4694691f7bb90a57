package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// kept is a state with whose it is, as the record store keeps it.
type kept struct {
	State
	member, name string
}

func (k kept) equal(o kept) bool {
	a, b := k.State, o.State
	same := a.Value.Equal(b.Value) && a.Numerator.Equal(b.Numerator) && a.Denominator.Equal(b.Denominator) &&
		a.Since.Equal(b.Since) && a.PeriodFirst.Equal(b.PeriodFirst)
	return same && k.name == o.name && a.Condition == b.Condition && a.Open == b.Open && a.Episode == b.Episode &&
		a.SincePeriod == b.SincePeriod && a.Period == b.Period && a.Held == b.Held && a.HeldBefore == b.HeldBefore
}

// readStates reads and locks the states of a rule, by member.
func readStates(ctx context.Context, tx pgx.Tx, rule int64) (map[string]kept, error) {
	rows, _ := tx.Query(ctx, `/* alerts.readStates */
		SELECT member, member_name, state, open, episode, since, since_period, period, period_first,
		       coalesce(value, 0), coalesce(numerator, 0), coalesce(denominator, 0), held, held_before
		FROM alert_state WHERE rule_id = $1 ORDER BY member FOR UPDATE`, rule)
	states := map[string]kept{}
	var k kept
	var first *time.Time
	_, err := pgx.ForEachRow(rows, []any{&k.member, &k.name, &k.Condition, &k.Open, &k.Episode, &k.Since, &k.SincePeriod, &k.Period, &first,
		&k.Value, &k.Numerator, &k.Denominator, &k.Held, &k.HeldBefore}, func() error {
		k.PeriodFirst = time.Time{}
		if first != nil {
			k.PeriodFirst = *first
		}
		states[k.member] = k
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the states: %w", err)
	}
	return states, nil
}

func writeStates(ctx context.Context, tx pgx.Tx, rule int64, changed []kept, now time.Time) error {
	batch := &pgx.Batch{}
	for _, k := range changed {
		var first any
		if k.Period != "" {
			first = k.PeriodFirst
		}
		batch.Queue(`/* alerts.writeStates */
			INSERT INTO alert_state (rule_id, member, member_name, state, open, episode, since, since_period, period, period_first,
			                         value, numerator, denominator, held, held_before, evaluated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (rule_id, member) DO UPDATE SET
				member_name = excluded.member_name, state = excluded.state, open = excluded.open, episode = excluded.episode,
				since = excluded.since, since_period = excluded.since_period, period = excluded.period, period_first = excluded.period_first,
				value = excluded.value, numerator = excluded.numerator, denominator = excluded.denominator,
				held = excluded.held, held_before = excluded.held_before, evaluated_at = excluded.evaluated_at`,
			rule, k.member, k.name, string(k.Condition), k.Open, k.Episode, k.Since, k.SincePeriod, k.Period, first,
			k.Value, k.Numerator, k.Denominator, k.Held, k.HeldBefore, now)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the states: %w", err)
	}
	return nil
}
