package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
)

// Tell writes the letters that are due: one to each reader for each rule, about
// everything of it that there is to tell, and one for a digest of all rules. A
// letter that nobody has yet is replaced by one that says it all.
func (a *Alerts) Tell(ctx context.Context, now time.Time) error {
	rows, _ := a.pool.Query(ctx, `/* alerts.Tell */
		SELECT DISTINCT account_id, CASE WHEN digest THEN 0 ELSE rule_id END FROM alert_notice
		WHERE message_id IS NULL AND dropped_at IS NULL AND due_at <= $1 ORDER BY 1, 2`, now)
	type letter struct {
		Account, Rule int64 // Rule 0: a digest
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[letter])
	if err != nil {
		return fmt.Errorf("find what is to be told: %w", err)
	}
	if len(due) == 0 {
		return nil
	}
	roster, err := a.who.On(ctx, indicators.DayOf(now))
	if err != nil {
		return err
	}
	var failed []error
	for _, d := range due {
		w := letters{ctx: ctx, alerts: a, account: d.Account, roster: roster, now: now}
		if err := w.write(d.Rule); err != nil {
			failed = append(failed, fmt.Errorf("write to account %d: %w", d.Account, err))
		}
	}
	a.mailbag.signal()
	return errors.Join(failed...)
}

// letters writes one letter to one reader, in one transaction: it becomes a row of
// alert_message, which the mail worker delivers.
type letters struct {
	ctx     context.Context // of the one letter that this value lives for
	alerts  *Alerts
	tx      pgx.Tx
	account int64
	roster  access.Roster
	now     time.Time
	name    string // of the reader
}

// told is one thing to tell.
type told struct {
	What
	episode
	Rule    int64
	notices []int64
	state   State
	history []string // what people did, in words
	person  access.Responsible
	answers bool // person is why the reader gets it
	others  []string
}

func (w *letters) write(rule int64) error {
	reader, err := w.alerts.viewers.Viewer(w.ctx, w.account)
	gone := errors.Is(err, access.ErrNoAccount)
	if err != nil && !gone {
		return err
	}
	return access.InTx(w.ctx, w.alerts.pool, access.System(access.Alerting), func(tx pgx.Tx) error {
		w.tx = tx
		if _, err := tx.Exec(w.ctx, `/* alerts.letters.write */ SELECT pg_advisory_xact_lock(hashtext('onevision alert reader'), $1::bigint::integer)`, w.account); err != nil {
			return err
		}
		if any, err := w.anything(rule); err != nil || !any { // another program has just told it
			return err
		}
		if err := w.takeBack(rule); err != nil {
			return err
		}
		items, drop, err := w.pending(rule)
		if err != nil {
			return err
		}
		if gone || !watches(reader) { // a closed account is told nothing, nor is who sees published figures alone
			for _, t := range items {
				drop = append(drop, t.notices...)
			}
			items = nil
		}
		items = slices.DeleteFunc(items, func(t told) bool { // whose member is not theirs any more
			theirs := sees(reader, t.breakdown, t.member)
			if !theirs {
				drop = append(drop, t.notices...)
			}
			return !theirs
		})
		if len(drop) > 0 {
			if _, err := tx.Exec(w.ctx, `/* alerts.letters.write */ UPDATE alert_notice SET dropped_at = $2 WHERE id = ANY($1)`, drop, w.now); err != nil {
				return err
			}
		}
		if len(items) == 0 {
			return nil
		}
		return w.compose(rule, items)
	})
}

func (w *letters) anything(rule int64) (any bool, err error) {
	err = w.tx.QueryRow(w.ctx, `/* alerts.letters.anything */
		SELECT EXISTS (SELECT FROM alert_notice n WHERE `+pendingNotices+`)`, w.account, rule, w.now).Scan(&any)
	return any, err
}

const pendingNotices = `n.account_id = $1 AND n.message_id IS NULL AND n.dropped_at IS NULL AND n.due_at <= $3
	AND (CASE WHEN $2::bigint = 0 THEN n.digest ELSE NOT n.digest AND n.rule_id = $2 END)`

// takeBack takes letters back that nobody has: not handed over, not being handed
// over, and not perhaps taken. Their notices are told anew, with those since.
func (w *letters) takeBack(rule int64) error {
	rows, _ := w.tx.Query(w.ctx, `/* alerts.letters.takeBack */
		SELECT id FROM alert_message WHERE account_id = $1 AND coalesce(rule_id, 0) = $2 AND channel = 'mail' AND doubtful = 0 AND handing_at IS NULL
		  AND sent_at IS NULL AND failed_at IS NULL AND superseded_at IS NULL
		  AND EXISTS (SELECT FROM alert_notice WHERE message_id = alert_message.id) ORDER BY id`, w.account, rule)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find letters that nobody has yet: %w", err)
	}
	for _, id := range ids {
		var free bool // the mail worker has it in hand otherwise
		if err := w.tx.QueryRow(w.ctx, `/* alerts.letters.takeBack */ SELECT pg_try_advisory_xact_lock(hashtext('onevision alert message'), $1::bigint::integer)`, id).Scan(&free); err != nil {
			return err
		}
		if !free {
			continue
		}
		tag, err := w.tx.Exec(w.ctx, `/* alerts.letters.takeBack */
			UPDATE alert_message SET superseded_at = $2 WHERE id = $1 AND sent_at IS NULL AND failed_at IS NULL AND handing_at IS NULL AND doubtful = 0`, id, w.now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			continue
		}
		if _, err := w.tx.Exec(w.ctx, `/* alerts.letters.takeBack */ UPDATE alert_notice SET message_id = NULL WHERE message_id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// pending is what there is to tell, and the notices of which nothing is left.
func (w *letters) pending(rule int64) (items []told, drop []int64, err error) {
	rows, _ := w.tx.Query(w.ctx, `/* alerts.letters.pending */
		SELECT n.id, n.rule_id, coalesce(n.alert_id, 0), n.breakdown, n.member, n.member_name, n.what, coalesce(a.episode, 0), coalesce(a.opened_at, n.at), coalesce(a.opened_period, '')
		FROM alert_notice n LEFT JOIN alert a ON a.id = n.alert_id
		WHERE `+pendingNotices+` ORDER BY n.id FOR UPDATE OF n`, w.account, rule, w.now)
	type group struct {
		rule, alert int64
		subjectKey
	}
	at, whats := map[group]int{}, [][]What{}
	var id int64
	var what What
	var t told
	_, err = pgx.ForEachRow(rows, []any{&id, &t.Rule, &t.ID, &t.breakdown, &t.member, &t.Name, &what, &t.Number, &t.OpenedAt, &t.OpenedPeriod}, func() error {
		g := group{t.Rule, t.ID, t.subjectKey}
		i, ok := at[g]
		if !ok {
			i = len(items)
			at[g], items, whats = i, append(items, t), append(whats, nil)
		}
		items[i].Name = t.Name
		items[i].notices = append(items[i].notices, id)
		whats[i] = append(whats[i], what)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read what is to be told: %w", err)
	}
	kept := items[:0]
	for i, t := range items {
		if t.What = fold(whats[i]); t.What == "" {
			drop = append(drop, t.notices...)
			continue
		}
		for _, p := range responsible(w.roster, t.subjectKey) {
			if p.Account == w.account {
				t.person, t.answers = p, true
			} else {
				t.others = append(t.others, fmt.Sprintf("%s (%s)", line(p.DisplayName), p.Part))
			}
		}
		kept = append(kept, t)
	}
	return kept, drop, nil
}

// compose writes the letter about these and its row.
func (w *letters) compose(rule int64, items []told) error {
	parts, err := w.parts(items)
	if err != nil {
		return err
	}
	if err := w.tx.QueryRow(w.ctx, `/* alerts.letters.compose */ SELECT display_name FROM account WHERE id = $1`, w.account).Scan(&w.name); err != nil {
		return err
	}
	l := w.letter(rule, parts)
	refs, err := w.thread(items)
	if err != nil {
		return err
	}
	m := message{account: w.account, rule: rule, reason: reason(rule, items), letter: l, refs: refs}
	for _, t := range items {
		m.notices = append(m.notices, t.notices...)
	}
	id, err := w.save(m)
	if err != nil {
		return err
	}
	if _, err := w.tx.Exec(w.ctx, `/* alerts.letters.compose */ UPDATE alert_notice SET message_id = $2 WHERE id = ANY($1)`, m.notices, id); err != nil {
		return err
	}
	for _, t := range items {
		if t.ID != 0 {
			if err := writeHistory(w.ctx, w.tx, t.ID, w.now, entry{What: "told", To: w.account, Comment: string(t.What)}); err != nil {
				return err
			}
		}
	}
	return access.Audit(w.ctx, w.tx, access.System(access.Alerting), access.Entry{Action: "mail", Kind: "alert-message", Record: id, Reason: m.reason})
}

// reason says in a word what a letter is about.
func reason(rule int64, items []told) string {
	if rule == 0 {
		return "digest"
	}
	for _, t := range items[1:] {
		if t.What != items[0].What {
			return "list"
		}
	}
	return string(items[0].What)
}

// parts are the things to tell by rule, with what each indicator says.
func (w *letters) parts(items []told) ([]*part, error) {
	rows, _ := w.tx.Query(w.ctx, `/* alerts.letters.parts */ SELECT `+ruleColumns+` FROM alert_rule ORDER BY name`)
	rules, err := pgx.CollectRows(rows, w.alerts.scanRule)
	if err != nil {
		return nil, err
	}
	var parts []*part
	for _, r := range rules {
		p := &part{alerts: w.alerts, rule: r}
		for _, t := range items {
			if t.Rule == r.ID {
				p.items = append(p.items, t)
			}
		}
		if len(p.items) == 0 {
			continue
		}
		if p.rep, err = w.alerts.figures.of(w.ctx, access.System(access.Alerting), r); err != nil {
			return nil, err
		}
		states, err := readStates(w.ctx, w.tx, r.ID)
		if err != nil {
			return nil, err
		}
		for i := range p.items {
			t := &p.items[i]
			t.state = states[t.subjectKey].State
			if t.history, err = deeds(w.ctx, w.tx, t.ID); err != nil {
				return nil, err
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// message is a letter with where it goes.
type message struct {
	account, rule int64
	reason        string
	notices       []int64
	letter        letter
	refs          []string
}

func (w *letters) save(m message) (id int64, err error) {
	plain, html, err := m.letter.write()
	if err != nil {
		return 0, err
	}
	var rule, reply any
	if m.rule != 0 {
		rule = m.rule
	}
	if n := len(m.refs); n > 0 {
		reply = m.refs[n-1]
	}
	err = w.tx.QueryRow(w.ctx, `/* alerts.letters.save */
		INSERT INTO alert_message (rule_id, reason, account_id, message_id, in_reply_to, refs, subject, body_text, body_html, created_at, unsubscribe)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		rule, m.reason, m.account, w.alerts.newMessageID("alert."), reply, strings.Join(m.refs, " "), m.letter.Subject, plain, html, w.now, m.letter.Stop).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("write a message: %w", err)
	}
	return id, nil
}

// thread are the messages that this reader has about all of these alerts, the
// first one first: what a mail client shows the letter below.
func (w *letters) thread(items []told) ([]string, error) {
	var common []string
	for i, t := range items {
		if t.ID == 0 {
			return nil, nil
		}
		rows, _ := w.tx.Query(w.ctx, `/* alerts.letters.thread */
			SELECT m.message_id FROM alert_message m WHERE m.account_id = $2 AND m.superseded_at IS NULL
			  AND EXISTS (SELECT FROM alert_notice n WHERE n.message_id = m.id AND n.alert_id = $1) ORDER BY m.id`, t.ID, w.account)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("find the thread of a letter: %w", err)
		}
		if i == 0 {
			common = ids
		}
		common = slices.DeleteFunc(common, func(id string) bool { return !slices.Contains(ids, id) })
	}
	return common, nil
}
