package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
)

// Alert is one run of one member over its threshold, as a viewer may see it.
type Alert struct {
	ID          int64
	RuleID      int64
	Rule        string // its name
	Indicator   string // id
	Title       string // of the indicator
	Period      indicators.PeriodKind
	Breakdown   string
	Member      string // id of the member; "" for the whole
	MemberName  string
	Condition   Condition // firing, recovering, no-data or error; normal once it has ended
	Episode     int64
	Since       time.Time // when it was opened
	SincePeriod string    // "week of 9 November 2026": the first period over
	Threshold   string    // "above 3.0%"
	// Figure is of the period judged last, its text with as many places as tell it
	// from the threshold. Its state is NoData where the viewer may not see the
	// indicator's figures.
	Figure indicators.Figure
	Page   string // path of the page about the figures

	Acknowledged   time.Time // zero: by nobody yet
	AcknowledgedBy string
	Due            time.Time // when what will be done is to be done
	Assigned       string    // name of whom it was assigned to
	SnoozedUntil   time.Time
	Escalated      time.Time
	Ended          time.Time
	EndedAs        What // recovered, closed, rule-changed
	Reviewed       time.Time
	Unanswered     bool // nobody answers for it
	Mine           bool // the viewer was told of it, or it is assigned to them
	Readers        string

	judged string
}

const alertColumns = `a.id, a.rule_id, a.breakdown, a.member, a.member_name, a.episode, a.opened_at, a.opened_period,
	CASE WHEN a.ended_at IS NULL THEN coalesce(s.state, 'no-data') ELSE 'normal' END, coalesce(s.period, ''),
	a.acknowledged_at, coalesce((SELECT display_name FROM account WHERE id = a.acknowledged_by), ''), a.due, coalesce((SELECT display_name FROM account WHERE id = a.assigned_to), ''),
	a.snoozed_until, a.escalated_at, a.ended_at, coalesce(a.ended, ''), a.reviewed_at,
	NOT EXISTS (SELECT FROM alert_notice n WHERE n.alert_id = a.id AND n.dropped_at IS NULL),
	a.assigned_to = $1 OR EXISTS (SELECT FROM alert_notice n WHERE n.alert_id = a.id AND n.account_id = $1 AND n.dropped_at IS NULL),
	coalesce((SELECT string_agg(DISTINCT c.display_name, ', ') FROM alert_notice n JOIN account c ON c.id = n.account_id WHERE n.alert_id = a.id AND n.dropped_at IS NULL), '')`

const alertFrom = `FROM alert a JOIN alert_rule r ON r.id = a.rule_id LEFT JOIN alert_state s ON s.rule_id = a.rule_id AND s.breakdown = a.breakdown AND s.member = a.member`

func scanAlert(row pgx.CollectableRow) (Alert, error) {
	var a Alert
	var acknowledged, due, snoozed, escalated, ended, reviewed *time.Time
	var mine *bool
	err := row.Scan(&a.ID, &a.RuleID, &a.Breakdown, &a.Member, &a.MemberName, &a.Episode, &a.Since, &a.SincePeriod, &a.Condition, &a.judged,
		&acknowledged, &a.AcknowledgedBy, &due, &a.Assigned, &snoozed, &escalated, &ended, &a.EndedAs, &reviewed, &a.Unanswered, &mine, &a.Readers)
	a.Acknowledged, a.Due, a.SnoozedUntil, a.Escalated, a.Ended, a.Reviewed = instant(acknowledged), instant(due), instant(snoozed), instant(escalated), instant(ended), instant(reviewed)
	a.Mine = mine != nil && *mine
	return a, err
}

// Open gives the open alerts, the newest first. A viewer who may not view
// dashboards sees none.
func (a *Alerts) Open(ctx context.Context, v access.Viewer) ([]Alert, error) {
	return a.list(ctx, v, `a.ended_at IS NULL AND r.enabled`)
}

// watches reports whether the viewer may know that there are alerts: an alert says of
// a school that it is over a limit, which those who see published figures alone may
// not know of one whose figure is hidden.
func watches(v access.Viewer) bool { return v.May(access.ViewDashboards) && v.May(access.WatchAlerts) }

// sees reports whether the viewer may know of alerts about the member: whether they see
// its exact figures.
func sees(v access.Viewer, breakdown, member string) bool {
	b, _ := indicators.BreakdownOf(breakdown)
	return v.SeesExactly(b.Subject, member)
}

// Ended gives the alerts that ended last, at most 50.
func (a *Alerts) Ended(ctx context.Context, v access.Viewer) ([]Alert, error) {
	return a.list(ctx, v, `a.ended_at IS NOT NULL`)
}

func (a *Alerts) list(ctx context.Context, v access.Viewer, where string, args ...any) ([]Alert, error) {
	if !watches(v) {
		return nil, nil
	}
	own := []string{}
	for _, b := range indicators.Breakdowns() {
		for _, member := range v.ExactlySeen(b.Subject) {
			own = append(own, b.Name+" "+member)
		}
	}
	args = append(args, v.May(access.ExactFigures), own)
	rows, _ := a.pool.Query(ctx, `/* alerts.list */ SELECT `+alertColumns+` `+alertFrom+` WHERE `+where+fmt.Sprintf(` AND ($%d OR a.breakdown || ' ' || a.member = ANY ($%d))`, len(args)+1, len(args)+2)+`
		ORDER BY a.ended_at DESC NULLS FIRST, a.opened_at DESC, a.rule_id, a.member_name, a.member LIMIT CASE WHEN $2 THEN 50 END`,
		append([]any{v.Account(), where == `a.ended_at IS NOT NULL`}, args...)...)
	found, err := pgx.CollectRows(rows, scanAlert)
	if err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	rules, err := a.Rules(ctx, v)
	if err != nil {
		return nil, err
	}
	byID, asked := map[int64]Rule{}, map[int64]report{}
	for _, r := range rules {
		byID[r.ID] = r
	}
	for i := range found {
		o := &found[i]
		r := byID[o.RuleID]
		rep, ok := asked[r.ID]
		if !ok {
			rep, err = a.figures.of(ctx, access.System(access.Alerting), r) // of what the viewer sees exactly
			if err != nil && !errors.Is(err, indicators.ErrNotFound) {
				return nil, fmt.Errorf("ask for the figures of alerts: %w", err)
			}
			asked[r.ID] = rep
		}
		o.Rule, o.Indicator, o.Title, o.Period = r.Name, r.Indicator, cmp.Or(rep.Title, r.Indicator), r.Period
		o.SincePeriod = cmp.Or(rep.periodName(o.SincePeriod), o.SincePeriod)
		o.Threshold = r.overWord() + " " + rep.shown(r.Threshold)
		if o.Breakdown == r.Breakdown {
			o.Figure, _ = figureOf(rep, o.Member, o.judged)
			if o.Figure.HasNumber() {
				o.Figure.Text = valueText(rep, r, o.Figure)
			}
		}
		o.Page = a.page(r.Indicator, r.Period, o.Breakdown, o.Member)
	}
	return found, nil
}

// CountOpen is how many alerts are open; 0 for a viewer who may not view
// dashboards.
func (a *Alerts) CountOpen(ctx context.Context, v access.Viewer) (int, error) {
	if !watches(v) {
		return 0, nil
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.CountOpen */
		SELECT a.breakdown, a.member FROM alert a JOIN alert_rule r ON r.id = a.rule_id WHERE a.ended_at IS NULL AND r.enabled`)
	n, breakdown, member := 0, "", ""
	_, err := pgx.ForEachRow(rows, []any{&breakdown, &member}, func() error {
		if sees(v, breakdown, member) {
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count the open alerts: %w", err)
	}
	return n, nil
}
