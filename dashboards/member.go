package dashboards

// The page of one school, team or other member: everything about it on two sheets of
// paper.

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/members/:breakdown/:member", page: s.member, may: access.ViewDashboards, within: "/"}}
	}, memberPage{})
}

// memberPage is a member under every measure that is broken down to it.
type memberPage struct {
	frame
	Name    string
	Kind    string // "School 8731234"
	Facts   []fact // who answers, registers, how it stands
	Themes  []memberTheme
	Open    []alertRow
	Ended   []alertRow
	Version string
	Tag     string
}

func (memberPage) file() string { return "member.html" }

type memberTheme struct {
	ID, Name string
	Rows     []memberMeasure
}

// memberMeasure is one measure of the member against its target and against others.
type memberMeasure struct {
	Href, Title string
	Value       string
	Basis       string
	Status      status
	Target      string
	County      string
	England     string
	Rank        string
	Arrow       string
	Change      string
}

// memberAddress is the page of a member.
func memberAddress(breakdown, member string) string {
	return "/members/" + breakdown + "/" + member
}

// standing is a measure with the member among the others.
type standing struct {
	whole, own indicators.Answer
	member     indicators.Member
}

// standings asks every measure that is broken down to the member. None is not found.
func (s *site) standings(c echo.Context, v access.Viewer, breakdown, member string) ([]standing, error) {
	var all []standing
	ctx := c.Request().Context()
	for _, d := range s.Engine.List(v) {
		if !slices.Contains(d.Breakdowns, breakdown) {
			continue
		}
		whole, err := s.Engine.Ask(ctx, v, indicators.Question{Indicator: d.ID, Breakdown: breakdown})
		if errors.Is(err, indicators.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("ask %s by %s: %w", d.ID, breakdown, err)
		}
		members := whole.Members()
		i := slices.IndexFunc(members, func(m indicators.Member) bool { return m.ID == member })
		if i < 0 {
			continue
		}
		// Of the same period as the others, so that the row compares like with like.
		own, err := s.Engine.Ask(ctx, v, indicators.Question{Indicator: d.ID, Breakdown: breakdown, Member: member, At: whole.Current().Period.ID})
		if err != nil {
			return nil, fmt.Errorf("ask %s for one %s: %w", d.ID, breakdown, err)
		}
		all = append(all, standing{whole, own, members[i]})
	}
	if len(all) == 0 {
		return nil, indicators.ErrNotFound
	}
	return all, nil
}

func (s *site) member(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	b, ok := indicators.BreakdownOf(c.Param("breakdown"))
	if !ok || c.Param("member") == "" {
		return indicators.ErrNotFound
	}
	all, err := s.standings(c, v, b.Name, c.Param("member"))
	if err != nil {
		return err
	}
	var ids []string
	p := memberPage{Name: all[0].member.Name, Kind: b.Title}
	if all[0].member.Code != "" {
		p.Kind += " " + all[0].member.Code
	}
	var targets tally
	for _, st := range all {
		d := st.whole.Definition()
		ids = append(ids, d.ID)
		if n := len(p.Themes); n == 0 || p.Themes[n-1].Name != themeName(d.Theme) {
			p.Themes = append(p.Themes, memberTheme{ID: fmt.Sprintf("theme-%d", n+1), Name: themeName(d.Theme)})
		}
		t := &p.Themes[len(p.Themes)-1]
		t.Rows = append(t.Rows, memberMeasureOf(st))
		targets.add(st.own.Status())
	}
	stands := fact{Name: "Off target", Text: "No target is set for it"}
	if targets.Judged > 0 {
		stands.Text = targets.String()
	}
	if err := s.auditView(c, v, "member", ids...); err != nil {
		return err
	}
	if p.Open, p.Ended, err = s.memberAlerts(c, v, b.Name, c.Param("member")); err != nil {
		return err
	}
	if err := s.memberFacts(c, v, &p, b, c.Param("member"), all, stands); err != nil {
		return err
	}
	p.frame = s.frame(c, v, p.Name)
	p.Printed = when(s.Now())
	p.Version = version([]any{p.Facts, p.Themes, p.Open, p.Ended})
	p.Tag = tagOf(v, p.Version)
	return s.refreshable(c, p, p.Tag)
}

func (s *site) memberAlerts(c echo.Context, v access.Viewer, breakdown, member string) (open, ended []alertRow, err error) {
	ctx := c.Request().Context()
	of := func(all []alerts.Alert, err error) ([]alertRow, error) {
		var rows []alertRow
		for _, a := range all {
			if a.Breakdown == breakdown && a.Member == member {
				rows = append(rows, alertRowOf(a))
			}
		}
		return rows, err
	}
	if open, err = of(s.Alerts.Open(ctx, v)); err != nil {
		return nil, nil, err
	}
	ended, err = of(s.Alerts.Ended(ctx, v))
	return open, ended, err
}

func (s *site) memberFacts(c echo.Context, v access.Viewer, p *memberPage, b indicators.Breakdown, member string, all []standing, stands fact) error {
	if id, err := strconv.ParseInt(member, 10, 64); err == nil && b.Subject != "" && s.Responsibilities != nil {
		roster, err := s.Responsibilities.On(c.Request().Context(), s.today())
		if err != nil {
			return err
		}
		who := fact{Name: "Who answers", Text: "Nobody"}
		for i, person := range roster.For(b.Subject, id) {
			said := person.DisplayName + ", " + string(person.Part)
			if person.Instead {
				said = person.DisplayName + ", for the whole authority"
			}
			if i == 0 {
				who.Text = said
			} else {
				who.Text += "; " + said
			}
		}
		p.Facts = append(p.Facts, who)
	}
	p.Facts = append(p.Facts, stands)
	if !v.SeesExactly(b.Subject, member) { // they are not told whether an alert is open, or a register missing
		return nil
	}
	open := fact{Name: "Alerts", Text: "None is open"}
	if n := len(p.Open); n > 0 {
		open.Text = fmt.Sprintf("%d %s open", n, areOrIs(n))
	}
	p.Facts = append(p.Facts, open)
	if b.Subject == access.OneSchool {
		registers := fact{Name: "Registers", Text: "None is expected"}
		for _, st := range all {
			if _, of := st.whole.Reporting(); of > 0 {
				behind, period := st.whole.Behind()
				registers.Text = "Received for " + period.The()
				if i := slices.IndexFunc(behind, func(b indicators.Behind) bool { return b.ID == member }); i >= 0 {
					registers.Text = registersOf(behind[i], period, indicators.DayOf(s.Now()))
				}
				break
			}
		}
		p.Facts = append(p.Facts, registers)
	}
	return nil
}

func memberMeasureOf(st standing) memberMeasure {
	d, f := st.whole.Definition(), st.own.Current()
	row := memberMeasure{Href: query{"breakdown": st.whole.Question().Breakdown, "member": st.member.ID}.with("/indicators/" + d.ID), Title: d.Title,
		Value: f.Text, Basis: join(", ", f.Of(), f.Period.Name), Status: statusOf(st.own.Status()), County: st.whole.Current().Text, Rank: rankOf(st)}
	if d.Unit == indicators.Count {
		row.Basis = f.Period.Name
	}
	if t, ok := st.own.Target(); ok {
		row.Target = t.Text + limit(d.Polarity)
	}
	for _, other := range st.whole.Comparators() {
		if other.Area == "England" {
			row.England = other.Text
		}
	}
	if ch := st.own.Change(); ch.Known {
		row.Arrow, row.Change = changeFact(ch, st.own.Previous()).Arrow, sentence(ch.Text)
		if verdict := ch.Verdict(); verdict != "" {
			row.Change += ": " + verdict
		}
	}
	return row
}

// rankOf is the member's place among those whose figure is shown, from the nearer
// end: "3rd highest of 28". Counts of places of unlike size have none.
func rankOf(st standing) string {
	d, own := st.whole.Definition(), st.member.Current
	if own.State != indicators.Known || d.Unit == indicators.Count {
		return ""
	}
	higher, lower, of := 0, 0, 1
	for _, m := range st.whole.Members() {
		if m.ID == st.member.ID || m.ID == "" || m.Current.State != indicators.Known {
			continue
		}
		of++
		switch m.Current.Value.Cmp(own.Value) {
		case 1:
			higher++
		case -1:
			lower++
		}
	}
	if of < 2 {
		return ""
	}
	if higher+lower == 0 {
		return fmt.Sprintf("Level with all %d", of)
	}
	place, end, same := higher+1, "highest", of-1-higher-lower
	if lower < higher {
		place, end = lower+1, "lowest"
	}
	said := cmp.Or(map[int]string{1: ""}[place], ordinal(place)+" ") + end
	if place == 1 {
		said = end
	}
	if same > 0 {
		said = "joint " + said
	}
	return sentence(said) + fmt.Sprintf(" of %d", of)
}

func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		end = cmp.Or(map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10], "th")
	}
	return strconv.Itoa(n) + end
}
