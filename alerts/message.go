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
	ID        int64
	MessageID string
	RuleID    int64
	Rule      string
	Member    string
	Episode   int64
	Reason    string // fired, recovered, began
	Account   int64
	Reader    string // name of the account
	Subject   string // "" unless it was told to the viewer
	Text      string // the same
	CreatedAt time.Time
	SentAt    time.Time // zero: not delivered
	FailedAt  time.Time // refused for good; zero: not
	Attempts  int
	LastError string // what the mail server said; for those who operate the system
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
		SELECT m.id, m.message_id, m.rule_id, r.name, m.member, m.episode, m.reason, m.account_id, c.display_name, m.subject, m.body_text,
		       m.created_at, m.sent_at, m.failed_at, m.attempts, coalesce(m.last_error, '')
		FROM alert_message m JOIN alert_rule r ON r.id = m.rule_id JOIN account c ON c.id = m.account_id
		WHERE m.account_id = $1 OR $2 ORDER BY m.id DESC LIMIT 200`, v.Account(), operates)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Message, error) {
		var m Message
		var sent, failed *time.Time
		err := row.Scan(&m.ID, &m.MessageID, &m.RuleID, &m.Rule, &m.Member, &m.Episode, &m.Reason, &m.Account, &m.Reader, &m.Subject, &m.Text,
			&m.CreatedAt, &sent, &failed, &m.Attempts, &m.LastError)
		if sent != nil {
			m.SentAt = *sent
		}
		if failed != nil {
			m.FailedAt = *failed
		}
		if m.Account != v.Account() {
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
	return found, nil
}
