package dashboards

// Mine: what the viewer answers for, the worst first, and the alerts that wait for
// them.

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		if s.Responsibilities == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/mine", page: s.mine, may: access.ViewDashboards, menu: "Mine", place: 5}}
	}, minePage{})
}

type minePage struct {
	frame
	Lead    string
	Alerts  []alertRow // that wait for the viewer
	Groups  []mineGroup
	Version string
	Tag     string
}

func (minePage) file() string { return "mine.html" }

// mineGroup is what the viewer answers for of one kind.
type mineGroup struct {
	ID, Name string
	One      string // "School"
	Rows     []mineRow
	Due      bool   // what is due has a column
	Without  string // those of which no measure has a figure
}

type mineRow struct {
	Href, Name string
	Targets    tally // not embedded: its String would stand for the whole row in the page's version
	OffTitles  []link
	Alerts     int
	Behind     string // how its registers stand; "" for as they should
	Due        string // by statutory clock; "" where nothing is counted
	figures    bool
}

func (s *site) mine(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	ctx := c.Request().Context()
	held, err := s.answersFor(ctx, v)
	if err != nil {
		return err
	}
	open, err := s.Alerts.Open(ctx, v)
	if err != nil {
		return fmt.Errorf("read the open alerts: %w", err)
	}
	p := minePage{frame: s.frame(c, v, "Mine")}
	counts := map[string]int{}
	for _, a := range open {
		counts[a.Breakdown+"/"+a.Member]++
		if a.Mine && a.Acknowledged.IsZero() && a.SnoozedUntil.IsZero() {
			p.Alerts = append(p.Alerts, alertRowOf(a))
		}
	}
	var ids []string
	for _, b := range indicators.Breakdowns() {
		var members []string
		for _, r := range held {
			if b.Subject != "" && r.Subject == b.Subject {
				members = append(members, strconv.FormatInt(r.Member, 10))
			}
		}
		if len(members) == 0 {
			continue
		}
		g, asked, err := s.mineGroup(c, v, b, members, counts)
		if err != nil {
			return err
		}
		p.Groups, ids = append(p.Groups, g), append(ids, asked...)
	}
	if v.May(access.WatchAlerts) {
		p.Lead = sentence(count(len(p.Alerts), "alert waits", "alerts wait")) + " for you."
	}
	whole := slices.ContainsFunc(held, func(r access.Responsibility) bool { return r.Subject == access.WholeAuthority })
	switch {
	case whole:
		p.Lead += " You answer for the whole authority: its figures are on the dashboard."
	case len(held) == 0:
		p.Lead += " Nothing is recorded as yours to answer for: the administrator records who answers for which school or team."
	}
	if err := s.auditView(c, v, "mine", ids...); err != nil {
		return err
	}
	p.Printed = when(s.Now())
	p.Version = version([]any{p.Lead, p.Alerts, p.Groups})
	p.Tag = tagOf(v, p.Version)
	return s.refreshable(c, p, p.Tag)
}

// mineGroup asks each measure of the breakdown once, for all members together.
func (s *site) mineGroup(c echo.Context, v access.Viewer, b indicators.Breakdown, members []string, alerts map[string]int) (mineGroup, []string, error) {
	g := mineGroup{ID: "mine-" + b.Name, Name: "My " + words(indicators.PeriodKind(b.Name)) + "s", One: b.Title}
	rows := map[string]*mineRow{}
	for _, id := range members {
		rows[id] = &mineRow{Name: b.Title + " " + id, Href: memberAddress(b.Name, id), Alerts: alerts[b.Name+"/"+id]}
	}
	var ids []string
	if err := s.dueOfTeams(c, v, b, &g, rows); err != nil {
		return g, nil, err
	}
	for _, d := range s.Engine.List(v) {
		if !slices.Contains(d.Breakdowns, b.Name) {
			continue
		}
		a, err := s.Engine.Ask(c.Request().Context(), v, indicators.Question{Indicator: d.ID, Breakdown: b.Name})
		if errors.Is(err, indicators.ErrNotFound) {
			continue
		}
		if err != nil {
			return g, nil, fmt.Errorf("ask %s by %s: %w", d.ID, b.Name, err)
		}
		ids = append(ids, d.ID)
		behind, period := a.Behind()
		for _, one := range behind {
			if row := rows[one.ID]; row != nil && b.Subject == access.OneSchool {
				row.Name, row.Behind, row.figures = one.Name, registersOf(one, period, indicators.DayOf(s.Now())), true
			}
		}
		for _, m := range a.Members() {
			row := rows[m.ID]
			if row == nil {
				continue
			}
			row.Name, row.figures = m.Name, true
			row.Targets.add(m.Status)
			if m.Status == indicators.StatusOffTarget {
				row.OffTitles = append(row.OffTitles, link{Href: query{"breakdown": b.Name, "member": m.ID}.with("/indicators/" + d.ID), Text: d.Title + " " + m.Current.Text})
			}
		}
	}
	without := 0
	for _, row := range rows {
		if row.figures || row.Alerts > 0 {
			g.Rows = append(g.Rows, *row)
		} else {
			without++
		}
	}
	if without > 0 {
		g.Without = sentence(count(without, "more is yours, and has", "more are yours, and have")) + " no figures."
	}
	slices.SortFunc(g.Rows, func(a, b mineRow) int {
		return cmp.Or(cmp.Compare(b.Alerts, a.Alerts), cmp.Compare(b.Targets.Off, a.Targets.Off), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Href, b.Href))
	})
	return g, ids, nil
}

// dueOfTeams counts what is due by statutory clock in the teams among the rows.
func (s *site) dueOfTeams(c echo.Context, v access.Viewer, b indicators.Breakdown, g *mineGroup, rows map[string]*mineRow) error {
	if b.Subject != access.OneTeam || s.Children == nil || !v.May(access.ExactFigures) && !v.May(access.OwnFigures) {
		return nil
	}
	var teams []int64
	for id := range rows {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			teams = append(teams, n)
		}
	}
	counts, err := s.Children.TeamsDue(c.Request().Context(), v, teams)
	if err != nil {
		return fmt.Errorf("count what is due in teams: %w", err)
	}
	g.Due = true
	for _, of := range counts {
		row := rows[strconv.FormatInt(of.Team, 10)]
		row.Due, row.figures = fmt.Sprintf("%s overdue, %s due within a week", grouped(of.Overdue), grouped(of.Soon)), true
	}
	return nil
}

// registersOf says how the registers of a school that is behind stand.
func registersOf(b indicators.Behind, period indicators.Period, today time.Time) string {
	if b.Since.ID == period.ID && beginsToday(period, today) {
		return ""
	}
	if b.Since.ID == period.ID {
		return "Too little yet for " + period.The()
	}
	return "Behind since " + b.Since.The()
}
