package house

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
func (h *House) wireAlerts() error {
	if h.Demo != nil {
		var err error
		if h.Inbox, err = receiver.Start("127.0.0.1:0"); err != nil {
			return err
		}
		h.Mail = alerts.Mail{Host: "127.0.0.1", Port: h.Inbox.Port(), From: "OneVision <alerts@example.invalid>", TLS: alerts.TLSNone}
	}
	var err error
	h.Alerts, err = alerts.New(alerts.Options{Pool: h.Ground.Pool, Engine: h.Engine, Responsibilities: h.responsible,
		Viewers: h.Accounts, Mail: h.Mail, PublicURL: h.PublicURL, Now: h.Now, Log: h.Log})
	if err != nil {
		return err
	}
	h.Engine.OnRun(func(ctx context.Context, r indicators.Run) {
		if err := h.Alerts.Evaluate(ctx, h.Now()); err != nil && ctx.Err() == nil {
			h.Log.Error("alerts were not all evaluated", "run", r.ID, "error", err)
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
func (h *House) watch(ctx context.Context) error {
	if h.WaitReady(ctx) != nil {
		return nil
	}
	for tick := time.NewTicker(again); ; {
		select {
		case <-tick.C:
			if err := h.Alerts.Evaluate(ctx, h.Now()); err != nil && ctx.Err() == nil {
				h.Log.Error("alerts were not all evaluated", "error", err)
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
	if a, err := mail.ParseAddress(first(m.Header["From"])); err == nil {
		from = a.String()
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
