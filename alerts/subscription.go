package alerts

// Subscriptions: what somebody has sent to themselves by schedule. The letter leads to
// the page, behind sign-in; it holds figures only for a reader who is shown published
// ones, of which no small number is left.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
)

// Subscription is one.
type Subscription struct {
	ID        int64
	Account   int64
	What      string // dashboard, workbook, question
	Query     string // of a question: what stands in its address
	Name      string // as its owner calls it
	Schedule  string // one of Schedules
	NextAt    time.Time
	LastAt    time.Time // zero: nothing has been sent yet
	LastError string
}

// Schedule is when a subscription is sent.
type Schedule struct{ Cron, Text string }

// Schedules are those that may be chosen: before the working day begins.
var Schedules = []Schedule{{"0 7 * * 1-5", "Each weekday at 7am"}, {"0 7 * * 1", "Each Monday at 7am"}, {"0 7 1 * *", "On the first of each month at 7am"}}

// Contents is what there is to tell of a subscription to its owner, as they may see it.
type Contents struct {
	Page    string   // where it leads: a path
	Filters []string // what is asked for, in words
	// Figures are lines of measure, figure and period. They are left out of the letter
	// of a reader who sees exact figures: mail is read on other people's machines.
	Figures [][3]string
}

// Subscribed gives the contents of a subscription; an error is why there are none.
type Subscribed func(ctx context.Context, v access.Viewer, s Subscription) (Contents, error)

// MostSubscriptions is how many somebody may have.
const MostSubscriptions = 20

// ErrTooMany: somebody has as many subscriptions as they may.
var ErrTooMany = errors.New("no more subscriptions can be made")

// Subscribe makes a subscription of the viewer's own.
func (a *Alerts) Subscribe(ctx context.Context, v access.Viewer, s Subscription) error {
	if v.Account() == 0 || !v.May(access.ViewDashboards) || s.What == "workbook" && !v.May(access.Export) {
		return ErrNotFound
	}
	next, err := indicators.NextTime(s.Schedule, a.now())
	if err != nil {
		return fmt.Errorf("make a subscription: %w", err)
	}
	tag, err := a.pool.Exec(ctx, `/* alerts.Subscribe */ INSERT INTO alert_subscription (account_id, what, query, name, schedule, made_at, next_at)
		SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM alert_subscription WHERE account_id = $1) < $8`,
		v.Account(), s.What, s.Query, s.Name, s.Schedule, a.now(), next, MostSubscriptions)
	if err != nil {
		return fmt.Errorf("make a subscription: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrTooMany
	}
	return nil
}

// Subscriptions are the viewer's own.
func (a *Alerts) Subscriptions(ctx context.Context, v access.Viewer) ([]Subscription, error) {
	return a.subscriptions(ctx, `account_id = $1 ORDER BY name, id`, v.Account())
}

func (a *Alerts) subscriptions(ctx context.Context, where string, args ...any) ([]Subscription, error) {
	rows, _ := a.pool.Query(ctx, `/* alerts.subscriptions */ SELECT id, account_id, what, query, name, schedule, next_at, last_at, last_error FROM alert_subscription WHERE `+where, args...)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Subscription, error) {
		var s Subscription
		var last *time.Time
		err := row.Scan(&s.ID, &s.Account, &s.What, &s.Query, &s.Name, &s.Schedule, &s.NextAt, &last, &s.LastError)
		s.LastAt = instant(last)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the subscriptions: %w", err)
	}
	return all, nil
}

// EndSubscription ends one of the viewer's own; ErrNotFound for any other.
func (a *Alerts) EndSubscription(ctx context.Context, v access.Viewer, id int64) error {
	tag, err := a.pool.Exec(ctx, `/* alerts.EndSubscription */ DELETE FROM alert_subscription WHERE id = $1 AND account_id = $2`, id, v.Account())
	if err != nil {
		return fmt.Errorf("end a subscription: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	return nil
}

// SendSubscriptions writes the letters of those that are due: each once, however long the
// program was down. Whoever is no longer let in gets none. Where there is nothing to tell
// because something failed, the letter says so.
func (a *Alerts) SendSubscriptions(ctx context.Context, contents Subscribed) error {
	due, err := a.subscriptions(ctx, `next_at <= $1 ORDER BY next_at, id LIMIT 200`, a.now())
	if err != nil {
		return err
	}
	var failed []error
	for _, s := range due {
		if err := a.sendSubscription(ctx, s, contents); err != nil {
			failed = append(failed, fmt.Errorf("subscription %d: %w", s.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (a *Alerts) sendSubscription(ctx context.Context, s Subscription, contents Subscribed) error {
	next, err := indicators.NextTime(s.Schedule, a.now())
	if err != nil {
		return err
	}
	v, err := a.viewers.Viewer(ctx, s.Account)
	if access.Transient(err) {
		return err
	}
	var l *letter
	failure := ""
	switch {
	case err != nil || !v.May(access.ViewDashboards):
		failure = "the account is not let in"
	default:
		c, err := contents(ctx, v, s)
		if access.Transient(err) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err != nil {
			failure = "it could not be made: what it asks for may be no more, or not be yours to see"
			a.log.WarnContext(ctx, "a subscription could not be made", "subscription", s.ID, "error", err)
		}
		made := a.subscriptionLetter(v, s, c, failure)
		l = &made
	}
	return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* alerts.sendSubscription */ UPDATE alert_subscription SET next_at = $3, last_at = CASE WHEN $5 THEN $4 ELSE last_at END, last_error = $6 WHERE id = $1 AND next_at = $2`,
			s.ID, s.NextAt, next, a.now(), l != nil, failure)
		if err != nil || tag.RowsAffected() == 0 || l == nil { // another program sent it, or it has been ended
			return err
		}
		return a.announce(ctx, tx, "subscription", "subscription.", []int64{s.Account}, *l)
	})
}

func (a *Alerts) subscriptionLetter(v access.Viewer, s Subscription, c Contents, failure string) letter {
	l := letter{Subject: line(s.Name), Heading: s.Name, Stop: a.address("/subscriptions"), ReplyTo: a.replyTo,
		Why: []string{"You get this letter because you asked for it: " + scheduleText(s.Schedule) + "."}}
	if failure != "" {
		l.Subject, l.Lead = line(s.Name)+": it could not be sent", "This subscription failed: "+failure+". Open the page, or end the subscription and make another."
	}
	l.Actions = []action{{map[string]string{"workbook": "Download the workbook", "dashboard": "Open your dashboard", "question": "Open the answer"}[s.What], a.address(cmp.Or(c.Page, "/"))}}
	if failure != "" {
		l.Actions = []action{{"Your subscriptions", a.address("/subscriptions")}}
		return l
	}
	l.Lead = "The figures are behind your sign-in: open the page to see them as they are then."
	of := section{}
	for _, f := range c.Filters {
		of.Facts = append(of.Facts, fact{"Shows", f})
	}
	if len(c.Figures) > 0 && !v.May(access.ExactFigures) && !v.May(access.OwnFigures) {
		l.Lead = "These are the figures as they were published. Small numbers are not among them."
		t := table{Caption: s.Name, Head: []string{"Measure", "Figure", "Period"}}
		for _, f := range c.Figures {
			t.Rows = append(t.Rows, row{Cells: f[:]})
		}
		of.Tables = []table{t}
	}
	if len(of.Facts)+len(of.Tables) > 0 {
		l.Sections = []section{of}
	}
	return l
}

func scheduleText(cron string) string {
	for _, s := range Schedules {
		if s.Cron == cron {
			return s.Text
		}
	}
	return cron
}
