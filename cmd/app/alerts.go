package app

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"onevision/alerts"
	"onevision/alerts/receiver"
	"onevision/dashboards"
	"onevision/indicators"
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
		Viewers: a.Accounts, Mail: a.Mail, PublicURL: a.PublicURL, Now: a.Now, Log: a.Log})
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
