package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// WhatUnanswered is noted once for an alert that nobody answers for.
const WhatUnanswered What = "unanswered"

// due is when a notice of this rule is told.
func (e *evaluation) due() time.Time {
	if e.rule.Timing == Digest {
		return e.calendar.nextDigest(e.now)
	}
	return afterQuiet(e.now, e.rule.QuietFrom, e.rule.QuietTo)
}

// follow looks after the rule's open alerts: whoever answers for one and was not
// told of it is told, whether it has just opened, or they have just begun to answer
// for it, or it was silenced until now; one that nobody acknowledged goes on to the
// next; one that was snoozed comes back.
func (e *evaluation) follow(ctx context.Context) error {
	open, err := e.open(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	stopped, err := e.stopped(ctx)
	if err != nil {
		return err
	}
	for _, ep := range open {
		if ep.silenced || ep.SnoozedUntil.After(e.now) {
			continue
		}
		people := e.responsible(ep.subjectKey)
		if len(people) == 0 && !ep.unanswered {
			e.alerts.log.ErrorContext(ctx, "an alert that nobody answers for", "rule", e.rule.ID, "alert", ep.ID)
			if err := e.history(ctx, ep.ID, entry{What: WhatUnanswered}); err != nil {
				return err
			}
		}
		late := ep.OpenedAt.Before(e.now) || len(ep.told) > 0
		for _, p := range people {
			if _, told := ep.told[p.Account]; told || stopped[p.Account] {
				continue
			}
			what := ep.opening
			if late {
				what = WhatHandover
			}
			if err := e.notice(ctx, ep, p.Account, what, e.due(), e.rule.Timing == Digest); err != nil {
				return err
			}
		}
		if !ep.SnoozedUntil.IsZero() {
			if err := e.wake(ctx, ep); err != nil {
				return err
			}
		}
		if err := e.escalate(ctx, ep); err != nil {
			return err
		}
	}
	return nil
}

// openAlert is an open alert with what follow needs of it.
type openAlert struct {
	episode
	opening    What // as its history has it
	silenced   bool
	unanswered bool
}

func (e *evaluation) open(ctx context.Context) ([]openAlert, error) {
	rows, _ := e.tx.Query(ctx, `/* alerts.open */
		SELECT a.id, a.breakdown, a.member, a.member_name, a.episode, a.opened_at, a.opened_period, a.acknowledged_at, a.snoozed_until, a.escalated_at,
		       coalesce((SELECT h.what FROM alert_event h WHERE h.alert_id = a.id ORDER BY h.id LIMIT 1), 'fired'),
		       EXISTS (SELECT FROM alert_event h WHERE h.alert_id = a.id AND h.what = 'unanswered'),
		       EXISTS (SELECT FROM alert_silence s WHERE s.from_at <= $2 AND s.to_at > $2 AND (s.rule_id IS NULL OR s.rule_id = a.rule_id)
		               AND (s.breakdown IS NULL OR s.breakdown = a.breakdown) AND (s.member IS NULL OR s.member = a.member))
		FROM alert a WHERE a.rule_id = $1 AND a.ended_at IS NULL ORDER BY a.id FOR UPDATE OF a`, e.rule.ID, e.now)
	var all []openAlert
	at := map[int64]int{}
	var o openAlert
	var acknowledged, snoozed, escalated *time.Time
	_, err := pgx.ForEachRow(rows, []any{&o.ID, &o.breakdown, &o.member, &o.Name, &o.Number, &o.OpenedAt, &o.OpenedPeriod, &acknowledged, &snoozed, &escalated,
		&o.opening, &o.unanswered, &o.silenced}, func() error {
		o.Acknowledged, o.SnoozedUntil, o.Escalated = instant(acknowledged), instant(snoozed), instant(escalated)
		o.told = map[int64]time.Time{}
		if !o.opening.opens() {
			o.opening = WhatFired
		}
		at[o.ID], all = len(all), append(all, o)
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rows, _ = e.tx.Query(ctx, `/* alerts.open */
		SELECT n.alert_id, n.account_id, min(n.due_at) FROM alert_notice n JOIN alert a ON a.id = n.alert_id
		WHERE a.rule_id = $1 AND a.ended_at IS NULL AND n.dropped_at IS NULL GROUP BY 1, 2`, e.rule.ID)
	var id, account int64
	var due time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &account, &due}, func() error {
		if i, ok := at[id]; ok {
			all[i].told[account] = due
		}
		return nil
	})
	return all, err
}

// stopped are the readers who stopped this rule's mail, where it lets them.
func (e *evaluation) stopped(ctx context.Context) (map[int64]bool, error) {
	out := map[int64]bool{}
	if !e.rule.Optional {
		return out, nil
	}
	rows, _ := e.tx.Query(ctx, `/* alerts.stopped */ SELECT account_id FROM alert_stopped WHERE rule_id = $1`, e.rule.ID)
	var account int64
	_, err := pgx.ForEachRow(rows, []any{&account}, func() error { out[account] = true; return nil })
	return out, err
}

func (e *evaluation) notice(ctx context.Context, ep openAlert, account int64, what What, due time.Time, digest bool) error {
	ep.told[account] = due
	return writeNotice(ctx, e.tx, e.rule.ID, ep.episode, account, what, e.now, due, digest)
}

func writeNotice(ctx context.Context, tx pgx.Tx, rule int64, ep episode, account int64, what What, now, due time.Time, digest bool) error {
	_, err := tx.Exec(ctx, `/* alerts.writeNotice */
		INSERT INTO alert_notice (rule_id, alert_id, breakdown, member, member_name, account_id, what, at, due_at, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, rule, ep.ID, ep.breakdown, ep.member, ep.Name, account, string(what), now, due, digest)
	if err != nil {
		return fmt.Errorf("write what account %d is told of alert %d: %w", account, ep.ID, err)
	}
	return nil
}

// wake ends a snooze: those who were told are reminded that it is still open.
func (e *evaluation) wake(ctx context.Context, ep openAlert) error {
	for account, due := range ep.told {
		if due.After(e.now) {
			continue // about to be told anyhow
		}
		if err := writeNotice(ctx, e.tx, e.rule.ID, ep.episode, account, WhatReminded, e.now, e.due(), e.rule.Timing == Digest); err != nil {
			return err
		}
	}
	if err := e.history(ctx, ep.ID, entry{What: WhatReminded}); err != nil {
		return err
	}
	_, err := e.tx.Exec(ctx, `/* alerts.wake */ UPDATE alert SET snoozed_until = NULL WHERE id = $1`, ep.ID)
	return err
}

// escalate passes an alert on that nobody acknowledged within the rule's working
// hours after its first reader was told.
func (e *evaluation) escalate(ctx context.Context, ep openAlert) error {
	if e.rule.EscalateHours == 0 || !ep.Acknowledged.IsZero() || !ep.Escalated.IsZero() || len(ep.told) == 0 {
		return nil
	}
	first := e.now
	for _, due := range ep.told {
		if due.Before(first) {
			first = due
		}
	}
	if e.calendar.workingTime(first, e.now) < time.Duration(e.rule.EscalateHours)*time.Hour {
		return nil
	}
	next := e.roster.For(access.WholeAuthority, 0)
	if e.rule.EscalateTo != 0 {
		next = []access.Responsible{{Account: e.rule.EscalateTo}}
	}
	for _, p := range next {
		if _, told := ep.told[p.Account]; told {
			continue
		}
		if err := e.notice(ctx, ep, p.Account, WhatEscalated, afterQuiet(e.now, e.rule.QuietFrom, e.rule.QuietTo), false); err != nil {
			return err
		}
		if err := e.history(ctx, ep.ID, entry{What: WhatEscalated, To: p.Account}); err != nil {
			return err
		}
	}
	_, err := e.tx.Exec(ctx, `/* alerts.escalate */ UPDATE alert SET escalated_at = $2 WHERE id = $1`, ep.ID, e.now)
	return err
}
