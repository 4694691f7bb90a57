package alerts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
)

// What people do about an alert; each is a line of its history.
const (
	WhatAcknowledged What = "acknowledged" // seen, with what will be done and until when
	WhatActed        What = "acted"        // something was done
	WhatSnoozed      What = "snoozed"      // not told again until a time
	WhatReviewed     What = "reviewed"     // after its end: whether what was done has helped
)

// Deed is something that a person does about an alert.
type Deed struct {
	What    What // acknowledged, assigned, acted, snoozed or reviewed
	Comment string
	Due     time.Time // of an acknowledgement: the day until when it is done
	To      int64     // of an assignment: the account
	Until   time.Time // of a snooze
}

// Invalid says which field of a deed is wrong, in words for a form.
type Invalid struct{ Field, Text string }

func (i Invalid) Error() string { return i.Text }

const longestComment = 2000

func (d Deed) check(now time.Time) error {
	switch comment := strings.TrimSpace(d.Comment); {
	case len(comment) > longestComment:
		return Invalid{"comment", fmt.Sprintf("The comment must be %d characters or fewer", longestComment)}
	case (d.What == WhatActed || d.What == WhatReviewed) && comment == "":
		return Invalid{"comment", "Say what was done"}
	case d.What == WhatAcknowledged && d.Due.IsZero():
		return Invalid{"due", "Enter the day until when it will be done"}
	case d.What == WhatAcknowledged && d.Due.Before(indicators.DayOf(now)):
		return Invalid{"due", "The day until when it will be done must not be in the past"}
	case d.What == WhatAcknowledged && d.Due.After(indicators.DayOf(now).AddDate(1, 0, 0)):
		return Invalid{"due", "The day until when it will be done must be within a year"}
	case d.What == WhatAssigned && d.To == 0:
		return Invalid{"to", "Choose whom to assign it to"}
	case d.What == WhatSnoozed && !d.Until.After(now):
		return Invalid{"until", "The day until when it is snoozed must be in the future"}
	case d.What == WhatSnoozed && d.Until.After(now.AddDate(0, 3, 0)):
		return Invalid{"until", "An alert can be snoozed for three months at the most"}
	}
	return nil
}

// Do writes what a person did about an alert into its history. Who may: whoever
// was told of it, answers for its member today, or has it assigned to them; to
// anybody else it is ErrNotFound. What is wrong with the deed is an Invalid.
func (a *Alerts) Do(ctx context.Context, v access.Viewer, id int64, d Deed) error {
	if !watches(v) || v.Account() == 0 {
		return ErrNotFound
	}
	now := a.now()
	if err := d.check(now); err != nil {
		return err
	}
	d.Comment = strings.TrimSpace(d.Comment)
	err := access.InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		ep, rule, ended, err := a.mine(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if ended != (d.What == WhatReviewed) {
			return Invalid{"", "The alert has ended, or has not ended yet: open it again to see how it stands"}
		}
		switch d.What {
		case WhatAcknowledged:
			_, err = tx.Exec(ctx, `/* alerts.Do */ UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3, due = $4 WHERE id = $1`, id, now, v.Account(), d.Due)
		case WhatAssigned:
			err = a.assign(ctx, tx, rule, ep, d.To, now)
		case WhatSnoozed:
			_, err = tx.Exec(ctx, `/* alerts.Do */ UPDATE alert SET snoozed_until = $2 WHERE id = $1`, id, d.Until)
		case WhatReviewed:
			_, err = tx.Exec(ctx, `/* alerts.Do */ UPDATE alert SET reviewed_at = $2 WHERE id = $1`, id, now)
		case WhatActed:
		default:
			return fmt.Errorf("an alert cannot be %q by a person", d.What)
		}
		if err != nil {
			return err
		}
		if err := writeHistory(ctx, tx, id, now, entry{What: d.What, Account: v.Account(), To: d.To, Comment: d.Comment, Due: d.Due, Until: d.Until}); err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: string(d.What), Kind: "alert", Record: id})
	})
	if err == nil && d.What == WhatAssigned {
		if err := a.Tell(ctx, now); err != nil { // the next evaluation tells it otherwise
			a.log.WarnContext(ctx, "an assignment was not told at once", "alert", id, "error", err)
		}
	}
	return err
}

// mine reads and locks an alert that the viewer may do something about.
func (a *Alerts) mine(ctx context.Context, tx pgx.Tx, v access.Viewer, id int64) (ep episode, rule int64, ended bool, err error) {
	var told bool
	err = tx.QueryRow(ctx, `/* alerts.mine */
		SELECT a.id, a.rule_id, a.breakdown, a.member, a.member_name, a.ended_at IS NOT NULL,
		       coalesce(a.assigned_to = $2, false) OR EXISTS (SELECT FROM alert_notice n WHERE n.alert_id = a.id AND n.account_id = $2 AND n.dropped_at IS NULL)
		FROM alert a WHERE a.id = $1 FOR UPDATE`, id, v.Account()).Scan(&ep.ID, &rule, &ep.breakdown, &ep.member, &ep.Name, &ended, &told)
	if errors.Is(err, pgx.ErrNoRows) {
		return ep, 0, false, ErrNotFound
	}
	if err == nil && !sees(v, ep.breakdown, ep.member) { // told of it when they still answered for its member
		return ep, 0, false, ErrNotFound
	}
	if err != nil || told {
		return ep, rule, ended, err
	}
	roster, err := a.who.On(ctx, indicators.DayOf(a.now()))
	if err != nil {
		return ep, 0, false, err
	}
	for _, p := range responsible(roster, ep.subjectKey) {
		if p.Account == v.Account() {
			return ep, rule, ended, nil
		}
	}
	return ep, 0, false, ErrNotFound
}

// assign gives the alert to somebody who is then told of it at once.
func (a *Alerts) assign(ctx context.Context, tx pgx.Tx, rule int64, ep episode, to int64, now time.Time) error {
	v, err := a.viewers.Viewer(ctx, to)
	if errors.Is(err, access.ErrNoAccount) || err == nil && (!watches(v) || !sees(v, ep.breakdown, ep.member)) {
		return Invalid{"to", "Choose somebody who can open alerts"}
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `/* alerts.assign */ UPDATE alert SET assigned_to = $2 WHERE id = $1`, ep.ID, to); err != nil {
		return fmt.Errorf("assign alert %d: %w", ep.ID, err)
	}
	return writeNotice(ctx, tx, rule, ep, to, WhatAssigned, now, now, false)
}

// Line is one line of an alert's history.
type Line struct {
	At      time.Time
	What    What
	By      string // "" for the program
	To      string
	Comment string
	Due     time.Time
	Until   time.Time
	Period  string
}

// Detail is an alert with everything that happened to it.
type Detail struct {
	Alert
	History []Line    // the newest first
	May     bool      // the viewer may do something about it
	People  []Account // whom it can be assigned to; empty unless May
}

// Account is somebody whom an alert can be assigned to.
type Account struct {
	ID   int64
	Name string
	Role access.Role
}

// Alert gives one alert with its history. ErrNotFound for one that is not there and
// for a viewer who may not view dashboards.
func (a *Alerts) Alert(ctx context.Context, v access.Viewer, id int64) (Detail, error) {
	found, err := a.list(ctx, v, `a.id = $3`, id)
	if err != nil {
		return Detail{}, err
	}
	if len(found) == 0 {
		return Detail{}, ErrNotFound
	}
	d := Detail{Alert: found[0]}
	rows, _ := a.pool.Query(ctx, `/* alerts.Alert */
		SELECT h.at, h.what, coalesce(b.display_name, ''), coalesce(c.display_name, ''), h.comment, h.due, h.until_at, h.period
		FROM alert_event h LEFT JOIN account b ON b.id = h.account_id LEFT JOIN account c ON c.id = h.to_account WHERE h.alert_id = $1 ORDER BY h.id DESC`, id)
	var l Line
	var due, until *time.Time
	_, err = pgx.ForEachRow(rows, []any{&l.At, &l.What, &l.By, &l.To, &l.Comment, &due, &until, &l.Period}, func() error {
		l.Due, l.Until = instant(due), instant(until)
		d.History = append(d.History, l)
		return nil
	})
	if err != nil {
		return Detail{}, fmt.Errorf("read the history of alert %d: %w", id, err)
	}
	err = access.InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		_, _, _, err := a.mine(ctx, tx, v, id)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return d, nil
	}
	if err != nil {
		return Detail{}, err
	}
	d.May = true
	rows, _ = a.pool.Query(ctx, `/* alerts.Alert */ SELECT id, display_name, role FROM account WHERE disabled_at IS NULL AND email <> '' ORDER BY display_name, id`)
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Account])
	if err != nil {
		return Detail{}, fmt.Errorf("read whom an alert can be assigned to: %w", err)
	}
	for _, p := range people {
		if viewer, err := a.viewers.Viewer(ctx, p.ID); err == nil && watches(viewer) && sees(viewer, d.Alert.Breakdown, d.Alert.Member) {
			d.People = append(d.People, p)
		}
	}
	return d, nil
}

// StopMail stops a rule's mail for the viewer, where the rule lets its readers.
func (a *Alerts) StopMail(ctx context.Context, v access.Viewer, rule int64, stop bool) error {
	if !v.Anybody() || v.Account() == 0 {
		return ErrNotFound
	}
	return access.InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		sql := `/* alerts.StopMail */ DELETE FROM alert_stopped WHERE rule_id = $1 AND account_id = $2`
		args := []any{rule, v.Account()}
		if stop {
			sql = `/* alerts.StopMail */ INSERT INTO alert_stopped (rule_id, account_id, at) SELECT id, $2, $3 FROM alert_rule WHERE id = $1 AND optional ON CONFLICT DO NOTHING`
			args = append(args, a.now())
		}
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}
