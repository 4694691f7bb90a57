package dashboards

// The page of publications: what was published when, and the form that publishes.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		if s.Publications == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/publications", page: s.publications, may: access.ViewDashboards, menu: "Publications", place: 25},
			{method: http.MethodPost, path: "/publications", page: s.publish, may: access.Publish, longest: 5 * time.Minute},
		}
	}, publicationsPage{})
}

// Publications publishes figures and says what was published.
type Publications interface {
	// Publish returns indicators.ErrNotFound for a viewer who may not, and
	// *indicators.Unprintable for text that cannot be shown.
	Publish(ctx context.Context, v access.Viewer, o indicators.Publishing) (indicators.Release, error)
	Releases(ctx context.Context, v access.Viewer, most int) ([]indicators.Release, error)
	// Restated is what was published of a measure beside what is known now.
	Restated(ctx context.Context, v access.Viewer, q indicators.Question) ([]indicators.Restatement, error)
}

type publicationsPage struct {
	frame
	Notice   string
	Problems []formProblem
	Fields   []formField // none: the viewer may not publish
	Rows     []publicationRow
}

func (publicationsPage) file() string { return "publications.html" }

type publicationRow struct{ When, Who, What, Commentary string }

// publicationsShown is how many the page lists; monthsOffered how many months can be
// chosen.
const publicationsShown, monthsOffered = 50, 25

func (s *site) publications(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showPublications(c, v, http.StatusOK, "", "")
}

// showPublications shows the page, with what was given; problem is what is wrong with
// the field, "" for nothing.
func (s *site) showPublications(c echo.Context, v access.Viewer, code int, field, problem string) error {
	releases, err := s.Publications.Releases(c.Request().Context(), v, publicationsShown)
	if err != nil {
		return err
	}
	p := publicationsPage{frame: s.frame(c, v, titled("Publications", problem != "")), Notice: s.Sessions.PopFlash(c.Request().Context())}
	for _, r := range releases {
		row := publicationRow{When: when(r.At), Who: "By itself", What: sentence(count(r.Measures, "measure", "measures")) + ": " + someOf(r.Periods), Commentary: r.Commentary}
		if r.By != "schedule" {
			row.Who = "By a person"
		}
		if r.SignedOffBy != "" {
			row.Who = "Signed off by " + r.SignedOffBy
		}
		if r.Incomplete > 0 {
			row.What += "; " + count(r.Incomplete, "figure was incomplete", "figures were incomplete")
		}
		p.Rows = append(p.Rows, row)
	}
	if v.May(access.Publish) {
		choices := s.months()
		of, by := choices[0].Value, v.Name()
		if problem != "" {
			of, by = c.FormValue("of"), c.FormValue("signed-off-by")
		}
		p.Fields = []formField{
			choose("of", "Everything that ended in", "", of, choices...),
			{Name: "signed-off-by", Label: "Signed off by", Hint: "The name under the figures", Value: by},
			{Kind: "text", Name: "commentary", Label: "Commentary (optional)", Hint: "Shown with the figures to everybody who sees them. Name no child and no number that is not shown.", Value: c.FormValue("commentary")},
			{Kind: "checkbox", Name: "incomplete", Label: "Also what is not complete yet, marked as incomplete", Value: c.FormValue("incomplete")},
		}
	}
	if problem != "" {
		p.Problems = wrong(p.Fields, field, problem)
	}
	return s.render(c, code, p)
}

// someOf names a few, and counts the rest.
func someOf(names []string) string {
	const few = 4
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	return strings.Join(names, ", ")
}

// months that can be published: those that have ended, the newest first.
func (s *site) months() []option {
	var out []option
	first := s.today().AddDate(0, 0, 1-s.today().Day())
	for i := range monthsOffered {
		m := first.AddDate(0, -1-i, 0)
		out = append(out, option{Value: m.Format("2006-01"), Text: m.Format("January 2006")})
	}
	return out
}

func (s *site) publish(c echo.Context, v access.Viewer) error {
	of := c.FormValue("of")
	known := false
	for _, m := range s.months() {
		known = known || m.Value == of
	}
	if !known {
		return s.showPublications(c, v, http.StatusUnprocessableEntity, "of", "Choose a month that has ended")
	}
	r, err := s.Publications.Publish(c.Request().Context(), v, indicators.Publishing{Of: of, By: "page", Incomplete: c.FormValue("incomplete") != "",
		SignedOffBy: c.FormValue("signed-off-by"), Commentary: c.FormValue("commentary")})
	var unprintable *indicators.Unprintable
	if errors.As(err, &unprintable) {
		return s.showPublications(c, v, http.StatusUnprocessableEntity, unprintable.Field, "This holds a character that cannot be printed: type it again")
	}
	if err != nil {
		return err
	}
	said := "Nothing was published: what was complete is published already, or nothing has been recorded of it."
	if r.ID != 0 {
		said = fmt.Sprintf("Published: %s. Of their figures %s shown to those who see published ones alone, and %s not.", count(r.Measures, "measure", "measures"), isOrAre(r.Shown), isOrAre(r.Hidden))
	}
	if len(r.Left) > 0 {
		said += " " + sentence(count(len(r.Left), "was left", "were left")) + ": " + someOf(r.Left) + "."
	}
	s.Sessions.PutFlash(c.Request().Context(), said)
	return c.Redirect(http.StatusSeeOther, "/publications")
}

func isOrAre(n int) string { return grouped(n) + " " + areOrIs(n) }

// restatedRow is a published period beside what is known now.
type restatedRow struct {
	Period, When, Was, Now, Cause string
	Changed                       bool
}

// restatedShown is how many periods the page of a measure shows.
const restatedShown = 6

// restated is what was published of what the page is about; nothing for who sees
// published figures alone.
func (s *site) restated(c echo.Context, v access.Viewer, a indicators.Answer) ([]restatedRow, error) {
	q := a.Question()
	b, _ := indicators.BreakdownOf(q.Breakdown)
	if s.Publications == nil || !v.SeesExactly(b.Subject, q.Member) {
		return nil, nil
	}
	if q.Member == "" {
		q.Breakdown = ""
	}
	all, err := s.Publications.Restated(c.Request().Context(), v, q)
	if err != nil {
		return nil, err
	}
	var out []restatedRow
	for _, r := range all[:min(restatedShown, len(all))] {
		row := restatedRow{Period: sentence(r.Now.Period.Name), When: r.At.In(indicators.London()).Format("2 January 2006"), Was: withBasis(r.Published), Now: withBasis(r.Now), Changed: r.Changed, Cause: sentence(r.Cause)}
		if !r.Changed {
			row.Cause = "As published"
		}
		if r.Hidden {
			row.Was += "; not shown to those who see published figures alone"
		}
		if r.SignedOffBy != "" {
			row.When += ", signed off by " + r.SignedOffBy
		}
		out = append(out, row)
	}
	return out, nil
}

func withBasis(f indicators.Figure) string {
	if of := f.Of(); of != "" {
		return f.Text + " (" + of + ")"
	}
	return f.Text
}
