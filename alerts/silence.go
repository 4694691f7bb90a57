package alerts

// Silences: what is not told while they last.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Silence keeps the alerts that it matches from being told while it lasts. A nil
// field matches everything.
type Silence struct {
	ID         int64
	Rule       *int64
	RuleName   string // "" for every rule
	Breakdown  *string
	Member     *string
	MemberName string // "" for everything
	From, To   time.Time
	Comment    string
	By         string
}

// Silences are those that last now or later, the first to end first. A viewer who
// may see no alerts sees none.
func (a *Alerts) Silences(ctx context.Context, v access.Viewer) ([]Silence, error) {
	if !v.May(access.ViewDashboards) && !v.May(access.OperateSystem) {
		return nil, nil
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Silences */
		SELECT s.id, s.rule_id, coalesce(r.name, ''), s.breakdown, s.member,
		       coalesce((SELECT max(k.member_name) FROM alert_state k WHERE k.breakdown = s.breakdown AND k.member = s.member), s.member, ''),
		       s.from_at, s.to_at, s.comment, c.display_name
		FROM alert_silence s JOIN account c ON c.id = s.account_id LEFT JOIN alert_rule r ON r.id = s.rule_id
		WHERE s.to_at > $1 ORDER BY s.to_at, s.id`, a.now())
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Silence, err error) {
		return s, row.Scan(&s.ID, &s.Rule, &s.RuleName, &s.Breakdown, &s.Member, &s.MemberName, &s.From, &s.To, &s.Comment, &s.By)
	})
	if err != nil {
		return nil, fmt.Errorf("read the silences: %w", err)
	}
	return found, nil
}

// AddSilence adds one: by who may manage rules.
func (a *Alerts) AddSilence(ctx context.Context, v access.Viewer, s Silence) error {
	if err := a.manager(ctx, v); err != nil {
		return err
	}
	switch {
	case v.Account() == 0:
		return ErrNotFound
	case strings.TrimSpace(s.Comment) == "":
		return Invalid{"comment", "Say why nothing is to be told"}
	case len(s.Comment) > longestComment:
		return Invalid{"comment", fmt.Sprintf("The reason must be %d characters or fewer", longestComment)}
	case !s.To.After(s.From):
		return Invalid{"to", "A silence must end after it begins"}
	case s.To.After(s.From.AddDate(0, 3, 0)):
		return Invalid{"to", "A silence lasts three months at the most"}
	}
	return access.InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `/* alerts.AddSilence */
			INSERT INTO alert_silence (rule_id, breakdown, member, from_at, to_at, comment, account_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			s.Rule, s.Breakdown, s.Member, s.From, s.To, strings.TrimSpace(s.Comment), v.Account(), a.now()).Scan(&id)
		if err != nil {
			return fmt.Errorf("add a silence: %w", err)
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "create", Kind: "alert-silence", Record: id})
	})
}

// EndSilence ends one now; one that has not begun is as if it had never been.
func (a *Alerts) EndSilence(ctx context.Context, v access.Viewer, id int64) error {
	if err := a.manager(ctx, v); err != nil {
		return err
	}
	return access.InTx(ctx, a.pool, v, func(tx pgx.Tx) error {
		var ended int64
		err := tx.QueryRow(ctx, `/* alerts.EndSilence */
			UPDATE alert_silence SET to_at = greatest($2, from_at + interval '1 microsecond') WHERE id = $1 AND to_at > $2 RETURNING id`, id, a.now()).Scan(&ended)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("end silence %d: %w", id, err)
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "end", Kind: "alert-silence", Record: id})
	})
}

// Watched is a member that some rule has seen.
type Watched struct{ Breakdown, Member, Name string }

// Watched are the members that rules have seen, by name.
func (a *Alerts) Watched(ctx context.Context, v access.Viewer) ([]Watched, error) {
	if err := a.manager(ctx, v); err != nil {
		return nil, err
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Watched */
		SELECT breakdown, member, max(member_name) FROM alert_state WHERE member <> '' GROUP BY 1, 2 ORDER BY 3, 1, 2`)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Watched])
	if err != nil {
		return nil, fmt.Errorf("read whom rules watch: %w", err)
	}
	return found, nil
}
