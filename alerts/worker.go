package alerts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

const (
	atOnce      = 4                  // envelopes handed over at once by one program
	lookEvery   = time.Second        // for messages that are due or that another program wrote
	mostDoubts  = 3                  // times that an envelope goes out without an answer to it
	deferredFor = 5 * 24 * time.Hour // that a mail server may go on putting one message off (RFC 5321 4.5.4.1)
)

// mailWorker hands over the messages of this record store, each reader's in the
// order in which they were written. Several programs may: whoever holds a message's
// advisory lock, on a connection of its own, has it in hand, and a program that dies
// lets go of it.
type mailWorker struct {
	alerts *Alerts
	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
	// A message that may have been taken goes again after this, then after four times as long.
	afterDoubt time.Duration

	watch func(in string, id int64) // for tests: what the worker just did; nil: nobody asks

	mu    sync.Mutex // guards what follows
	locks *pgxpool.Conn
	hands map[int64]bool // messages in hand
}

func (w *mailWorker) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Start delivers messages, what was left from before included, until Stop.
func (a *Alerts) Start(ctx context.Context) error {
	if err := a.pool.Ping(ctx); err != nil {
		return fmt.Errorf("start delivering mail: %w", err)
	}
	w := a.mailbag
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done = make(chan struct{})
	go w.run(ctx)
	return nil
}

// Stop ends delivery: what is being handed over is finished within ctx, or goes
// again at the next Start.
func (a *Alerts) Stop(ctx context.Context) error {
	w := a.mailbag
	if w.cancel == nil {
		return nil
	}
	w.cancel()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *mailWorker) run(ctx context.Context) {
	defer close(w.done)
	var busy sync.WaitGroup
	free := make(chan struct{}, atOnce)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		ids, err := w.due(ctx)
		if err != nil && ctx.Err() == nil {
			w.alerts.log.WarnContext(ctx, "messages to deliver were not read", "error", err)
		}
		for _, id := range ids {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				continue
			}
			if !w.take(ctx, id) {
				w.seen("left", id)
				<-free
				continue
			}
			busy.Go(func() {
				defer func() { w.release(id); <-free; w.signal() }()
				if err := w.deliver(ctx, id); err != nil && ctx.Err() == nil {
					w.alerts.log.WarnContext(ctx, "a message was not delivered", "message", id, "error", err)
				}
			})
		}
		w.seen("looked", int64(len(ids)))
		select {
		case <-w.wake:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	busy.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.locks != nil {
		w.locks.Release()
		w.locks = nil
	}
}

func (w *mailWorker) seen(what string, id int64) {
	if w.watch != nil {
		w.watch(what, id)
	}
}

// due are the messages that may go now: of each reader the oldest, unless it waits.
func (w *mailWorker) due(ctx context.Context) ([]int64, error) {
	rows, _ := w.alerts.pool.Query(ctx, `/* alerts.mailWorker.due */
		SELECT id FROM (
			SELECT DISTINCT ON (channel, account_id, recipient) id, next_at FROM alert_message
			WHERE sent_at IS NULL AND failed_at IS NULL AND superseded_at IS NULL ORDER BY channel, account_id, recipient, id) m
		WHERE next_at IS NULL OR next_at <= $1 ORDER BY id LIMIT 200`, w.alerts.now())
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out := ids[:0]
	for _, id := range ids {
		if !w.hands[id] {
			out = append(out, id)
		}
	}
	return out, nil
}

// take locks the message for this program; false when another has it.
func (w *mailWorker) take(ctx context.Context, id int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hands[id] {
		return false
	}
	if w.locks != nil && w.locks.Conn().IsClosed() {
		w.locks.Release()
		w.locks = nil
	}
	if w.locks == nil {
		c, err := w.alerts.pool.Acquire(ctx)
		if err != nil {
			return false
		}
		w.locks = c
	}
	var got bool
	err := w.locks.QueryRow(ctx, `/* alerts.mailWorker.take */ SELECT pg_try_advisory_lock(hashtext('onevision alert message'), $1::bigint::integer)`, id).Scan(&got)
	if err != nil || !got {
		return false
	}
	w.hands[id] = true
	return true
}

func (w *mailWorker) release(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.hands, id)
	if w.locks == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// A connection that is lost has let go already.
	_, _ = w.locks.Exec(ctx, `/* alerts.mailWorker.release */ SELECT pg_advisory_unlock(hashtext('onevision alert message'), $1::bigint::integer)`, id)
}

// deliver hands one message over, at least once and always with the same
// Message-ID, and keeps what was answered.
func (w *mailWorker) deliver(ctx context.Context, id int64) error {
	a := w.alerts
	m, err := w.open(ctx, id)
	if err != nil || m == nil {
		return err
	}
	n := a.notifiers[m.channel]
	if n == nil {
		return w.close(ctx, m, "refused", fmt.Sprintf("there is no %q to send it by any more", m.channel), time.Time{})
	}
	handing, cancel := handing(ctx)
	answer, err := n.notify(handing, m.envelope)
	cancel()
	// What was answered is kept although the program is stopping.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var no refused
	var maybe doubtful
	var later putOff
	switch {
	case err == nil:
		return w.close(ctx, m, "sent", answer, time.Time{})
	case errors.As(err, &no):
		a.log.ErrorContext(ctx, "message refused", "message", id, "channel", m.channel)
		return w.close(ctx, m, "refused", err.Error(), time.Time{})
	case errors.As(err, &maybe):
		m.doubts++
		if m.doubts >= mostDoubts {
			a.log.ErrorContext(ctx, "message given up: handed over without an answer", "message", id, "times", m.doubts)
			return w.close(ctx, m, "refused", fmt.Sprintf("handed over %d times without an answer, so its reader may have it more than once: %s", m.doubts, err), time.Time{})
		}
		return w.close(ctx, m, "doubtful", err.Error(), a.now().Add(w.afterDoubt*time.Duration(m.doubts*m.doubts)))
	case errors.As(err, &later) && a.now().Sub(m.first) > deferredFor:
		return w.close(ctx, m, "refused", "put off for five days: "+err.Error(), time.Time{})
	}
	wait := backoff(m.attempts)
	a.log.WarnContext(ctx, "message not delivered yet", "message", id, "channel", m.channel, "attempt", m.attempts+1, "again_in", wait.String())
	return w.close(ctx, m, "deferred", err.Error(), a.now().Add(wait))
}

// handing is the context of one conversation: a program that stops lets it go on for
// a few seconds.
func handing(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(5*time.Second, cancel) })
	return lasting, func() { stop(); cancel() }
}

// backoff grows from one second to one minute, so that a mail server that
// comes back has its backlog within about a minute.
func backoff(attempts int) time.Duration {
	return min(time.Minute, time.Second<<min(attempts, 6))
}

type outgoing struct {
	envelope
	channel  string
	attempts int
	first    time.Time // attempt
	doubts   int
}

// open reads a message to deliver and notes that it is in hand; nil when there is
// nothing left to do: it was sent or replaced, or its reader's account is closed or
// has no address any more. One that was in hand when its program ended may have been
// taken.
func (w *mailWorker) open(ctx context.Context, id int64) (*outgoing, error) {
	m := &outgoing{}
	var reply *string
	var refs string
	var handing *time.Time
	var recipient string
	var closed bool
	err := access.InTx(ctx, w.alerts.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `/* alerts.mailWorker.open */
			SELECT m.id, m.message_id, m.in_reply_to, m.refs, m.channel, m.recipient, coalesce(c.email, ''), coalesce(c.display_name, ''), m.subject, m.body_text, m.body_html,
			       m.created_at, m.attempts, m.doubtful, m.handing_at, m.unsubscribe, m.account_id IS NOT NULL AND (c.disabled_at IS NOT NULL OR coalesce(c.email, '') = ''),
			       coalesce((SELECT min(d.at) FROM alert_delivery d WHERE d.message_id = m.id), $2)
			FROM alert_message m LEFT JOIN account c ON c.id = m.account_id
			WHERE m.id = $1 AND m.sent_at IS NULL AND m.failed_at IS NULL AND m.superseded_at IS NULL FOR UPDATE OF m`, id, w.alerts.now()).
			Scan(&m.ID, &m.MessageID, &reply, &refs, &m.channel, &recipient, &m.To, &m.Name, &m.Subject, &m.Text, &m.HTML, &m.At, &m.attempts, &m.doubts, &handing, &m.Stop, &closed, &m.first)
		if err != nil {
			return err
		}
		if handing != nil {
			m.doubts++
		}
		if !closed {
			_, err = tx.Exec(ctx, `/* alerts.mailWorker.open */ UPDATE alert_message SET handing_at = $2, doubtful = $3 WHERE id = $1`, id, w.alerts.now(), m.doubts)
		}
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", id, err)
	}
	if reply != nil {
		m.InReplyTo = *reply
	}
	m.References = strings.Fields(refs)
	if closed {
		return nil, w.close(ctx, m, "refused", "the reader's account is closed or has no address", time.Time{})
	}
	return m, nil
}

// close keeps how an attempt ended: what the other side said, and nothing of the
// message.
func (w *mailWorker) close(ctx context.Context, m *outgoing, outcome, answer string, again time.Time) error {
	now := w.alerts.now()
	return access.InTx(ctx, w.alerts.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* alerts.mailWorker.close */
			UPDATE alert_message SET handing_at = NULL, attempts = attempts + 1, doubtful = $3, next_at = $4,
				sent_at = CASE WHEN $5 = 'sent' THEN $2::timestamptz END, failed_at = CASE WHEN $5 = 'refused' THEN $2::timestamptz END,
				last_error = CASE WHEN $5 <> 'sent' THEN $6::text END
			WHERE id = $1`, m.ID, now, m.doubts, orNull(again), outcome, cut(answer, 500))
		if err != nil {
			return fmt.Errorf("note how the delivery of message %d ended: %w", m.ID, err)
		}
		_, err = tx.Exec(ctx, `/* alerts.mailWorker.close */ INSERT INTO alert_delivery (message_id, at, outcome, answer) VALUES ($1, $2, $3, $4)`, m.ID, now, outcome, cut(answer, 500))
		return err
	})
}

func cut(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
