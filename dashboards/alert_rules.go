package dashboards

// The list of alert rules: what each watches, on or off, and which measures with a
// target none watches.

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/alerts/rules", page: s.alertRules, within: "/alerts"},
			{method: http.MethodPost, path: "/alerts/rules/:rule/switch", page: s.switchAlertRule},
		}
	}, alertRulesPage{})
}

type alertRulesPage struct {
	frame
	Notice  string
	May     bool // the viewer may change rules
	Rows    []alertRulesRow
	Missing []link // measures with a target that no rule watches, to where one is set up
}

func (alertRulesPage) file() string { return "alert_rules.html" }

type alertRulesRow struct {
	Href, Name   string
	Measure      string
	Whom         string
	Limit        string
	Letters      string
	On           bool
	Switch, File string
}

// watching is the viewer as whom measures are listed for rules: whoever keeps rules
// need not be one who sees figures, and sees none here.
var watching = access.System(access.Alerting)

func (s *site) alertRules(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	ctx := c.Request().Context()
	may, err := s.Alerts.MayManage(ctx, v)
	if err != nil {
		return err
	}
	if !may && !v.May(access.ViewDashboards) {
		return echo.ErrNotFound
	}
	rules, err := s.Alerts.Rules(ctx, v)
	if err != nil {
		return fmt.Errorf("read the alert rules: %w", err)
	}
	p := alertRulesPage{frame: s.frame(c, v, "Alert rules"), May: may, Notice: s.Sessions.PopFlash(ctx)}
	defs := s.Engine.List(watching)
	for _, r := range rules {
		p.Rows = append(p.Rows, alertRulesRowOf(r, defs))
	}
	if may {
		for _, d := range defs {
			if slices.ContainsFunc(rules, func(r alerts.Rule) bool { return r.Indicator == d.ID }) {
				continue
			}
			r, err := s.suggested(c, d)
			if err != nil {
				return err
			}
			if r.Name != "" {
				p.Missing = append(p.Missing, link{Href: query{"indicator": d.ID}.with("/alerts/rules/new"), Text: d.Title + ": " + r.Words(d)})
			}
		}
	}
	return s.render(c, http.StatusOK, p)
}

func alertRulesRowOf(r alerts.Rule, defs []indicators.Definition) alertRulesRow {
	row := alertRulesRow{Href: fmt.Sprintf("/alerts/rules/%d", r.ID), Name: r.Name, Measure: r.Indicator, Whom: eachWords(r.Breakdown), On: r.Enabled, File: r.File,
		Letters: "In the digest on Mondays", Switch: fmt.Sprintf("/alerts/rules/%d/switch", r.ID)}
	if r.Timing == alerts.AtOnce {
		row.Letters = "At once"
	}
	row.Limit = sentence(r.Words(indicators.Definition{}))
	for _, d := range defs {
		if d.ID == r.Indicator {
			row.Measure, row.Limit = d.Title, sentence(r.Words(d))
		}
	}
	row.Limit += ", by " + strings.ReplaceAll(string(r.Period), "-", " ")
	return row
}

// eachWords is whom a rule watches.
func eachWords(breakdown string) string {
	if breakdown == "" {
		return "The whole authority"
	}
	return "Each " + strings.ToLower(breakdownName(breakdown))
}

// suggested is the rule by default of a measure with a target: off target, by more
// than chance, in the digest. Its name is empty where there is no target. It takes
// the target and its tolerance for its limit, so that the letter and the page say the
// same.
func (s *site) suggested(c echo.Context, d indicators.Definition) (alerts.Rule, error) {
	r := alerts.Rule{Indicator: d.ID, Timing: alerts.Digest, EscalateHours: 8, PendingFor: 1, Enabled: true}
	for _, k := range d.Periods {
		if k != indicators.Day {
			r.Period = k
			break
		}
	}
	r.Operator = alerts.Above
	if d.Polarity == indicators.HighIsGood {
		r.Operator = alerts.Below
	}
	if d.Unit == indicators.Percent || d.Unit == indicators.RatePer10k || d.Unit == indicators.Count {
		r.Confidence = 95
	}
	a, err := s.Engine.Ask(c.Request().Context(), watching, indicators.Question{Indicator: d.ID, Period: r.Period})
	if errors.Is(err, indicators.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("ask for the target of %s: %w", d.ID, err)
	}
	t, ok := a.Target()
	if !ok || d.Polarity == indicators.NoPolarity {
		return r, nil
	}
	r.Threshold = t.Value.Add(t.Tolerance)
	if r.Operator == alerts.Below {
		r.Threshold = t.Value.Sub(t.Tolerance)
	}
	r.Clear.Decimal, r.Clear.Valid = t.Value, true
	r.Name = d.Title + " off target"
	return r, nil
}

func (s *site) switchAlertRule(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "rule")
	if err != nil {
		return err
	}
	on := c.FormValue("to") == "on"
	err = s.Alerts.SwitchRule(c.Request().Context(), v, id, on)
	if errors.Is(err, alerts.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	said := "The rule is off: it opens no alert and sends no letter."
	if on {
		said = "The rule is on. What is over its limit now is told in one list."
	}
	s.Sessions.PutFlash(c.Request().Context(), said)
	return c.Redirect(http.StatusSeeOther, "/alerts/rules")
}
