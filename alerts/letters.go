package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"onevision/access"
	"onevision/indicators"
)

// letters writes the letters of one evaluation of one rule, in its
// transaction: each becomes a row of alert_message and a job that delivers it.
type letters struct {
	ctx    context.Context // of the one evaluation that this value lives for
	alerts *Alerts
	tx     pgx.Tx
	rule   Rule
	rep    report // as the program itself sees it: for words and periods, never for a reader's figures
	now    time.Time
	asked  map[int64]report // as each reader sees it
}

// theirs is an event with the reader that it concerns.
type theirs struct {
	event  event
	reader reader
}

// the reasons of messages; the number of each in its episode makes its
// Message-ID.
const (
	reasonFired     = string(Fired)
	reasonRecovered = string(Recovered)
	reasonBegan     = "began" // the list of what was already over
)

func (a *Alerts) newLetters(ctx context.Context, tx pgx.Tx, r Rule, rep report, now time.Time) *letters {
	return &letters{ctx: ctx, alerts: a, tx: tx, rule: r, rep: rep, now: now, asked: map[int64]report{}}
}

// each writes a letter about every event to everybody it concerns.
func (w *letters) each(events []event) error {
	for _, e := range events {
		readers, err := w.readers(e)
		if err != nil {
			return err
		}
		for i, to := range readers {
			var others []string
			for j, o := range readers {
				if j != i {
					others = append(others, fmt.Sprintf("%s (%s)", line(o.DisplayName), o.Part))
				}
			}
			if err := w.send(e, string(e.say), to, w.about(e, to, others)); err != nil {
				return err
			}
		}
	}
	return nil
}

// began writes one list to everybody concerned by anything that was over when
// the rule began.
func (w *letters) began(events []event) error {
	lists := map[int64][]theirs{}
	for _, e := range events {
		readers, err := w.readers(e)
		if err != nil {
			return err
		}
		for _, to := range readers {
			lists[to.Account] = append(lists[to.Account], theirs{e, to})
		}
	}
	for _, account := range slices.Sorted(maps.Keys(lists)) {
		mine := lists[account]
		if err := w.send(event{}, reasonBegan, mine[0].reader, w.list(mine)); err != nil {
			return err
		}
	}
	return nil
}

// readers are those who answer for the event's member today, each with what
// the indicator says to them.
func (w *letters) readers(e event) ([]reader, error) {
	subject, member, err := w.subject(e.member)
	if err != nil {
		return nil, err
	}
	day := indicators.DayOf(w.now)
	people, err := w.alerts.who.For(w.ctx, subject, member, day)
	if err != nil {
		return nil, err
	}
	if len(people) == 0 {
		w.alerts.log.WarnContext(w.ctx, "an alert that nobody answers for", "rule", w.rule.ID, "member", e.member, "reason", string(e.say))
	}
	var out []reader
	for _, p := range people {
		rep, err := w.reportFor(p.Account)
		if errors.Is(err, access.ErrNoAccount) {
			continue
		}
		if err != nil {
			return nil, err
		}
		to := reader{Responsible: p, rep: rep}
		held, err := w.alerts.who.Of(w.ctx, p.Account, day)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			if h.Subject == p.Subject && h.Part == p.Part && (p.Subject == access.WholeAuthority || h.Member == member) {
				to.since = h.From
			}
		}
		out = append(out, to)
	}
	return out, nil
}

func (w *letters) subject(member string) (access.Subject, int64, error) {
	subject := map[string]access.Subject{"school": access.OneSchool, "team": access.OneTeam}[w.rule.Breakdown]
	if subject == "" || member == "" {
		return access.WholeAuthority, 0, nil
	}
	id, err := strconv.ParseInt(member, 10, 64)
	if err != nil {
		return "", 0, fmt.Errorf("member %q of a %s is not a number", member, subject)
	}
	return subject, id, nil
}

// reportFor asks the indicator as that reader. One who may not ask gets a
// letter without figures: that something is over its threshold is theirs to
// know.
func (w *letters) reportFor(account int64) (report, error) {
	if rep, ok := w.asked[account]; ok {
		return rep, nil
	}
	v, err := w.alerts.viewers.Viewer(w.ctx, account)
	if err != nil {
		return report{}, err
	}
	rep, err := w.alerts.figures.of(w.ctx, v, w.rule)
	if errors.Is(err, indicators.ErrNotFound) {
		rep, err = report{Definition: w.rep.Definition, AsAt: w.rep.AsAt}, nil
	}
	if err != nil {
		return report{}, fmt.Errorf("ask as account %d: %w", account, err)
	}
	w.asked[account] = rep
	return rep, nil
}

// send writes the message, its delivery and its audit line.
func (w *letters) send(e event, reason string, to reader, l letter) error {
	plain, html, err := l.write()
	if err != nil {
		return err
	}
	reply, err := w.root(e, reason, to.Account)
	if err != nil {
		return err
	}
	var id int64
	err = w.tx.QueryRow(w.ctx, `/* alerts.letters.send */
		INSERT INTO alert_message (rule_id, member, episode, reason, account_id, message_id, in_reply_to, subject, body_text, body_html, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (message_id) DO NOTHING RETURNING id`,
		w.rule.ID, e.member, e.state.Episode, reason, to.Account, w.messageID(e, reason, to.Account), reply, l.Subject, plain, html, w.now).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // told already
	}
	if err != nil {
		return fmt.Errorf("write a message about rule %d: %w", w.rule.ID, err)
	}
	if _, err := w.alerts.river.InsertTx(w.ctx, w.tx, job{Message: id}, &river.InsertOpts{Queue: mailQueue}); err != nil {
		return fmt.Errorf("queue message %d: %w", id, err)
	}
	return access.Audit(w.ctx, w.tx, access.System(access.Alerting), access.Entry{Action: "mail", Kind: "alert-message", Record: id, Reason: reason})
}

// root is the message that the episode began with for this reader, to which a
// later one is a reply: nil for the first.
func (w *letters) root(e event, reason string, account int64) (*string, error) {
	if reason != reasonRecovered {
		return nil, nil
	}
	var root string
	err := w.tx.QueryRow(w.ctx, `/* alerts.letters.root */
		SELECT message_id FROM alert_message
		WHERE rule_id = $1 AND account_id = $4
		  AND (member = $2 AND episode = $3 AND reason = 'fired'
		       OR reason = 'began' AND NOT EXISTS (SELECT FROM alert_message WHERE rule_id = $1 AND member = $2 AND episode = $3 AND reason = 'fired'))
		ORDER BY id LIMIT 1`, w.rule.ID, e.member, e.state.Episode, account).Scan(&root)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find what a message answers: %w", err)
	}
	return &root, nil
}

// messageID is the same whenever the same thing is told to the same reader, so
// that a mail client shows a letter that came twice once. When the rule was
// made keeps two installations under one host name apart.
func (w *letters) messageID(e event, reason string, account int64) string {
	number := map[string]int{reasonFired: 1, reasonRecovered: 2, reasonBegan: 1}[reason]
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%s|%s|%q|%d|%d|%d", w.rule.ID, w.rule.CreatedAt.UTC().Format(time.RFC3339Nano), reason, e.member, e.state.Episode, account, number))
	return fmt.Sprintf("alert.%d.%d.%s@%s", e.state.Episode, number, hex.EncodeToString(sum[:16]), heloName(w.alerts.public.Hostname()))
}
