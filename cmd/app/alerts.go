package app

import (
	"context"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/alerts"
	"onevision/alerts/receiver"
	"onevision/dashboards"
	"onevision/indicators"
	"onevision/records"
)

// wireAlerts hangs the alerts on the engine's runs. The demo's mail goes to its
// own receiver, by the same SMTP as anybody's.
func (a *App) wireAlerts() error {
	if a.Demo != nil {
		var err error
		if a.Inbox, err = receiver.Start("127.0.0.1:0"); err != nil {
			return err
		}
		a.Mail = alerts.Mail{Host: "127.0.0.1", Port: a.Inbox.Port(), From: "OneVision <alerts@example.invalid>", TLS: alerts.TLSNone}
	}
	var err error
	a.Alerts, err = alerts.New(alerts.Options{Pool: a.Env.Pool, Engine: a.Engine, Responsibilities: a.responsible,
		Viewers: a.Accounts, Members: members{a.Env.Pool}, Unsettled: a.unsettled(), Settle: a.Settle, Mail: a.Mail, Webhooks: a.Webhooks, PublicURL: a.PublicURL, Now: a.Now, Log: a.Log})
	if err != nil {
		return err
	}
	a.Engine.OnRun(func(ctx context.Context, r indicators.Run) {
		if err := a.Alerts.Evaluate(ctx, a.Now()); err != nil && ctx.Err() == nil {
			a.Log.Error("alerts were not all evaluated", "run", r.ID, "error", err)
		}
	})
	return nil
}

// members reads which schools and teams have ended from their records.
type members struct{ pool *pgxpool.Pool }

// Ended implements alerts.Members.
func (m members) Ended(ctx context.Context, breakdown string, day time.Time) (map[string]time.Time, error) {
	kind, ok := records.KindOf(breakdown)
	if !ok || kind.Category != access.Organisation {
		return nil, nil // its members are codes, which do not end
	}
	if _, ends := kind.Field("to_date"); !ends {
		return nil, nil
	}
	ended := map[string]time.Time{}
	err := access.InTx(ctx, m.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* app.members.Ended */ SELECT id::text, to_date FROM `+pgx.Identifier{kind.Table}.Sanitize()+` WHERE to_date <= $1`, day)
		var id string
		var to time.Time
		_, err := pgx.ForEachRow(rows, []any{&id, &to}, func() error { ended[id] = to; return nil })
		return err
	})
	return ended, err
}

const (
	// A stream of changes that never pauses is judged after this all the same: what
	// is told must then stand for the settle time.
	judgedAfter = 10 * time.Minute
	// A batch that was not finished for this long was cut off.
	batchLasts = 6 * time.Hour
	streaming  = 0.05 // of the time goes into applying changes: they come in a stream
)

// unsettled reports whether facts as at an instant lie within an import, or within a
// stream of changes.
func (a *App) unsettled() func(ctx context.Context, asAt time.Time) (bool, error) {
	var mu sync.Mutex
	var since time.Time
	return func(ctx context.Context, asAt time.Time) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		switch _, lately := a.Warehouse.Pressure(); {
		case lately <= streaming:
			since = time.Time{}
		case since.IsZero():
			since = a.Now()
			return true, nil
		case a.Now().Sub(since) < judgedAfter:
			return true, nil
		}
		var open bool
		err := access.InTx(ctx, a.Env.Pool, access.System(access.Importing), func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `/* app.unsettled */ SELECT EXISTS (SELECT FROM batch
				WHERE started_at <= $1 AND (finished_at > $1 OR finished_at IS NULL AND started_at > $2))`, asAt, asAt.Add(-batchLasts)).Scan(&open)
		})
		return open, err
	}
}

// again is how often the rules are evaluated although nothing was computed: an
// evaluation must not wait for the next change because the record store was away
// for a moment, or because the run's facts seemed older than those seen before (a
// commit's own time can lie a moment before that of a look at the idle log).
const again = 10 * time.Second

// watch evaluates the rules now and then, until ctx ends.
func (a *App) watch(ctx context.Context) error {
	if a.WaitReady(ctx) != nil {
		return nil
	}
	for tick := time.NewTicker(again); ; {
		select {
		case <-tick.C:
			if err := a.Alerts.Evaluate(ctx, a.Now()); err != nil && ctx.Err() == nil {
				a.Log.Error("alerts were not all evaluated", "error", err)
			}
			if err := a.Alerts.SendSubscriptions(ctx, a.subscribed); err != nil && ctx.Err() == nil {
				a.Log.Error("subscriptions were not all sent", "error", err)
			}
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

// inbox shows the demo's received mail to its pages.
type inbox struct{ r *receiver.Receiver }

func (i inbox) Mails(context.Context) ([]dashboards.Mail, error) {
	var mails []dashboards.Mail
	for _, m := range i.r.Messages() {
		mails = append(mails, received(m))
	}
	return mails, nil
}

func (i inbox) Mail(_ context.Context, id string) (dashboards.Mail, error) {
	for _, m := range i.r.Messages() {
		if received(m).ID == id {
			return received(m), nil
		}
	}
	return dashboards.Mail{}, dashboards.ErrNoMail
}

func received(m receiver.Message) dashboards.Mail {
	from := m.From
	if address, err := mail.ParseAddress(first(m.Header["From"])); err == nil {
		from = address.String()
	}
	// The part before the @ is one of its kind; the rest is the server's name.
	id, _, _ := strings.Cut(m.ID, "@")
	return dashboards.Mail{ID: id, Received: m.ReceivedAt, From: from, To: strings.Join(m.To, ", "), Subject: m.Subject, Text: m.Text, HTML: m.HTML}
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
