package alerts

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// What is a line of an alert's history, and what a notice tells.
type What string

const (
	WhatFired       What = "fired"        // over, for the first time of this alert
	WhatBegan       What = "began"        // it was over already when its rule began
	WhatChanged     What = "changed"      // it is over since the rule was edited
	WhatWorse       What = "worse"        // further over than was told
	WhatRecovered   What = "recovered"    //
	WhatClosed      What = "closed"       // the school or team itself ended
	WhatRuleChanged What = "rule-changed" // no longer over, because the rule was edited
	WhatNotJudged   What = "not-judged"   // a period ended, and too little of it is known
	WhatJudged      What = "judged"       // and now it is
	WhatHandover    What = "handover"     // open already when its reader began to answer for it
	WhatPassed      What = "passed"       // over and back before its reader could be told
	WhatEscalated   What = "escalated"    // nobody acknowledged it in time
	WhatAssigned    What = "assigned"     //
	WhatReminded    What = "reminded"     // it was snoozed, and is still open
)

// opens and ends say what becomes of an alert.
func (w What) opens() bool { return w == WhatFired || w == WhatBegan || w == WhatChanged }
func (w What) ends() bool {
	return w == WhatRecovered || w == WhatClosed || w == WhatRuleChanged
}

// episode is an alert as the record store keeps it: one run of one member over
// its threshold.
type episode struct {
	ID int64
	subjectKey
	Name         string
	Number       int64
	OpenedAt     time.Time
	OpenedPeriod string
	Acknowledged time.Time
	Due          time.Time
	Assigned     int64
	SnoozedUntil time.Time
	Escalated    time.Time
	told         map[int64]time.Time // when a notice was written, by account
	reminded     time.Time           // when it was last told of after a snooze
}

// write opens, marks and ends the alerts of these changes, with their history, and
// writes what those who were told of them are to be told next.
func (e *evaluation) write(ctx context.Context, changes []change) error {
	for _, c := range changes {
		var id int64
		var err error
		switch {
		case c.what.opens():
			err = e.tx.QueryRow(ctx, `/* alerts.write */
				INSERT INTO alert (rule_id, breakdown, member, member_name, episode, opened_at, opened_period) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
				e.rule.ID, c.breakdown, c.member, c.name, c.state.Episode, e.now, c.state.SincePeriod).Scan(&id)
		case c.what.ends():
			err = e.tx.QueryRow(ctx, `/* alerts.write */
				UPDATE alert SET ended_at = $5, ended = $6, member_name = $7 WHERE rule_id = $1 AND breakdown = $2 AND member = $3 AND episode = $4 AND ended_at IS NULL RETURNING id`,
				e.rule.ID, c.breakdown, c.member, c.state.Episode, e.now, string(c.what), c.name).Scan(&id)
		case c.what == WhatWorse:
			err = e.tx.QueryRow(ctx, `/* alerts.write */
				SELECT id FROM alert WHERE rule_id = $1 AND breakdown = $2 AND member = $3 AND episode = $4 AND ended_at IS NULL`,
				e.rule.ID, c.breakdown, c.member, c.state.Episode).Scan(&id)
		default:
			err = e.notJudged(ctx, c)
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("write that an alert %s: %w", c.what, err)
		}
		if id == 0 {
			continue
		}
		if err := e.history(ctx, id, entry{What: c.what, Period: c.state.Period, State: c.state}); err != nil {
			return err
		}
		if err := e.webhooks(ctx, id, c); err != nil {
			return err
		}
		if c.what.opens() {
			continue // follow finds its readers
		}
		// Whoever was told of it, or is about to be, is told what became of it.
		_, err = e.tx.Exec(ctx, `/* alerts.write */
			INSERT INTO alert_notice (rule_id, alert_id, breakdown, member, member_name, account_id, what, at, due_at, digest)
			SELECT $1, $2, $3, $4, $5, account_id, $6, $7, $8, $9 FROM (
				SELECT DISTINCT account_id FROM alert_notice WHERE alert_id = $2 AND dropped_at IS NULL) told
			WHERE NOT EXISTS (SELECT FROM alert_silence s WHERE $6 <> 'recovered' AND s.from_at <= $7 AND s.to_at > $7
				AND (s.rule_id IS NULL OR s.rule_id = $1) AND (s.breakdown IS NULL OR s.breakdown = $3) AND (s.member IS NULL OR s.member = $4))
			  AND NOT EXISTS (SELECT FROM alert WHERE id = $2 AND $6 = 'worse' AND snoozed_until > $7)`,
			e.rule.ID, id, c.breakdown, c.member, c.name, string(c.what), e.now, e.due(), e.rule.Timing == Digest)
		if err != nil {
			return fmt.Errorf("write who is told that an alert %s: %w", c.what, err)
		}
	}
	return nil
}

// notJudged writes that a period was not judged for those who answer for its
// member, to be told with the next digest; once it is judged, what nobody was
// told yet is not told.
func (e *evaluation) notJudged(ctx context.Context, c change) error {
	if c.what == WhatJudged {
		_, err := e.tx.Exec(ctx, `/* alerts.notJudged */
			UPDATE alert_notice SET dropped_at = $4 WHERE rule_id = $1 AND breakdown = $2 AND member = $3 AND what = 'not-judged' AND message_id IS NULL AND dropped_at IS NULL`,
			e.rule.ID, c.breakdown, c.member, e.now)
		return err
	}
	for _, p := range e.responsible(c.subjectKey) {
		_, err := e.tx.Exec(ctx, `/* alerts.notJudged */
			INSERT INTO alert_notice (rule_id, breakdown, member, member_name, account_id, what, at, due_at, digest)
			SELECT $1, $2, $3, $4, $5, 'not-judged', $6, $7, true
			WHERE NOT EXISTS (SELECT FROM alert_notice WHERE rule_id = $1 AND breakdown = $2 AND member = $3 AND account_id = $5 AND what = 'not-judged' AND message_id IS NULL AND dropped_at IS NULL)`,
			e.rule.ID, c.breakdown, c.member, c.name, p.Account, e.now, e.calendar.nextDigest(e.now))
		if err != nil {
			return err
		}
	}
	return nil
}

// responsible are those who answer for the member today.
func (e *evaluation) responsible(k subjectKey) []access.Responsible {
	return responsible(e.roster, k)
}

func responsible(roster access.Roster, k subjectKey) []access.Responsible {
	if id, err := strconv.ParseInt(k.member, 10, 64); err == nil && k.breakdown != "" {
		return roster.For(access.Subject(k.breakdown), id)
	}
	people := roster.For(access.WholeAuthority, 0)
	if k.breakdown != "" { // nobody can answer for a member of such a breakdown
		for i := range people {
			people[i].Instead = true
		}
	}
	return people
}

// entry is one line of an alert's history.
type entry struct {
	What    What
	Account int64 // who did it; 0: the program
	To      int64 // whom it concerns
	Comment string
	Due     time.Time
	Until   time.Time
	Period  string
	State   State
}

func (e *evaluation) history(ctx context.Context, alert int64, l entry) error {
	return writeHistory(ctx, e.tx, alert, e.now, l)
}

func writeHistory(ctx context.Context, tx pgx.Tx, alert int64, now time.Time, l entry) error {
	id := func(n int64) any {
		if n == 0 {
			return nil
		}
		return n
	}
	var value any
	if l.Period != "" {
		value = l.State.Value
	}
	_, err := tx.Exec(ctx, `/* alerts.writeHistory */
		INSERT INTO alert_event (alert_id, at, what, account_id, to_account, comment, due, until_at, period, value)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		alert, now, string(l.What), id(l.Account), id(l.To), l.Comment, orNull(l.Due), orNull(l.Until), l.Period, value)
	if err != nil {
		return fmt.Errorf("write the history of alert %d: %w", alert, err)
	}
	return nil
}
