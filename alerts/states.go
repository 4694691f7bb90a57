package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// subjectKey names one member of a breakdown; the zero key is the authority as a
// whole.
type subjectKey struct{ breakdown, member string }

// kept is a state with whose it is, as the record store keeps it.
type kept struct {
	State
	subjectKey
	name string
}

func (k kept) equal(o kept) bool {
	a, b := k.State, o.State
	same := a.Value.Equal(b.Value) && a.Numerator.Equal(b.Numerator) && a.Denominator.Equal(b.Denominator) && a.Told.Equal(b.Told) &&
		a.Since.Equal(b.Since) && a.PeriodFirst.Equal(b.PeriodFirst) && a.TurnedAt.Equal(b.TurnedAt)
	return same && k.name == o.name && a.Condition == b.Condition && a.Open == b.Open && a.Episode == b.Episode &&
		a.SincePeriod == b.SincePeriod && a.Period == b.Period && a.Held == b.Held && a.HeldBefore == b.HeldBefore &&
		a.TurnedTo == b.TurnedTo && a.Unjudged == b.Unjudged
}

// readStates reads and locks the states of a rule.
func readStates(ctx context.Context, tx pgx.Tx, rule int64) (map[subjectKey]kept, error) {
	rows, _ := tx.Query(ctx, `/* alerts.readStates */
		SELECT breakdown, member, member_name, state, open, episode, since, since_period, period, period_first,
		       coalesce(value, 0), coalesce(numerator, 0), coalesce(denominator, 0), held, held_before,
		       turned_to, turned_at, coalesce(told_value, 0), unjudged
		FROM alert_state WHERE rule_id = $1 ORDER BY breakdown, member FOR UPDATE`, rule)
	states := map[subjectKey]kept{}
	var k kept
	var first, turned *time.Time
	_, err := pgx.ForEachRow(rows, []any{&k.breakdown, &k.member, &k.name, &k.Condition, &k.Open, &k.Episode, &k.Since, &k.SincePeriod, &k.Period, &first,
		&k.Value, &k.Numerator, &k.Denominator, &k.Held, &k.HeldBefore, &k.TurnedTo, &turned, &k.Told, &k.Unjudged}, func() error {
		k.PeriodFirst, k.TurnedAt = instant(first), instant(turned)
		states[k.subjectKey] = k
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
		batch.Queue(`/* alerts.writeStates */
			INSERT INTO alert_state (rule_id, breakdown, member, member_name, state, open, episode, since, since_period, period, period_first,
			                         value, numerator, denominator, held, held_before, turned_to, turned_at, told_value, unjudged, evaluated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
			ON CONFLICT (rule_id, breakdown, member) DO UPDATE SET
				member_name = excluded.member_name, state = excluded.state, open = excluded.open, episode = excluded.episode,
				since = excluded.since, since_period = excluded.since_period, period = excluded.period, period_first = excluded.period_first,
				value = excluded.value, numerator = excluded.numerator, denominator = excluded.denominator,
				held = excluded.held, held_before = excluded.held_before, turned_to = excluded.turned_to, turned_at = excluded.turned_at,
				told_value = excluded.told_value, unjudged = excluded.unjudged, evaluated_at = excluded.evaluated_at`,
			rule, k.breakdown, k.member, k.name, string(k.Condition), k.Open, k.Episode, k.Since, k.SincePeriod, k.Period, orNull(k.PeriodFirst),
			k.Value, k.Numerator, k.Denominator, k.Held, k.HeldBefore, string(k.TurnedTo), orNull(k.TurnedAt), k.Told, k.Unjudged, now)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the states: %w", err)
	}
	return nil
}

// instant is a time that may be NULL; orNull the other way round.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
