package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
)

// Evaluate steps every enabled rule through what its indicator says now, and
// writes states, history and what is to be told in one transaction for each rule;
// then it writes the letters that are due. It may run in several programs on one
// record store at once. A rule that cannot be evaluated does not keep the others
// from it; its error is returned with theirs.
func (a *Alerts) Evaluate(ctx context.Context, now time.Time) error {
	a.evaluating.Lock()
	defer a.evaluating.Unlock()
	rules, err := a.Rules(ctx, access.System(access.Alerting))
	if err != nil {
		return err
	}
	day := indicators.DayOf(now)
	roster, err := a.who.On(ctx, day)
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range rules {
		if !r.Enabled {
			continue
		}
		if err := a.evaluate(ctx, r, roster, now); err != nil {
			failed = append(failed, fmt.Errorf("evaluate alert rule %d: %w", r.ID, err))
		}
	}
	a.mailbag.signal()
	if err := a.Tell(ctx, now); err != nil {
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (a *Alerts) evaluate(ctx context.Context, r Rule, roster access.Roster, now time.Time) error {
	system := access.System(access.Alerting)
	rep, asking := a.figures.of(ctx, system, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	busy := false
	if asking == nil {
		var err error
		if busy, err = a.unsettled(ctx, rep.AsAt); err != nil {
			return fmt.Errorf("ask whether an import goes on: %w", err)
		}
	}
	err := a.once(ctx, r, func(tx pgx.Tx, r Rule) error {
		e := evaluation{alerts: a, tx: tx, rule: r, rep: rep, roster: roster, now: now}
		var err error
		if e.calendar, err = readCalendar(ctx, tx); err != nil {
			return err
		}
		states, err := readStates(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		switch {
		case asking != nil:
			if err := e.blind(ctx, states); err != nil {
				return err
			}
		case busy:
			// Nothing is judged on facts of which more are on their way.
		case rep.AsAt.Before(r.AsAt) && !r.AsAt.After(now):
			// Another program has seen more. (Unless it saw the future: a clock that
			// was wrong once must not silence a rule until then.)
		default:
			if err := e.judge(ctx, states); err != nil {
				return err
			}
		}
		// Whoever answers now is told of what is open, whatever the figures do.
		return e.follow(ctx)
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
		r, err := pgx.CollectExactlyOneRow(rows, a.scanRule)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(tx, r)
	})
}

// evaluation is one evaluation of one rule, in its transaction.
type evaluation struct {
	alerts   *Alerts
	tx       pgx.Tx
	rule     Rule
	rep      report
	roster   access.Roster
	calendar Calendar
	now      time.Time
}

// change is what happened to one member.
type change struct {
	subjectKey
	name  string
	what  What
	state State // after it
}

// judge takes every member through what was seen of it and writes its state,
// its alerts and its notices of what changed.
func (e *evaluation) judge(ctx context.Context, states map[subjectKey]kept) error {
	r := e.rule
	ended, err := e.alerts.members.Ended(ctx, r.Breakdown, indicators.DayOf(e.now))
	if err != nil {
		return fmt.Errorf("ask which members have ended: %w", err)
	}
	fresh := r.Revision != r.BegunRevision
	var changes []change
	var changed []kept
	seen := false
	for _, m := range e.members(states) {
		key := subjectKey{r.Breakdown, m.ID}
		before := states[key]
		after := kept{State: before.State, subjectKey: key, name: m.Name}
		if _, gone := ended[m.ID]; gone {
			if before.Open {
				after.Condition, after.Open, after.TurnedTo, after.TurnedAt = Normal, false, "", time.Time{}
				changes, changed = append(changes, change{key, m.Name, WhatClosed, after.State}), append(changed, after)
			}
			continue
		}
		start := before.State
		rule := r
		if fresh { // from its beginning, and at once: it is one list
			start, rule.settle = State{Episode: before.Episode}, 0
		}
		var says []Say
		var any bool
		after.State, says, any = e.steps(m, start, rule)
		seen = seen || any
		if fresh && before.Open && after.Open { // it goes on
			after.Episode, after.Told, after.Since, after.SincePeriod = before.Episode, before.Told, before.Since, before.SincePeriod
		}
		for _, what := range e.worthTelling(before.State, after.State, says, fresh) {
			changes = append(changes, change{key, m.Name, what, after.State})
		}
		if !after.equal(before) {
			changed = append(changed, after)
		}
	}
	if fresh && !seen {
		return nil // nothing is known yet: the rule has not begun
	}
	if fresh {
		for key, k := range states { // seen under another breakdown
			if key.breakdown != r.Breakdown && k.Open {
				k.Open, k.Condition = false, Normal
				changes, changed = append(changes, change{key, k.name, WhatRuleChanged, k.State}), append(changed, k)
			}
		}
	}
	if err := writeStates(ctx, e.tx, r.ID, changed, e.now); err != nil {
		return err
	}
	if err := e.write(ctx, changes); err != nil {
		return err
	}
	_, err = e.tx.Exec(ctx, `/* alerts.judge */ UPDATE alert_rule SET begun_at = coalesce(begun_at, $2), as_at = $3, begun_revision = revision WHERE id = $1`, r.ID, e.now, e.rep.AsAt)
	return err
}

// members are those of the answer, and those that it no longer knows.
func (e *evaluation) members(states map[subjectKey]kept) []subject {
	members := slices.Clone(e.rep.Members)
	for key, k := range states {
		if _, ok := e.rep.member(key.member); !ok && key.member != "" && key.breakdown == e.rule.Breakdown {
			members = append(members, subject{ID: key.member, Name: k.name})
		}
	}
	return members
}

// steps takes one member through every period seen of it; any says whether one of
// them had a value.
func (e *evaluation) steps(m subject, s State, r Rule) (after State, says []Say, any bool) {
	observed := e.rep.observations(m, r, s, e.now)
	if len(m.Series) == 0 {
		observed = []Observation{{Seen: SeenNothing, AsAt: e.rep.AsAt}}
		observed[0].Period.First = s.PeriodFirst
	}
	for _, o := range observed {
		var say Say
		s, say = Step(s, o, e.now, r)
		if say.Tell() {
			says = append(says, say)
		}
		any = any || o.Seen == SeenValue
	}
	return s, says, any
}

// worthTelling is what is left to tell after several periods at once, at the
// first evaluation and after a pause: what fired and recovered in between was
// never seen by anybody.
func (e *evaluation) worthTelling(before, after State, says []Say, fresh bool) []What {
	var out []What
	switch {
	case fresh && before.Open && !after.Open:
		return []What{WhatRuleChanged}
	case fresh && before.Open:
		return nil
	case fresh && after.Open:
		if e.rule.BegunRevision == 0 {
			return []What{WhatBegan}
		}
		return []What{WhatChanged}
	case fresh:
		return nil
	case before.Open && slices.Contains(says, Recovered):
		out = append(out, WhatRecovered)
	case before.Open && after.Open && slices.Contains(says, Worse):
		out = append(out, WhatWorse)
	}
	if after.Open && after.Episode != before.Episode {
		out = append(out, WhatFired)
	}
	if after.Unjudged != "" && after.Unjudged != before.Unjudged && after.Unjudged != after.Period {
		out = append(out, WhatNotJudged)
	}
	if before.Unjudged != "" && after.Unjudged == "" {
		out = append(out, WhatJudged)
	}
	return out
}

// blind writes that the indicator could not be asked.
func (e *evaluation) blind(ctx context.Context, states map[subjectKey]kept) error {
	var changed []kept
	for _, k := range states {
		before := k
		k.State, _ = Step(k.State, Observation{Seen: SeenError}, e.now, e.rule)
		if !k.equal(before) {
			changed = append(changed, k)
		}
	}
	return writeStates(ctx, e.tx, e.rule.ID, changed, e.now)
}
