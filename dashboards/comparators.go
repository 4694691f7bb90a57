package dashboards

// The list of measures with published figures, and those figures as CSV.

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/comparators"
)

func init() {
	register(func(s *site) []route {
		if s.Comparators == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/comparators", page: s.comparatorList, may: access.ViewDashboards, menu: "Comparators", place: 20},
			{method: http.MethodGet, path: "/comparators.csv", page: s.comparatorCSV, may: access.ViewDashboards, within: "/comparators"},
		}
	}, comparatorsPage{})
}

// comparatorsPage lists every measure with published figures, by theme: the
// authority beside England, its region and its statistical neighbours. It is
// there before any record is.
type comparatorsPage struct {
	frame
	Of         string // whose figures stand first; "" when it has not been said
	Region     string
	Neighbours string // their names, in words
	Invented   bool   // a demo county is set beside a real authority
	Themes     []comparatorTheme
	Sources    []comparatorSource
}

func (comparatorsPage) file() string { return "comparators.html" }

type comparatorTheme struct {
	ID, Name string
	Rows     []comparatorRow
}

// comparatorRow is a measure in its newest period.
type comparatorRow struct {
	Href, Title                      string
	Period                           string
	Own, England, Region, Neighbours cell
	Rank, Quarter                    string
}

// comparatorSource is a publication that figures are from.
type comparatorSource struct {
	Text, Href, Licence string
}

// comparatorSet is the figures in force.
func (s *site) comparatorSet(c echo.Context, v access.Viewer) (*comparators.Set, error) {
	set, err := s.Comparators.Set(c.Request().Context(), v)
	if errors.Is(err, comparators.ErrNotFound) {
		return nil, indicators.ErrNotFound
	}
	return set, err
}

func (s *site) comparatorList(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	set, err := s.comparatorSet(c, v)
	if err != nil {
		return err
	}
	p := comparatorsPageOf(set)
	p.frame = s.frame(c, v, "Comparators")
	p.Printed, p.Invented = when(s.Now()), s.Demo
	return s.render(c, http.StatusOK, p)
}

// published is the address of a measure's published figures, "" where none are
// held: the page of the measure does without, rather than fail.
func (s *site) published(c echo.Context, v access.Viewer, id string) string {
	if s.Comparators == nil {
		return ""
	}
	set, err := s.comparatorSet(c, v)
	if err != nil {
		s.log.Error("comparators were not read", "request", requestID(c), "error", err)
		return ""
	}
	if len(set.Parts(id)) == 0 {
		return ""
	}
	return "/comparators/" + id
}

func comparatorsPageOf(set *comparators.Set) comparatorsPage {
	authority, _ := set.Authority()
	p := comparatorsPage{Of: authority.Name, Region: authority.Region.Name}
	var names []string
	for _, n := range authority.Neighbours {
		names = append(names, n.Name)
	}
	p.Neighbours = inWords(names)
	releases := map[int64]bool{}
	for _, m := range set.Measures() {
		if m.Part != "" {
			continue
		}
		kind := set.Kinds(m)[0]
		period, ok := set.Newest(m, kind)
		if !ok {
			continue
		}
		if n := len(p.Themes); n == 0 || p.Themes[n-1].Name != m.Theme {
			p.Themes = append(p.Themes, comparatorTheme{ID: strings.ReplaceAll(strings.ToLower(m.Theme), " ", "-"), Name: m.Theme})
		}
		theme := &p.Themes[len(p.Themes)-1]
		theme.Rows = append(theme.Rows, comparatorRowOf(set, set.Summary(m, period)))
		for _, f := range set.Figures(comparators.Filter{Measure: m.ID}) {
			releases[f.Release] = true
		}
	}
	p.Sources = sourcesOf(set, releases)
	return p
}

func comparatorRowOf(set *comparators.Set, sum comparators.Summary) comparatorRow {
	m := sum.Measure
	r := comparatorRow{
		Href: "/comparators/" + m.ID, Title: m.Title, Period: sentence(strings.TrimPrefix(sum.Period.Name(), "the ")),
		Own: publishedCell(m, sum.Own), England: publishedCell(m, sum.England), Region: publishedCell(m, sum.Region),
	}
	if sum.HasMedian {
		r.Neighbours = averageCell(m, sum.Neighbours)
	}
	if sum.Stands {
		r.Rank, r.Quarter = sum.Standing.Words(), quarterWords(sum.Standing)
	}
	return r
}

// quarterWords is the quarter of the ranked authorities that one lies in. It
// names a side and judges nothing.
func quarterWords(st comparators.Standing) string {
	sides := [...]string{"Highest quarter", "Second highest quarter", "Second lowest quarter", "Lowest quarter"}
	q := st.Quarter - 1
	if st.FromLow {
		q = 3 - q
	}
	return sides[q]
}

// publishedCell is a published figure in a table; why there is none, where there
// is a flag; empty where none is held.
func publishedCell(m comparators.Measure, f comparators.Figure) cell {
	switch {
	case f.Area.Code == "":
		return cell{}
	case !f.HasValue():
		return cell{Text: comparators.FlagMeaning(f.Flag)}
	}
	return cell{Text: publishedText(m, f.Value, m.Decimals), Exact: m.Shown(f.Value).String()}
}

// averageCell is a median or mean, with one place more than whole numbers have.
func averageCell(m comparators.Measure, v decimal.Decimal) cell {
	places := m.Decimals
	if places == 0 {
		places = 1
	}
	m.Decimals = places
	return cell{Text: publishedText(m, v, places), Exact: m.Shown(v).String()}
}

func publishedText(m comparators.Measure, v decimal.Decimal, places int32) string {
	text := indicators.Number(v, places)
	switch m.Unit {
	case comparators.Percent:
		return text + "%"
	case comparators.Months:
		return text + " months"
	}
	return text
}

// sourcesOf are the publications of those releases, each once.
func sourcesOf(set *comparators.Set, releases map[int64]bool) []comparatorSource {
	var all []comparatorSource
	seen := map[string]bool{}
	for id := int64(1); len(releases) > 0; id++ { // in the order in which they were loaded
		if !releases[id] {
			continue
		}
		delete(releases, id)
		r, ok := set.Release(id)
		if !ok {
			continue
		}
		said := join(", ", r.Publisher, r.Publication, r.Release)
		if !r.Published.IsZero() {
			said += " (" + r.Published.Format("2 January 2006") + ")"
		}
		if !seen[said] {
			seen[said] = true
			all = append(all, comparatorSource{Text: said, Href: safeAddress(r.Address), Licence: r.Licence})
		}
	}
	return all
}

// safeAddress is an address that a page may link to.
func safeAddress(address string) string {
	if strings.HasPrefix(address, "https://") {
		return address
	}
	return ""
}

// inWords is a list as a sentence has it: "Ash, Birch and Cedar".
func inWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// comparatorCSV sends all figures of a measure, or of every measure, in long
// form.
func (s *site) comparatorCSV(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"measure": nil})
	if err != nil {
		return err
	}
	set, err := s.comparatorSet(c, v)
	if err != nil {
		return err
	}
	figures := set.Figures(comparators.Filter{Measure: q["measure"]})
	if len(figures) == 0 {
		return indicators.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "comparators-"+cmp.Or(q["measure"], "all")+".csv"))
	c.Response().WriteHeader(http.StatusOK)
	return comparators.WriteCSV(c.Response(), set, figures)
}
