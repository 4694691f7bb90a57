package dashboards

// The page of one measure of published figures.

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/chart"
	"onevision/indicators/comparators"
)

func init() {
	register(func(s *site) []route {
		if s.Comparators == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/comparators/:measure", page: s.comparator, may: access.ViewDashboards}}
	}, comparatorPage{})
}

// comparatorPage is the published figures of one measure: over the years, and
// the authority among its statistical neighbours.
type comparatorPage struct {
	frame
	Heading  string
	Headline string
	Own      string // the address of the authority's own figures now; "" where no indicator is defined
	Csv      string
	Choices  []choice
	Trend    drawing
	Years    comparatorYears
	Breaks   []string
	Standing string
	Bars     drawing
	Ranked   comparatorRanked
	About    []fact
	Sources  []comparatorSource
	Invented bool
	Of       string // the authority whose figures these are
}

func (comparatorPage) file() string { return "comparator.html" }

// comparatorYears is the table beside the trend, the newest first.
type comparatorYears struct {
	Caption string
	Columns []string
	Rows    []comparatorYear
}

type comparatorYear struct {
	Period string
	Note   string // that a break lies between it and the year before
	Cells  []cell
	Rank   string
}

// comparatorRanked is the table beside the bars.
type comparatorRanked struct {
	Caption string
	Periods []string
	Rows    []comparatorPlace
}

type comparatorPlace struct {
	Name  string
	Now   bool // the authority's own row
	Cells []cell
}

func (s *site) comparator(c echo.Context, v access.Viewer) error {
	set, err := s.comparatorSet(c, v)
	if err != nil {
		return err
	}
	id := c.Param("measure")
	parts := set.Parts(id)
	if len(parts) == 0 {
		return indicators.ErrNotFound
	}
	takes := allowed{"part": {}, "kind": {}, "period": nil}
	for _, m := range parts {
		takes["part"] = append(takes["part"], m.Part)
		for _, k := range set.Kinds(m) {
			if !slices.Contains(takes["kind"], string(k)) {
				takes["kind"] = append(takes["kind"], string(k))
			}
		}
	}
	q, err := queryOf(c, takes)
	if err != nil {
		return err
	}
	m, ok := set.Measure(id, q["part"])
	if !ok {
		m = parts[0] // a measure of which only parts are held
	}
	kind := set.Kinds(m)[0]
	if q["kind"] != "" {
		if kind = comparators.Kind(q["kind"]); !slices.Contains(set.Kinds(m), kind) {
			return badQuery{Key: "kind", Allowed: []string{"kind: " + strings.Join(texts(set.Kinds(m)), ", ")}}
		}
	}
	period, ok := set.Newest(m, kind)
	if !ok {
		return indicators.ErrNotFound
	}
	if asked := q["period"]; asked != "" {
		if period, err = comparators.PeriodOf(kind, asked); err != nil || !slices.Contains(set.Periods(m, kind), period) {
			return badQuery{Key: "period", Allowed: []string{"period: a year that this measure has figures for"}}
		}
	}
	p := comparatorPageOf(set, m, parts, period)
	if _, defined := s.definition(v, id); defined {
		p.Own = "/indicators/" + id
	}
	p.frame = s.frame(c, v, p.Heading)
	p.Charts, p.Printed, p.Invented = true, when(s.Now()), s.Demo
	return s.render(c, http.StatusOK, p)
}

func comparatorPageOf(set *comparators.Set, m comparators.Measure, parts []comparators.Measure, period comparators.Period) comparatorPage {
	authority, _ := set.Authority()
	sum := set.Summary(m, period)
	p := comparatorPage{Heading: titleOf(m, parts), Of: authority.Name, Csv: "/comparators.csv?measure=" + m.ID, Headline: comparatorSentence(set, sum)}
	p.Choices = comparatorChoices(set, m, parts, period)
	breaks := set.Breaks(m, period.Kind)
	for _, b := range breaks {
		p.Breaks = append(p.Breaks, "Before "+comparators.Period{Kind: b.Kind, Year: b.Year}.Text()+": "+b.Note)
	}
	p.Years = yearsOf(set, m, period.Kind, breaks)
	if periods := set.Periods(m, period.Kind); len(periods) > 1 {
		span := periods[0].Text() + " to " + periods[len(periods)-1].Text()
		label := fmt.Sprintf("%s, %s, %s. %s The table beside it holds the same figures.", p.Heading, period.Kind.Words(), span, p.Headline)
		option, fromZero := chart.ComparatorTrend(set, m, period.Kind, label)
		p.Trend = drawing{ID: "years", Title: "Published figures, " + span, Subtitle: sentence(unitWords(m)) + ", " + period.Kind.Words(), Label: label, Option: option}
		if !fromZero {
			p.Trend.Subtitle += ". The axis does not begin at zero"
		}
	}
	if len(authority.Neighbours) > 0 {
		p.Ranked = rankedOf(set, m, period)
		if sum.Stands {
			p.Standing = sum.Standing.Words() + ": " + authority.Name + " and its statistical neighbours, " + quarterSentence(sum.Standing) + "."
		}
		if drawable(set, m, period) {
			label := fmt.Sprintf("%s %s: %s and its statistical neighbours. %s", p.Heading, period.When(), authority.Name, p.Standing)
			p.Bars = drawing{ID: "ranked", Title: sentence(strings.TrimPrefix(period.Name(), "the ")), Subtitle: sentence(unitWords(m)) + ". Dashed line: England", Label: label, Option: chart.ComparatorBars(set, m, period, label)}
			if m.Unit == comparators.Count {
				p.Bars.Subtitle = sentence(unitWords(m))
			}
		}
	}
	p.About, p.Sources = comparatorAbout(set, m, period)
	return p
}

func titleOf(m comparators.Measure, parts []comparators.Measure) string {
	if m.Part == "" || len(parts) == 0 || parts[0].Part != "" {
		return m.Title
	}
	return parts[0].Title + ": " + strings.ToLower(m.Title[:1]) + m.Title[1:]
}

// comparatorSentence is the figures in words, as published, and nothing about
// why.
func comparatorSentence(set *comparators.Set, sum comparators.Summary) string {
	m := sum.Measure
	authority, known := set.Authority()
	var beside []string
	if sum.England.HasValue() {
		beside = append(beside, "England "+publishedText(m, sum.England.Value, m.Decimals))
	}
	if sum.Region.HasValue() {
		beside = append(beside, authority.Region.Name+" "+publishedText(m, sum.Region.Value, m.Decimals))
	}
	if sum.HasMedian {
		beside = append(beside, fmt.Sprintf("statistical neighbours %s (median of %d)", averageCell(m, sum.Neighbours).Text, sum.Of))
	}
	said := ""
	switch {
	case sum.Own.HasValue():
		said = authority.Name + ": " + publishedText(m, sum.Own.Value, m.Decimals) + " " + sum.Period.When() + "."
	case sum.Own.Flag != "":
		said = authority.Name + ": no figure " + sum.Period.When() + ", " + comparators.FlagMeaning(sum.Own.Flag) + "."
	case known:
		said = authority.Name + ": no figure is held " + sum.Period.When() + "."
	default:
		said = sentence(sum.Period.When()) + "."
	}
	if len(beside) > 0 {
		said += " " + sentence(strings.Join(beside, ", ")) + "."
	}
	return said
}

func quarterSentence(st comparators.Standing) string {
	return "in the " + strings.ToLower(quarterWords(st))
}

func unitWords(m comparators.Measure) string {
	switch m.Unit {
	case comparators.Percent:
		return "percentage"
	case comparators.RatePer10k:
		return "for each 10,000 children"
	case comparators.RatePer100:
		return "for each 100 pupils"
	case comparators.Count:
		return "number"
	case comparators.Months:
		return "months"
	}
	return "mean"
}

func comparatorChoices(set *comparators.Set, m comparators.Measure, parts []comparators.Measure, period comparators.Period) []choice {
	var all []choice
	if len(parts) > 1 {
		of := choice{Name: "part", Label: "Of whom"}
		for _, one := range parts {
			text := one.Title
			if one.Part == "" {
				text = "All"
			}
			of.Options = append(of.Options, option{one.Part, text, one.Part == m.Part})
		}
		all = append(all, of)
	}
	if of := set.Kinds(m); len(of) > 1 {
		kind := choice{Name: "kind", Label: "Periods"}
		for _, k := range of {
			kind.Options = append(kind.Options, option{string(k), sentence(k.Words()), k == period.Kind})
		}
		all = append(all, kind)
	}
	years := choice{Name: "period", Label: "Neighbours in"}
	periods := set.Periods(m, period.Kind)
	for i := len(periods) - 1; i >= 0; i-- {
		if drawable(set, m, periods[i]) {
			years.Options = append(years.Options, option{periods[i].Text(), periods[i].Text(), periods[i] == period})
		}
	}
	if len(years.Options) > 1 {
		all = append(all, years)
	}
	return all
}

// drawable reports whether neighbours' own figures are held of the period.
func drawable(set *comparators.Set, m comparators.Measure, p comparators.Period) bool {
	authority, _ := set.Authority()
	return slices.ContainsFunc(authority.Neighbours, func(n comparators.Neighbour) bool { return set.Figure(m, p, n.Code).HasValue() })
}

func yearsOf(set *comparators.Set, m comparators.Measure, k comparators.Kind, breaks []comparators.Break) comparatorYears {
	authority, known := set.Authority()
	y := comparatorYears{Caption: "The figures behind the lines, " + k.Words()}
	if known {
		y.Columns = append(y.Columns, authority.Name)
	}
	y.Columns = append(y.Columns, "England")
	if authority.Region.Code != "" {
		y.Columns = append(y.Columns, authority.Region.Name)
	}
	if len(authority.Neighbours) > 0 {
		y.Columns = append(y.Columns, "Statistical neighbours, mean")
	}
	periods := set.Periods(m, k)
	for i := len(periods) - 1; i >= 0; i-- {
		p := periods[i]
		row := comparatorYear{Period: p.Text()}
		if i > 0 && slices.ContainsFunc(breaks, func(b comparators.Break) bool { return b.Year == p.Year }) {
			row.Note = "break in the series"
		}
		if known {
			row.Cells = append(row.Cells, heldCell(m, set.Figure(m, p, authority.Code)))
		}
		row.Cells = append(row.Cells, heldCell(m, set.Figure(m, p, comparators.England)))
		if authority.Region.Code != "" {
			row.Cells = append(row.Cells, heldCell(m, set.Figure(m, p, authority.Region.Code)))
		}
		if len(authority.Neighbours) > 0 {
			mean := cell{Text: "not held"}
			if f, ok := set.NeighboursMean(m, p); ok {
				mean = cell{Text: publishedText(m, f.Value, m.Decimals), Exact: m.Shown(f.Value).String()}
				if f.Areas > 0 && f.Areas < len(authority.Neighbours) {
					mean.Note = fmt.Sprintf("of %d", f.Areas)
				}
			}
			row.Cells = append(row.Cells, mean)
		}
		if st, ok := set.Standing(m, p); ok {
			row.Rank = st.Words()
		}
		y.Rows = append(y.Rows, row)
	}
	return y
}

// heldCell says that a figure is not held, where publishedCell would be empty.
func heldCell(m comparators.Measure, f comparators.Figure) cell {
	if f.Area.Code == "" {
		return cell{Text: "not held"}
	}
	return publishedCell(m, f)
}

func rankedOf(set *comparators.Set, m comparators.Measure, period comparators.Period) comparatorRanked {
	authority, _ := set.Authority()
	r := comparatorRanked{Caption: authority.Name + " and its statistical neighbours " + period.When()}
	var shown []comparators.Period
	for year := period.Year; year > period.Year-3; year-- {
		if p := (comparators.Period{Kind: period.Kind, Year: year}); year == period.Year || drawable(set, m, p) {
			shown = append(shown, p)
			r.Periods = append(r.Periods, p.Text())
		}
	}
	for _, f := range set.Ranked(m, period) {
		row := comparatorPlace{Name: f.Area.Name, Now: f.Area.Code == authority.Code}
		for _, p := range shown {
			row.Cells = append(row.Cells, heldCell(m, set.Figure(m, p, f.Area.Code)))
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

func comparatorAbout(set *comparators.Set, m comparators.Measure, period comparators.Period) ([]fact, []comparatorSource) {
	var lines []fact
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, fact{Name: name, Text: text})
		}
	}
	switch m.Polarity {
	case "low":
		add("Which way is good", "A low figure is taken to be good")
	case "high":
		add("Which way is good", "A high figure is taken to be good")
	default:
		add("Which way is good", "Neither: ranks count from the highest figure and judge nothing")
	}
	releases := map[int64]bool{}
	var notes, titles []string
	for _, f := range set.Figures(comparators.Filter{Measure: m.ID, Part: &m.Part, Kind: period.Kind}) {
		if f.Area.Type == comparators.NeighboursMean {
			continue
		}
		releases[f.Release] = true
		if f.Note != "" && !slices.Contains(notes, f.Note) {
			notes = append(notes, f.Note)
		}
		if f.Definition != "" && !slices.Contains(titles, f.Definition) {
			titles = append(titles, f.Definition)
		}
	}
	add("Beside OneVision’s own figures", comparisonWords(set.Figure(m, period, comparators.England).Comparison))
	add("Notes", strings.Join(notes, " "))
	add("Called in its source", strings.Join(titles, "; "))
	authority, _ := set.Authority()
	if n := len(authority.Neighbours); n > 0 {
		add("Statistical neighbours", "The "+strconv.Itoa(n)+" authorities that the DfE finds to be most like "+authority.Name+". Their mean and median are worked out by OneVision, unweighted, where at least 6 have a figure")
	}
	return lines, sourcesOf(set, releases)
}

// comparisonWords say how like a published figure is to the product's own.
func comparisonWords(comparison string) string {
	switch comparison {
	case comparators.LikeForLike:
		return "Like for like"
	case "whole-year":
		return "Like for like over a whole academic year, not over a part of one"
	case "year-to-date":
		return "Of the year so far, as schools’ registers had it"
	case "near":
		return "Near: defined a little otherwise"
	case "variant":
		return "A variant: something else is counted"
	case "context":
		return "For context: OneVision has no such measure"
	}
	return comparison
}
