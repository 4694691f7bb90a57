package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Evaluate steps every enabled rule through what its indicator says now, and
// writes states, messages and their delivery in one transaction for each rule.
// It may run in several programs on one record store at once. A rule that
// cannot be evaluated does not keep the others from it; its error is returned
// with theirs.
func (a *Alerts) Evaluate(ctx context.Context, now time.Time) error {
	a.evaluating.Lock()
	defer a.evaluating.Unlock()
	rules, err := a.Rules(ctx, access.System(access.Alerting))
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range rules {
		if !r.Enabled {
			continue
		}
		if err := a.evaluate(ctx, r, now); err != nil {
			failed = append(failed, fmt.Errorf("evaluate alert rule %d: %w", r.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (a *Alerts) evaluate(ctx context.Context, r Rule, now time.Time) error {
	system := access.System(access.Alerting)
	rep, asking := a.figures.of(ctx, system, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := a.once(ctx, r, func(tx pgx.Tx, r Rule) error {
		states, err := readStates(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if asking != nil {
			return a.blind(ctx, tx, r, states, now)
		}
		// Another program has seen more. (Unless it saw the future: a clock that
		// was wrong once must not silence a rule until then.)
		if rep.AsAt.Before(r.AsAt) && !r.AsAt.After(now) {
			return nil
		}
		happened, seen, err := a.step(ctx, tx, r, rep, states, now)
		if err != nil || !seen {
			return err
		}
		write := a.newLetters(ctx, tx, r, rep, now)
		if r.BegunAt.IsZero() {
			err = write.began(happened)
		} else {
			err = write.each(happened)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/* alerts.evaluate */ UPDATE alert_rule SET begun_at = coalesce(begun_at, $2), as_at = $3 WHERE id = $1`, r.ID, now, rep.AsAt)
		return err
	})
	return errors.Join(asking, err)
}

// once runs fn in a transaction that no other evaluator of the rule shares time
// with, with the rule as it stands then. A rule that is gone or was disabled
// meanwhile is left alone.
func (a *Alerts) once(ctx context.Context, r Rule, fn func(tx pgx.Tx, r Rule) error) error {
	return access.InTx(ctx, a.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* alerts.once */ SELECT pg_advisory_xact_lock(hashtext('onevision alert rule'), $1::bigint::integer)`, r.ID); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `/* alerts.once */ SELECT `+ruleColumns+` FROM alert_rule WHERE id = $1 AND enabled`, r.ID)
		r, err := pgx.CollectExactlyOneRow(rows, scanRule)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(tx, r)
	})
}

// event is something to tell about one member.
type event struct {
	member, name string
	say          Say
	state        State // after it
}

// step takes every member through what was seen of it and writes its state.
// seen says whether there was any value at all: until then the rule has not
// begun.
func (a *Alerts) step(ctx context.Context, tx pgx.Tx, r Rule, rep report, states map[string]kept, now time.Time) (happened []event, seen bool, err error) {
	members := rep.Members
	for id, k := range states { // a member that the answer no longer knows has no data
		if _, ok := rep.member(id); !ok && id != "" {
			members = append(slices.Clip(members), subject{ID: id, Name: k.name})
		}
	}
	var changed []kept
	for _, m := range members {
		before := states[m.ID]
		observed := rep.observations(m, r, before.State, now)
		if len(m.Series) == 0 {
			observed = []Observation{{Seen: SeenNothing}}
			observed[0].Period.First = before.PeriodFirst
		}
		var events []event
		s := before.State
		for _, o := range observed {
			var say Say
			s, say = Step(s, o, now, r)
			if say.Tell() {
				events = append(events, event{member: m.ID, name: m.Name, say: say, state: s})
			}
			seen = seen || o.Seen == SeenValue
		}
		for _, e := range worthTelling(before.Open, events) {
			if e.say == Fired { // as it stands now, since when it has
				e.state = s
			}
			happened = append(happened, e)
		}
		after := kept{State: s, member: m.ID, name: m.Name}
		if len(observed) > 0 && !after.equal(before) {
			changed = append(changed, after)
		}
	}
	return happened, seen, writeStates(ctx, tx, r.ID, changed, now)
}

// worthTelling is what is left to tell after several periods at once, at the
// first evaluation and after a pause: what fired and recovered in between was
// never seen by anybody.
func worthTelling(wasOpen bool, events []event) []event {
	if len(events) == 0 {
		return nil
	}
	var out []event
	if wasOpen { // the first event is its recovery
		out, events = events[:1:1], events[1:]
	}
	if n := len(events); n > 0 && events[n-1].say == Fired {
		out = append(out, events[n-1])
	}
	return out
}

// blind writes that the indicator could not be asked.
func (a *Alerts) blind(ctx context.Context, tx pgx.Tx, r Rule, states map[string]kept, now time.Time) error {
	var changed []kept
	for _, k := range states {
		before := k
		k.State, _ = Step(k.State, Observation{Seen: SeenError}, now, r)
		if !k.equal(before) {
			changed = append(changed, k)
		}
	}
	return writeStates(ctx, tx, r.ID, changed, now)
}
