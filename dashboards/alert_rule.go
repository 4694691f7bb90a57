package dashboards

// The page of one alert rule: what it watches, and, where the rule lets its
// readers, a button that stops or begins its letters to whoever looks at it.

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/alerts/rules/:rule", page: s.alertRule, within: "/alerts"},
			{method: http.MethodPost, path: "/alerts/rules/:rule", page: s.alertRuleMail, may: access.WatchAlerts},
		}
	}, alertRulePage{})
}

type alertRulePage struct {
	frame
	Notice   string
	Name     string
	Optional bool // a reader may stop its letters
	Path     string
	Figures  string // address of the indicator's page; "" for who sees none
	Row      alertRulesRow
	Edit     string // where it is edited; "" for who may not, and of one from a file
}

func (alertRulePage) file() string { return "alert_rule.html" }

func (s *site) alertRule(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	r, err := s.ruleOf(c, v)
	if err != nil {
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
	p := alertRulePage{frame: s.frame(c, v, r.Name), Notice: s.Sessions.PopFlash(ctx), Name: r.Name, Optional: r.Optional,
		Path: fmt.Sprintf("/alerts/rules/%d", r.ID), Row: alertRulesRowOf(r, s.Engine.List(watching))}
	if v.May(access.ViewDashboards) {
		p.Figures = "/indicators/" + r.Indicator
	}
	if may && r.File == "" {
		p.Edit = p.Path + "/edit"
	}
	return s.render(c, http.StatusOK, p)
}

func (s *site) alertRuleMail(c echo.Context, v access.Viewer) error {
	r, err := s.ruleOf(c, v)
	if err != nil {
		return err
	}
	if !r.Optional {
		return echo.ErrNotFound
	}
	stop := c.FormValue("mail") == "stop"
	if err := s.Alerts.StopMail(c.Request().Context(), v, r.ID, stop); err != nil {
		return fmt.Errorf("stop or begin the letters of rule %d: %w", r.ID, err)
	}
	notice := "You get letters of this rule again, when you answer for what they are about."
	if stop {
		notice = "No letter of this rule goes to you any more. Its alerts are on the alerts page as before."
	}
	s.Sessions.PutFlash(c.Request().Context(), notice)
	return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/alerts/rules/%d", r.ID))
}

// ruleOf is the rule that the address names; a rule that is not there is not found.
func (s *site) ruleOf(c echo.Context, v access.Viewer) (alerts.Rule, error) {
	id, err := idIn(c, "rule")
	if err != nil {
		return alerts.Rule{}, err
	}
	rules, err := s.Alerts.Rules(c.Request().Context(), v)
	if err != nil {
		return alerts.Rule{}, fmt.Errorf("read rule %d: %w", id, err)
	}
	i := slices.IndexFunc(rules, func(r alerts.Rule) bool { return r.ID == id })
	if i < 0 {
		return alerts.Rule{}, echo.ErrNotFound
	}
	return rules[i], nil
}
