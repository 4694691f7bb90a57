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

// OpenAlert is one episode that was told and has not recovered, as a viewer may
// see it.
type OpenAlert struct {
	RuleID      int64
	Rule        string // its name
	Indicator   string // id
	Title       string // of the indicator
	Period      indicators.PeriodKind
	Breakdown   string
	Member      string // id of the school or team; "" for the whole
	MemberName  string
	Condition   Condition // firing, recovering, no-data or error
	Episode     int64
	Since       time.Time // when it was first seen
	SincePeriod string    // "week of 9 November 2026": the first period over
	Threshold   string    // "above 3.0%"
	// Figure is of the period judged last. Its state is NoData where the viewer
	// may not see the indicator's figures.
	Figure indicators.Figure
	Page   string // path of the page about it
}

// Open gives the open alerts, the newest first. A viewer who may not view
// dashboards sees none.
func (a *Alerts) Open(ctx context.Context, v access.Viewer) ([]OpenAlert, error) {
	if !v.May(access.ViewDashboards) {
		return nil, nil
	}
	rules, err := a.Rules(ctx, v)
	if err != nil {
		return nil, err
	}
	byID := map[int64]Rule{}
	for _, r := range rules {
		byID[r.ID] = r
	}
	rows, _ := a.pool.Query(ctx, `/* alerts.Open */
		SELECT s.rule_id, s.member, s.member_name, s.state, s.episode, s.since, s.since_period, s.period
		FROM alert_state s JOIN alert_rule r ON r.id = s.rule_id
		WHERE s.open AND r.enabled ORDER BY s.since DESC, s.rule_id, s.member_name, s.member`)
	var open []OpenAlert
	var judged []string // the period of each
	var o OpenAlert
	var period string
	_, err = pgx.ForEachRow(rows, []any{&o.RuleID, &o.Member, &o.MemberName, &o.Condition, &o.Episode, &o.Since, &o.SincePeriod, &period}, func() error {
		open, judged = append(open, o), append(judged, period)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the open alerts: %w", err)
	}
	asked := map[int64]report{}
	for i := range open {
		o := &open[i]
		r := byID[o.RuleID]
		rep, ok := asked[r.ID]
		if !ok {
			rep, err = a.figures.of(ctx, v, r)
			if err != nil && !errors.Is(err, indicators.ErrNotFound) {
				return nil, fmt.Errorf("ask for the figures of open alerts: %w", err)
			}
			asked[r.ID] = rep
		}
		w := letters{alerts: a, rule: r, rep: rep}
		o.Rule, o.Indicator, o.Title, o.Period, o.Breakdown = r.Name, r.Indicator, cmp.Or(rep.Title, r.Indicator), r.Period, r.Breakdown
		o.SincePeriod = cmp.Or(w.periodName(o.SincePeriod), o.SincePeriod)
		o.Threshold = w.overWord() + " " + rep.shown(r.Threshold)
		o.Figure, _ = figureOf(rep, o.Member, judged[i])
		o.Page = a.page(r.Indicator, r.Period, r.Breakdown, o.Member)
	}
	return open, nil
}

// CountOpen is how many alerts are open; 0 for a viewer who may not view
// dashboards.
func (a *Alerts) CountOpen(ctx context.Context, v access.Viewer) (int, error) {
	if !v.May(access.ViewDashboards) {
		return 0, nil
	}
	var n int
	err := a.pool.QueryRow(ctx, `/* alerts.CountOpen */
		SELECT count(*) FROM alert_state s JOIN alert_rule r ON r.id = s.rule_id WHERE s.open AND r.enabled`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the open alerts: %w", err)
	}
	return n, nil
}
