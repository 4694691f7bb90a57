package dashboards

// The page of one indicator, for the authority or for one member of a breakdown.

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators"
	"onevision/indicators/chart"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/indicators/:indicator", page: s.indicator, may: access.ViewDashboards}}
	}, indicatorPage{})
}

// indicatorPage is one measure, for the authority or for one member of a
// breakdown: headline, trend, the same numbers as a table, its members, and
// what it means.
type indicatorPage struct {
	frame
	Heading   string
	Member    string // the page of everything about the member
	Whole     string // where the measure of the whole authority is, on the page of a member
	Headline  string
	Status    status
	Value     string
	InWords   bool
	Basis     string
	Facts     []fact
	Notes     []string
	Earlier   string // the period that was asked for, "" for the newest
	Newest    string // the way back to it
	Version   string // of the headline and its facts
	Choices   []choice
	Kept      []link // what else stands in the address and a choice must keep
	Trend     drawing
	Numbers   numbers
	Breakdown *breakdown
	About     about
	Tag       string
	Card      string          // its key on a dashboard
	Published string          // the address of what is published of the measure; "" where nothing is
	Restated  []restatedRow   // as published beside as now known
	Beside    []annotationRow // commentary, acts and events
	Write     string          // where they are written; "" for whoever may not
	Noted     string          // the version of what stands beside
	Children  string          // where the figure is opened down to its children; "" for whoever may not
	Crossed   []link          // the same figure by another breakdown, or crossed with one; none for whoever may not
}

func (indicatorPage) file() string { return "indicator.html" }

// choice is one select of the page's form.
type choice struct {
	Name, Label string
	Options     []option
}

type option struct {
	Value, Text string
	Selected    bool
}

// drawing is a chart and the words that stand for it.
type drawing struct {
	ID, Title, Subtitle string
	Label               string // what the chart shows, for those who do not see it
	Option              chart.Options
	Tall                bool
	Version             string
}

// lengths are how many periods a trend may show.
var lengths = []string{"13", "26", "52"}

func (s *site) indicator(c echo.Context, v access.Viewer) error {
	d, ok := s.definition(v, c.Param("indicator"))
	if !ok {
		return indicators.ErrNotFound
	}
	q, err := queryOf(c, allowed{"period": texts(d.Periods), "at": nil, "breakdown": d.Breakdowns, "member": nil, "last": lengths,
		"sort": sortKeys, "order": {"ascending", "descending"}})
	if err != nil {
		return err
	}
	ask, err := questionOf(d, q)
	if err != nil {
		return err
	}
	if ask.Breakdown == "" && len(d.Breakdowns) > 0 {
		ask.Breakdown = d.Breakdowns[0]
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, ask)
	if err != nil {
		return fmt.Errorf("ask %s: %w", d.ID, err)
	}
	if err := s.auditView(c, v, "indicator", d.ID); err != nil {
		return err
	}
	beside, events, err := s.beside(c, v, a)
	if err != nil {
		return err
	}
	p := pageOf(a, q, events)
	p.Beside, p.Noted = beside, version(beside)
	if s.Annotations != nil && s.Annotations.MayAnnotate(v, a) {
		p.Write = annotationsPath(a.Question(), a.Current().Period.ID)
	}
	p.frame = s.frame(c, v, p.Heading)
	p.Charts, p.Printed = true, when(s.Now())
	p.Published = s.published(c, v, d.ID)
	if p.Restated, err = s.restated(c, v, a); err != nil {
		return err
	}
	if of := a.Question(); s.Children != nil && mayOpen(v, a) {
		next := query{"period": string(of.Period), "at": a.Current().Period.ID}
		if of.Member != "" {
			next["breakdown"], next["member"] = of.Breakdown, of.Member
		}
		p.Children = next.with(behindPath(d.ID))
	}
	if v.May(access.ExactFigures) {
		p.Crossed = crossedLinks(a)
	}
	p.Tag = tagOf(v, p.Version, p.Trend.Version, p.Numbers.Version, p.Breakdown.version(), p.About.Version, p.Restated, p.Noted)
	return s.refreshable(c, p, p.Tag)
}

// definition is that of the id among those that the viewer may ask about.
func (s *site) definition(v access.Viewer, id string) (indicators.Definition, bool) {
	all := s.Engine.List(v)
	i := slices.IndexFunc(all, func(d indicators.Definition) bool { return d.ID == id })
	if i < 0 {
		return indicators.Definition{}, false
	}
	return all[i], true
}

// questionOf is what the address asks, checked against the definition.
func questionOf(d indicators.Definition, q query) (indicators.Question, error) {
	ask := indicators.Question{Indicator: d.ID, Period: indicators.PeriodKind(q["period"]), At: q["at"], Breakdown: q["breakdown"], Member: q["member"]}
	if ask.Period == "" && len(d.Periods) > 0 {
		ask.Period = d.Periods[0]
	}
	if ask.At != "" {
		kind := indicators.KindOf(ask.At)
		if !slices.Contains(d.Periods, kind) || (q["period"] != "" && kind != ask.Period) {
			return ask, badQuery{Key: "at", Allowed: []string{"at: a " + string(ask.Period) + " that this measure has figures for"}}
		}
		ask.Period = kind
	}
	if ask.Member != "" && ask.Breakdown == "" {
		return ask, badQuery{Key: "member", Allowed: []string{"member: together with breakdown"}}
	}
	if last := q["last"]; last != "" {
		n, err := strconv.Atoi(last)
		if err != nil {
			return ask, badQuery{Key: "last", Allowed: lengths}
		}
		ask.Last = n
	}
	return ask, nil
}

func pageOf(a indicators.Answer, q query, events []chart.Event) indicatorPage {
	d, f, asked := a.Definition(), a.Current(), a.Question()
	path := "/indicators/" + d.ID
	p := indicatorPage{
		Heading: d.Title, Headline: chart.Sentence(a), Status: statusOf(a.Status()),
		Value: f.Text, InWords: !f.HasNumber(), Basis: basis(d, f), Facts: facts(a), Notes: notes(a),
		Card: d.ID, Choices: choices(d, asked), Numbers: numbersOf(a, q), About: aboutOf(a),
	}
	if asked.Member != "" {
		p.Heading = d.Title + ": " + a.MemberName()
		p.Whole = q.with(path, "member", "")
		p.Member = memberAddress(asked.Breakdown, asked.Member)
		p.Card = layout.Card{Indicator: d.ID, Breakdown: asked.Breakdown, Member: asked.Member}.Key()
		p.Kept = []link{{Text: "breakdown", Href: asked.Breakdown}, {Text: "member", Href: asked.Member}}
	}
	if q["at"] != "" {
		p.Earlier, p.Newest = f.Period.Name, q.with(path, "at", "")
	}
	p.Facts = append(p.Facts, chanceFacts(a)...)
	p.Version = version([]any{p.Headline, p.Status, p.Value, p.Basis, p.Facts, p.Notes})
	p.Trend = drawing{
		ID: "trend", Title: sparklineOf(a).Text, Subtitle: subtitle(d, a.MemberName(), a.Series()),
		Label: join(" ", sentence(d.Title)+", by "+words(asked.Period)+".", p.Headline, sparklineOf(a).Text+"."), Option: chart.Trend(a, events...),
	}
	p.Trend.Version = version([]any{p.Numbers.Version, events})
	if asked.Member == "" && asked.Breakdown != "" {
		p.Breakdown = breakdownOf(a, q)
	}
	return p
}

// crossedLinks lead to the figure of one member divided further, or to the measure by
// two breakdowns.
func crossedLinks(a indicators.Answer) []link {
	d, asked := a.Definition(), a.Question()
	q := query{"indicator": d.ID, "period": a.Current().Period.ID}
	if asked.Member == "" {
		if asked.Breakdown == "" {
			return nil
		}
		q["rows"] = asked.Breakdown
		return []link{{Href: q.with("/ask"), Text: "Cross it with another breakdown, or see a few members alone"}}
	}
	q["only1"] = asked.Breakdown + ":" + asked.Member
	var out []link
	for _, b := range d.Breakdowns {
		if b != asked.Breakdown {
			out = append(out, link{Href: q.with("/ask", "rows", b), Text: "By " + strings.ToLower(breakdownName(b))})
		}
	}
	return append(out, link{Href: q.with("/ask"), Text: "Another question"})
}

// chanceFacts say what chance may do to the figure: which moves are news.
func chanceFacts(a indicators.Answer) []fact {
	var all []fact
	if l, ok := a.Usual(); ok {
		all = append(all, fact{Name: "Usually", Text: l.Text, Note: "Within these limits its own past varies, and a change is not called better or worse"})
	}
	if l, ok := a.Interval(); ok {
		all = append(all, fact{Name: "Chance", Text: l.Text, Note: "Where the true figure lies 19 times in 20, as far as chance goes"})
	}
	return all
}

// subtitle is what an analyst writes under a chart: measure, population, place,
// time.
func subtitle(d indicators.Definition, member string, series []indicators.Figure) string {
	s := sentence(d.Counts)
	switch {
	case d.Unit == indicators.Percent && d.Of != "":
		s += " as a percentage of " + d.Of
	case d.Unit == indicators.RatePer100:
		s += " for each 100 " + d.Of
	case d.Unit == indicators.RatePer10k:
		s += " for each 10,000 " + d.Of
	case d.Unit == indicators.Mean, d.Unit == indicators.Days:
		s += ", mean of " + d.Of
	}
	if member != "" {
		s += ", " + member
	}
	if len(series) > 1 {
		s += ", " + series[0].Period.Name + " to " + series[len(series)-1].Period.Name
	}
	return s
}

// choices are the form's selects; one that offers nothing to choose is left out.
func choices(d indicators.Definition, asked indicators.Question) []choice {
	period := choice{Name: "period", Label: "Period"}
	for _, k := range d.Periods {
		period.Options = append(period.Options, option{string(k), kindName(k), k == asked.Period})
	}
	last := choice{Name: "last", Label: "Periods shown"}
	for _, n := range lengths {
		last.Options = append(last.Options, option{n, "Last " + n, n == strconv.Itoa(asked.Last)})
	}
	all := []choice{last}
	if len(d.Periods) > 1 {
		all = []choice{period, last}
	}
	if asked.Member == "" && len(d.Breakdowns) > 1 {
		by := choice{Name: "breakdown", Label: "Broken down by"}
		for _, b := range d.Breakdowns {
			by.Options = append(by.Options, option{b, breakdownName(b), b == asked.Breakdown})
		}
		all = append(all, by)
	}
	return all
}

func texts[T ~string](of []T) []string {
	all := make([]string, len(of))
	for i, t := range of {
		all[i] = string(t)
	}
	return all
}

func words(k indicators.PeriodKind) string { return strings.ReplaceAll(string(k), "-", " ") }
