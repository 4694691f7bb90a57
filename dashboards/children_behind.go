package dashboards

// From a number to its children: whom a figure counts, by name, for whoever may see
// them. Why they are asked for is sent in the body of a form, and kept in the audit;
// the address has the figure and nobody's name.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/dashboards/sheet"
	"onevision/indicators"
	"onevision/records"
)

func init() {
	register(func(s *site) []route {
		if s.Children == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/indicators/:indicator/children", page: s.childrenBehind, may: access.MaintainRecords},
			{method: http.MethodPost, path: "/indicators/:indicator/children", page: s.listChildrenBehind, may: access.MaintainRecords},
		}
	}, childrenBehindPage{})
}

// behindPath is the page of the children behind a figure.
func behindPath(indicator string) string { return "/indicators/" + indicator + "/children" }

type childrenBehindPage struct {
	frame
	Problems            []formProblem
	Heading, Figure, Of string // "Unauthorised absence: Ash School"; "2.6%"; of what, and when
	Back, To            string // the measure's page; where the form goes
	Who, Reason         formField
	Asked               bool
	Notes               []string
	Caption             string
	Numerator           string // headings of what each counted
	Denominator         string
	Rows                []behindRow
	Chosen              string // of Who, for the downloads
}

func (childrenBehindPage) file() string { return "children_behind.html" }

type behindRow struct{ Href, Name, Born, School, Worker, Team, Numerator, Denominator string }

// How many children a page and a download have at most.
const (
	mostBehindOnPage = 100
	mostBehindInFile = 10_000
)

// childrenAsked is the figure that the address names. A viewer who may not have its
// children by name finds no such page.
func (s *site) childrenAsked(c echo.Context, v access.Viewer) (indicators.Answer, query, error) {
	d, ok := s.definition(v, c.Param("indicator"))
	if !ok {
		return indicators.Answer{}, nil, indicators.ErrNotFound
	}
	q, err := queryOf(c, allowed{"period": texts(d.Periods), "at": nil, "breakdown": d.Breakdowns, "member": nil})
	if err != nil {
		return indicators.Answer{}, nil, err
	}
	ask, err := questionOf(d, q)
	if err != nil {
		return indicators.Answer{}, nil, err
	}
	if ask.Member == "" {
		ask.Breakdown = ""
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, ask)
	if err != nil {
		return a, nil, fmt.Errorf("ask %s: %w", d.ID, err)
	}
	if !mayOpen(v, a) {
		return a, nil, indicators.ErrNotFound
	}
	return a, q, nil
}

// mayOpen reports whether the viewer may open the figure down to its children.
func mayOpen(v access.Viewer, a indicators.Answer) bool {
	facts := a.WhoseFacts()
	return len(facts) > 0 && v.May(access.MaintainRecords) && v.May(access.ExactFigures) && a.Current().HasNumber() && records.MayList(v, facts)
}

func (s *site) childrenBehind(c echo.Context, v access.Viewer) error {
	a, q, err := s.childrenAsked(c, v)
	if err != nil {
		return err
	}
	p := childrenBehindOf(a, q, "")
	p.frame = s.frame(c, v, "The children behind a figure")
	return s.render(c, http.StatusOK, p)
}

func childrenBehindOf(a indicators.Answer, q query, who string) childrenBehindPage {
	d, f := a.Definition(), a.Current()
	p := childrenBehindPage{Heading: d.Title, Figure: f.Text, Of: basis(d, f),
		Back: q.with("/indicators/" + d.ID), To: q.with(behindPath(d.ID), "period", string(f.Period.Kind), "at", f.Period.ID)}
	if a.MemberName() != "" {
		p.Heading += ": " + a.MemberName()
	}
	p.Numerator, p.Denominator = countHeadings(d)
	if p.Numerator == "" {
		p.Numerator = sentence(d.Counts)
	}
	options := whoOptions(d)
	if len(options) > 1 {
		if who == "" {
			who = options[0].Value
		}
		p.Who = choose("who", "Which children", "", who, options...)
	}
	p.Chosen = who
	p.Reason = formField{Name: "reason", Label: "Why you need to know who they are", Hint: "It is kept in the audit with your name and the children that you are shown."}
	return p
}

// whoOptions are which children of a figure may be listed, first those whom somebody
// acts on. Of a count and a mean there is nothing to choose.
func whoOptions(d indicators.Definition) []option {
	if d.Unit != indicators.Percent {
		return nil
	}
	counted, others := option{Value: "counted", Text: "Those counted"}, option{Value: "others", Text: "Those not counted, or not wholly"}
	all := option{Value: "all", Text: "All"}
	if d.Polarity == indicators.HighIsGood {
		return []option{others, counted, all}
	}
	return []option{counted, others, all}
}

// chosen are the children of the list that was asked for.
func chosen(children []indicators.CountedChild, who string) []indicators.CountedChild {
	return slices.DeleteFunc(slices.Clone(children), func(c indicators.CountedChild) bool {
		switch who {
		case "counted":
			return c.Numerator.IsZero()
		case "others":
			return c.Numerator.GreaterThanOrEqual(c.Denominator)
		}
		return false
	})
}

func (s *site) listChildrenBehind(c echo.Context, v access.Viewer) error {
	a, q, err := s.childrenAsked(c, v)
	if err != nil {
		return err
	}
	d := a.Definition()
	who := c.FormValue("who")
	if options := whoOptions(d); !slices.ContainsFunc(options, func(o option) bool { return o.Value == who }) {
		who = ""
		if len(options) > 0 {
			who = options[0].Value
		}
	}
	p := childrenBehindOf(a, q, who)
	p.Reason.Value = c.FormValue("reason")
	asked := a.Question()
	asked.At = a.Current().Period.ID
	b, err := s.Engine.ChildrenBehind(c.Request().Context(), v, asked)
	if err != nil {
		return fmt.Errorf("find the children behind %s: %w", d.ID, err)
	}
	children := chosen(b.Children, who)
	list := records.ListAsked{Facts: b.Answer.WhoseFacts(), Counted: b.Keys(), Reason: p.Reason.Value, Most: mostBehindOnPage, Of: []string{d.ID, asked.At}}
	if asked.Member != "" {
		list.Of = append(list.Of, asked.Breakdown, asked.Member)
	}
	file := c.FormValue("file")
	if file != "" {
		list.Most = mostBehindInFile
	}
	for _, child := range children {
		list.Keys = append(list.Keys, child.Key)
	}
	found, err := s.Children.ListChildren(c.Request().Context(), v, list)
	var invalid *records.Invalid
	switch {
	case errors.Is(err, records.ErrNotFound):
		return echo.ErrNotFound
	case errors.As(err, &invalid):
		p.Reason.Error = sentence(invalid.Problems[0].Message)
		p.Problems = []formProblem{{p.Reason.Name, p.Reason.Error}}
		p.frame = s.frame(c, v, titled("The children behind a figure", true))
		return s.render(c, http.StatusUnprocessableEntity, p)
	case err != nil:
		return fmt.Errorf("list the children behind %s: %w", d.ID, err)
	}
	p.fill(found, children)
	if found.Everybody {
		f := b.FigureOf(found.Counted)
		p.Figure, p.Of = f.Text, basis(d, f)
	} else if b.Differs {
		p.Notes = append(p.Notes, "Records have changed since the figure was computed: the children below are of now, and add up to another figure until it is computed again.")
	}
	if file != "" {
		return s.downloadChildren(c, v, file, p, found, children)
	}
	p.Asked = true
	p.frame = s.frame(c, v, "The children behind a figure")
	p.Printed = when(s.Now())
	return s.render(c, http.StatusOK, p)
}

// fill writes the children into the page, and says why there are not as many as
// were counted.
func (p *childrenBehindPage) fill(found records.ChildList, children []indicators.CountedChild) {
	for _, child := range found.Children {
		row := behindRow{Href: "/children/" + child.Child.ID, Name: "No name recorded", Born: born(child.Child), School: child.School, Worker: child.Worker, Team: child.Team}
		if len(child.Names) > 0 {
			row.Name = child.Names[0]
		}
		counted := children[child.Place]
		row.Numerator = indicators.Number(counted.Numerator, -1)
		if p.Denominator != "" {
			row.Denominator = indicators.Number(counted.Denominator, -1)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Caption = fmt.Sprintf("%s that you may see", count(found.Seen, "child", "children"))
	if len(found.Children) < found.Seen {
		p.Caption = fmt.Sprintf("The first %s of %s that you may see: a file has them all", grouped(len(found.Children)), count(found.Seen, "child", "children"))
	}
	if found.Everybody {
		p.Notes = append(p.Notes, "The figure above is that of the children whose records are yours to see, as they are now.")
	} else {
		p.Notes = append(p.Notes, "The list has the children whose records are yours to see; the figure counts others, too, where there are any.")
	}
	if found.Hidden > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s counted here are not among those you work with.", sentence(count(found.Hidden, "child", "children"))))
	}
}

// downloadChildren sends the list as a file.
func (s *site) downloadChildren(c echo.Context, v access.Viewer, file string, p childrenBehindPage, found records.ChildList, children []indicators.CountedChild) error {
	list := sheet.ChildList{Title: p.Heading, Figure: p.Figure, Of: p.Of, Authority: s.Authority, Viewer: v, At: s.Now(), Notes: p.Notes, Numerator: p.Numerator, Denominator: p.Denominator}
	for i, child := range found.Children {
		row := sheet.ListedChild{ID: child.Child.ID, Name: p.Rows[i].Name, UPN: child.Child.UPN, School: child.School, Worker: child.Worker, Team: child.Team,
			Numerator: children[child.Place].Numerator, Denominator: children[child.Place].Denominator, Page: s.PublicURL + "/children/" + child.Child.ID}
		if !child.Child.DateOfBirth.IsZero() {
			row.Born = child.Child.DateOfBirth.Time()
		}
		list.Children = append(list.Children, row)
	}
	name := "OneVision children " + s.Now().In(indicators.London()).Format("2 January 2006")
	switch file {
	case "xlsx":
		return s.download(c, v, excel, name+".xlsx", func(_ context.Context, _ access.Viewer, w io.Writer) error { return list.WriteExcel(w) })
	case "csv":
		return s.download(c, v, "text/csv; charset=utf-8; header=present", name+".csv", func(_ context.Context, _ access.Viewer, w io.Writer) error { return list.WriteCSV(w) })
	}
	return echo.ErrBadRequest
}
