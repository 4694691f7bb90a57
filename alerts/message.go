package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Message is what was told to one reader, and how its delivery went.
type Message struct {
	ID           int64
	MessageID    string
	Rule         string // "" for a digest
	Channel      string
	Reason       string // fired, recovered, began, list, digest, ...
	Account      int64  // 0: a system
	Reader       string // name of the account, or of the webhook
	Subject      string // "" unless it was told to the viewer
	Text         string // the same
	CreatedAt    time.Time
	SentAt       time.Time // zero: not delivered
	FailedAt     time.Time // refused for good; zero: not
	SupersededAt time.Time // replaced by a later message before anybody had it
	Attempts     int
	LastError    string     // what the mail server said; for those who operate the system
	Deliveries   []Delivery // the same
}

// Delivery is one attempt to hand a message over, with what was answered.
type Delivery struct {
	At      time.Time
	Outcome string // sent, deferred, doubtful, refused, resent
	Answer  string
}

// Messages gives the newest messages first, at most 200: those told to the
// viewer, and for who operates the system everybody's deliveries, without what
// they say (an operator sees no figures).
func (a *Alerts) Messages(ctx context.Context, v access.Viewer) ([]Message, error) {
	operates := v.May(access.OperateSystem)
	if !operates && (v.Account() == 0 || !v.Anybody()) {
		return nil, nil
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Messages */
		SELECT m.id, m.message_id, coalesce(r.name, ''), m.channel, m.reason, coalesce(m.account_id, 0), coalesce(c.display_name, m.recipient), m.subject, m.body_text,
		       m.created_at, m.sent_at, m.failed_at, m.superseded_at, m.attempts, coalesce(m.last_error, '')
		FROM alert_message m LEFT JOIN alert_rule r ON r.id = m.rule_id LEFT JOIN account c ON c.id = m.account_id
		WHERE m.account_id = $1 AND m.superseded_at IS NULL OR $2 ORDER BY m.id DESC LIMIT 200`, v.Account(), operates)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Message, error) {
		var m Message
		var sent, failed, superseded *time.Time
		err := row.Scan(&m.ID, &m.MessageID, &m.Rule, &m.Channel, &m.Reason, &m.Account, &m.Reader, &m.Subject, &m.Text,
			&m.CreatedAt, &sent, &failed, &superseded, &m.Attempts, &m.LastError)
		m.SentAt, m.FailedAt, m.SupersededAt = instant(sent), instant(failed), instant(superseded)
		if m.Account != v.Account() || m.Account == 0 {
			m.Subject, m.Text = "", ""
		}
		if !operates {
			m.LastError = ""
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	if operates {
		err = a.deliveries(ctx, found)
	}
	return found, err
}

func (a *Alerts) deliveries(ctx context.Context, messages []Message) error {
	at, ids := map[int64]int{}, make([]int64, len(messages))
	for i, m := range messages {
		at[m.ID], ids[i] = i, m.ID
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.deliveries */ SELECT message_id, at, outcome, answer FROM alert_delivery WHERE message_id = ANY($1) ORDER BY id`, ids)
	var id int64
	var d Delivery
	_, err := pgx.ForEachRow(rows, []any{&id, &d.At, &d.Outcome, &d.Answer}, func() error {
		messages[at[id]].Deliveries = append(messages[at[id]].Deliveries, d)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the deliveries: %w", err)
	}
	return nil
}

// Resend has a message delivered again that was sent or refused: by who operates
// the system, for a reader who says that it never came. It keeps its Message-ID.
func (a *Alerts) Resend(ctx context.Context, by access.Viewer, id int64) error {
	if !by.May(access.OperateSystem) {
		return ErrNotFound
	}
	err := access.InTx(ctx, a.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* alerts.Resend */
			UPDATE alert_message SET sent_at = NULL, failed_at = NULL, next_at = NULL, doubtful = 0
			WHERE id = $1 AND superseded_at IS NULL AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)`, id)
		if err != nil {
			return fmt.Errorf("send message %d again: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, `/* alerts.Resend */ INSERT INTO alert_delivery (message_id, at, outcome, account_id) VALUES ($1, $2, 'resent', nullif($3::bigint, 0))`, id, a.now(), by.Account()); err != nil {
			return fmt.Errorf("note that message %d goes again: %w", id, err)
		}
		return access.Audit(ctx, tx, by, access.Entry{Action: "resend", Kind: "alert-message", Record: id})
	})
	if err == nil {
		a.mailbag.signal()
	}
	return err
}
