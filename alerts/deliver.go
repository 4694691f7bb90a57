package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"onevision/access"
)

const mailQueue = "mail"

// job is the delivery of one message. It holds the id and nothing of the
// letter, so nothing of a letter stands in the queue's tables.
type job struct {
	Message int64 `json:"message"`
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "alert_mail" }

func (a *Alerts) queue() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &postman{alerts: a}); err != nil {
		return nil, fmt.Errorf("the mail queue: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(a.pool), &river.Config{
		Queues:  map[string]river.QueueConfig{mailQueue: {MaxWorkers: 4}},
		Workers: workers,
		// Attempts count failures of the record store only (see Work).
		MaxAttempts: 1000,
		Logger:      a.log,
		// A letter that was being sent when the program was killed is taken up
		// again after this, with the same Message-ID.
		JobTimeout:           2 * patience,
		RescueStuckJobsAfter: 2*patience + 15*time.Second,
		SoftStopTimeout:      5 * time.Second,
		// Rebuilding an index takes its owner, which the program is not.
		ReindexerSchedule: river.NeverSchedule(),
	})
	if err != nil {
		return nil, fmt.Errorf("the mail queue: %w", err)
	}
	return client, nil
}

// Start delivers mail, what was left from before included, until ctx ends or
// Stop is called. It returns once delivery has begun.
func (a *Alerts) Start(ctx context.Context) error {
	if err := a.river.Start(ctx); err != nil {
		return fmt.Errorf("start delivering mail: %w", err)
	}
	return nil
}

// Stop ends delivery; the letters being handed over are finished, or go again
// at the next Start.
func (a *Alerts) Stop(ctx context.Context) error { return a.river.Stop(ctx) }

// postman is the queue's worker.
type postman struct {
	river.WorkerDefaults[job]
	alerts *Alerts
}

// Work delivers one message at least once, always with the same Message-ID. A
// mail server that is away is waited for without limit; what it refuses for
// good is kept with its reason.
func (p *postman) Work(ctx context.Context, j *river.Job[job]) error {
	a, id := p.alerts, j.Args.Message
	m, attempts, done, err := a.parcel(ctx, id)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	err = a.post.Post(ctx, m)
	if ctx.Err() != nil && err != nil {
		return river.JobSnooze(0) // stopping
	}
	var no refused
	switch {
	case err == nil:
		return access.InTx(ctx, a.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `/* alerts.postman.Work */
				UPDATE alert_message SET sent_at = $2, attempts = attempts + 1, last_error = NULL, failed_at = NULL WHERE id = $1`, id, a.now()); err != nil {
				return fmt.Errorf("note that message %d was sent: %w", id, err)
			}
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, j)
			return err
		})
	case errors.As(err, &no):
		a.log.ErrorContext(ctx, "alert mail refused by the mail server", "message", id)
		if err := a.note(ctx, id, err, true); err != nil {
			return err
		}
		return river.JobCancel(fmt.Errorf("message %d was refused", id))
	default:
		wait := backoff(attempts)
		a.log.WarnContext(ctx, "alert mail not delivered yet", "message", id, "attempt", attempts+1, "again_in", wait.String())
		if err := a.note(ctx, id, err, false); err != nil {
			return err
		}
		return river.JobSnooze(wait)
	}
}

// NextRetry is for errors of the record store; those of the mail server snooze.
func (p *postman) NextRetry(j *river.Job[job]) time.Time {
	return p.alerts.now().Add(backoff(j.Attempt))
}

// backoff grows from one second to one minute, so that a mail server that
// comes back has its backlog within about a minute.
func backoff(attempts int) time.Duration {
	return min(time.Minute, time.Second<<min(attempts, 6))
}

// parcel reads a message to deliver; done when there is nothing left to do:
// it was sent, or its reader's account is closed or has no address any more.
func (a *Alerts) parcel(ctx context.Context, id int64) (p parcel, attempts int, done bool, err error) {
	var sent, failed *time.Time
	var reply *string
	var open bool
	err = a.pool.QueryRow(ctx, `/* alerts.parcel */
		SELECT m.message_id, m.in_reply_to, coalesce(c.email, ''), c.display_name, m.subject, m.body_text, m.body_html, m.created_at, m.sent_at, m.failed_at, m.attempts,
		       c.disabled_at IS NULL
		FROM alert_message m JOIN account c ON c.id = m.account_id WHERE m.id = $1`, id).
		Scan(&p.MessageID, &reply, &p.To, &p.Name, &p.Subject, &p.Text, &p.HTML, &p.At, &sent, &failed, &attempts, &open)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, 0, true, nil
	}
	if err != nil {
		return p, 0, false, fmt.Errorf("read message %d: %w", id, err)
	}
	if reply != nil {
		p.InReplyTo = *reply
	}
	if sent == nil && failed == nil && (!open || p.To == "") {
		return p, attempts, true, a.note(ctx, id, errors.New("the reader's account is closed or has no address"), true)
	}
	return p, attempts, sent != nil || failed != nil, nil
}

// note keeps why a message was not delivered, for those who look after the
// system: what the mail server said, and nothing of the letter.
func (a *Alerts) note(ctx context.Context, id int64, why error, final bool) error {
	_, err := a.pool.Exec(ctx, `/* alerts.note */
		UPDATE alert_message SET attempts = attempts + 1, last_error = $2, failed_at = CASE WHEN $3 THEN $4::timestamptz END WHERE id = $1`,
		id, cut(why.Error(), 500), final, a.now())
	if err != nil {
		return fmt.Errorf("note why message %d was not sent: %w", id, err)
	}
	return nil
}

func cut(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
