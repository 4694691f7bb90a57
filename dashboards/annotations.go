package dashboards

// Commentary, acts and events beside a measure: shown on its page, its card and the page
// of its alerts, and the page on which they are written.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/chart"
)

func init() {
	register(func(s *site) []route {
		if s.Annotations == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/indicators/:indicator/annotations", page: s.annotations, may: access.WatchAlerts},
			{method: http.MethodPost, path: "/indicators/:indicator/annotations", page: s.annotate, may: access.WatchAlerts},
			{method: http.MethodPost, path: "/indicators/:indicator/annotations/:id/:deed", page: s.changeAnnotation, may: access.WatchAlerts},
		}
	}, annotationsPage{})
}

// Annotations keeps what people write beside measures: *indicators.Engine. What may not
// be written is an *indicators.Unwritable; whoever may not gets indicators.ErrNotFound.
type Annotations interface {
	Annotations(ctx context.Context, v access.Viewer, a indicators.Answer) ([]indicators.Annotation, error)
	Acts(ctx context.Context, v access.Viewer) (indicators.Acts, error)
	MayAnnotate(v access.Viewer, a indicators.Answer) bool
	Owners(ctx context.Context, v access.Viewer) ([]indicators.Owner, error)
	Annotate(ctx context.Context, v access.Viewer, q indicators.Question, n indicators.Annotation) error
	EndAct(ctx context.Context, v access.Viewer, q indicators.Question, id int64, outcome string) error
	WithdrawAnnotation(ctx context.Context, v access.Viewer, q indicators.Question, id int64) error
}

// annotationsPage is where annotations of one measure are written, ended and withdrawn.
type annotationsPage struct {
	frame
	Heading  string
	Back     string // the page of the measure
	Notice   string
	Problems []formProblem
	To       string // what the forms post to
	Rows     []annotationRow
	On       string // the period whose figure commentary is on
	Saying   []formField
	Acting   []formField
	Due      formDate
	Held     []formField
	Day      formDate
}

func (annotationsPage) file() string { return "annotations.html" }

// annotationRow is one annotation as the pages say it.
type annotationRow struct {
	ID       string // of the element
	Kind     string // "Commentary", "Act", "Event 1"
	When     string
	Text     string
	Facts    string // of an act: "Dana Example, due 3 December 2026"
	Outcome  string
	By       string
	Audience string // "" where all that is shown is for everybody
	Number   int    // of an event on the trend, from 1 for the earliest; 0: it is not there
	End      string // where the outcome is posted to; "" for nowhere
	Withdraw string
	Problem  string // what is wrong with the outcome that was given
}

// beside reads what stands beside the answer, and which of it are events of the trend.
func (s *site) beside(c echo.Context, v access.Viewer, a indicators.Answer) ([]annotationRow, []chart.Event, error) {
	if s.Annotations == nil {
		return nil, nil, nil
	}
	all, err := s.Annotations.Annotations(c.Request().Context(), v, a)
	if err != nil {
		return nil, nil, err
	}
	_, published := a.PublishedOnly()
	rows := make([]annotationRow, 0, len(all))
	var events []chart.Event
	for _, n := range slices.Backward(all) { // the earliest first, as they are numbered
		row := annotationRowOf(n, s.today())
		if published {
			row.Audience = ""
		}
		if at, there := chart.PeriodOf(a, n.Day); there && n.Kind == indicators.Event {
			row.Number = len(events) + 1
			row.Kind += " " + strconv.Itoa(row.Number)
			events = append(events, chart.Event{Number: row.Number, Period: at, Text: n.Text})
		}
		rows = append(rows, row)
	}
	slices.Reverse(rows)
	return rows, events, nil
}

func annotationRowOf(n indicators.Annotation, today time.Time) annotationRow {
	row := annotationRow{ID: fmt.Sprintf("annotation-%d", n.ID), Kind: sentence(string(n.Kind)), When: n.Day.Format("2 January 2006"), Text: n.Text, Outcome: n.Outcome, By: n.By, Audience: "Not published"}
	if n.Public {
		row.Audience = "For everybody"
	}
	if n.Kind == indicators.Act {
		row.Facts = actFacts(n, today)
	}
	return row
}

// actFacts is who does it until when: "Dana Example, due 3 December 2026".
func actFacts(n indicators.Annotation, today time.Time) string {
	due := ", due "
	if n.Outcome == "" && n.Due.Before(today) {
		due = ", overdue since "
	}
	return n.Owner + due + n.Due.Format("2 January 2006")
}

// actLine is the acts under way as one line of a card; false for none.
func actLine(acts []indicators.Annotation, today time.Time) (fact, bool) {
	if len(acts) == 0 {
		return fact{}, false
	}
	const longest = 120 // letters on a card: the page of the measure has it whole
	text := acts[0].Text
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + "…"
	}
	f := fact{Name: "Act", Text: text, Note: actFacts(acts[0], today)}
	if more := len(acts) - 1; more > 0 {
		f.Note += "; and " + count(more, "more act", "more acts")
	}
	return f, true
}

// withActs adds the acts under way to a card.
func (s *site) withActs(c card, a indicators.Answer, acts indicators.Acts) card {
	if f, any := actLine(acts.Of(a), s.today()); any {
		c.Facts = append(c.Facts, f)
		c.Version = version(c)
	}
	return c
}

func (s *site) acts(c echo.Context, v access.Viewer) (indicators.Acts, error) {
	if s.Annotations == nil {
		return indicators.Acts{}, nil
	}
	return s.Annotations.Acts(c.Request().Context(), v)
}

// annotationsPath is the page on which what stands beside the answer is written.
func annotationsPath(q indicators.Question, at string) string {
	next := query{"period": string(q.Period), "at": at}
	if q.Member != "" {
		next["breakdown"], next["member"] = q.Breakdown, q.Member
	}
	return next.with("/indicators/" + q.Indicator + "/annotations")
}

// annotated is the answer that the address of the page names.
func (s *site) annotated(c echo.Context, v access.Viewer) (indicators.Answer, indicators.Question, error) {
	d, ok := s.definition(v, c.Param("indicator"))
	if !ok {
		return indicators.Answer{}, indicators.Question{}, indicators.ErrNotFound
	}
	q, err := queryOf(c, allowed{"period": texts(d.Periods), "at": nil, "breakdown": d.Breakdowns, "member": nil})
	if err != nil {
		return indicators.Answer{}, indicators.Question{}, err
	}
	ask, err := questionOf(d, q)
	if err != nil {
		return indicators.Answer{}, ask, err
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, ask)
	if err == nil && !s.Annotations.MayAnnotate(v, a) {
		err = indicators.ErrNotFound
	}
	return a, ask, err
}

func (s *site) annotations(c echo.Context, v access.Viewer) error {
	return s.showAnnotations(c, v, http.StatusOK, nil, nil)
}

// The forms' fields: those of one kind are named after it, since all stand on one page.
var annotationFields = map[indicators.AnnotationKind]map[string]string{
	indicators.Commentary: {"text": "commentary", "public": "commentary-public"},
	indicators.Act:        {"text": "act", "public": "act-public", "owner": "owner", "due": "due-day"},
	indicators.Event:      {"text": "event", "public": "event-public", "day": "day-day"},
}

// showAnnotations shows the page, with what was given when something of it is wrong.
func (s *site) showAnnotations(c echo.Context, v access.Viewer, code int, given func(string) string, problems []formProblem) error {
	a, ask, err := s.annotated(c, v)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.Annotations.Annotations(ctx, v, a)
	if err != nil {
		return err
	}
	d, at := a.Definition(), a.Current().Period
	p := annotationsPage{Heading: d.Title, To: annotationsPath(a.Question(), at.ID), On: at.The(), Problems: problems}
	if ask.Member != "" {
		p.Heading += ": " + a.MemberName()
	}
	back := query{"period": string(a.Question().Period)}
	if ask.At != "" {
		back["at"] = ask.At
	}
	if ask.Member != "" {
		back["breakdown"], back["member"] = ask.Breakdown, ask.Member
	}
	p.Back = back.with("/indicators/" + d.ID)
	wrong := map[string]string{}
	for _, problem := range problems {
		wrong[problem.Field] = problem.Text
	}
	for _, n := range all {
		row := annotationRowOf(n, s.today())
		change := func(deed string) string {
			return annotationPath(p.To, n.ID, deed)
		}
		if n.Kind == indicators.Act && n.Outcome == "" {
			row.End, row.Problem = change("end"), wrong["outcome-"+row.ID]
		}
		if n.Mine {
			row.Withdraw = change("withdraw")
		}
		p.Rows = append(p.Rows, row)
	}
	if given == nil {
		today, month := s.today(), s.today().AddDate(0, 0, 28)
		p.Notice = s.Sessions.PopFlash(ctx)
		start := map[string]string{"owner": strconv.FormatInt(v.Account(), 10)}
		for name, day := range map[string]time.Time{"due": month, "day": today} {
			start[name+"-day"], start[name+"-month"], start[name+"-year"] = strconv.Itoa(day.Day()), strconv.Itoa(int(day.Month())), strconv.Itoa(day.Year())
		}
		given = func(name string) string { return start[name] }
	}
	owners, err := s.Annotations.Owners(ctx, v)
	if err != nil {
		return err
	}
	p.fields(v, owners, given, wrong)
	p.frame = s.frame(c, v, titled(p.Heading, len(problems) > 0))
	return s.render(c, code, p)
}

func annotationPath(to string, id int64, deed string) string {
	path, state, _ := strings.Cut(to, "?")
	return fmt.Sprintf("%s/%d/%s?%s", path, id, deed, state)
}

func (p *annotationsPage) fields(v access.Viewer, owners []indicators.Owner, given func(string) string, wrong map[string]string) {
	field := func(kind, name, label, hint string) formField {
		return formField{Kind: kind, Name: name, Label: label, Hint: hint, Value: given(name), Error: wrong[name]}
	}
	public := func(name string) []formField {
		if !v.May(access.Publish) {
			return nil
		}
		return []formField{field("checkbox", name, "For everybody: it enters the next publication, and the lead member reads it", "Otherwise those who see exact figures read it.")}
	}
	const careful = "Name no child, and no number that is not published."
	p.Saying = append([]formField{field("text", "commentary", "What is to be said of "+p.On, careful)}, public("commentary-public")...)
	var people []option
	for _, o := range owners {
		people = append(people, option{Value: strconv.FormatInt(o.Account, 10), Text: o.Name})
	}
	owner := choose("owner", "Who does it", "", given("owner"), people...)
	owner.Error = wrong["owner"]
	p.Acting = append([]formField{field("text", "act", "What will be done", careful), owner}, public("act-public")...)
	p.Due = dateFields("due", "It will be done by", wrong["due-day"], given("due-day"), given("due-month"), given("due-year"))
	p.Held = append([]formField{field("text", "event", "What happened", "For example: a school closed, a rule changed, a strike. It is drawn on the trend. "+careful)}, public("event-public")...)
	p.Day = dateFields("day", "On which day", wrong["day-day"], given("day-day"), given("day-month"), given("day-year"))
}

func (s *site) annotate(c echo.Context, v access.Viewer) error {
	a, ask, err := s.annotated(c, v)
	if err != nil {
		return err
	}
	kind := indicators.AnnotationKind(c.FormValue("kind"))
	names := annotationFields[kind]
	if names == nil {
		return echo.ErrNotFound
	}
	n := indicators.Annotation{Kind: kind, Text: c.FormValue(names["text"]), Public: c.FormValue(names["public"]) != ""}
	n.OwnerID, _ = strconv.ParseInt(c.FormValue("owner"), 10, 64) // 0: nobody was chosen
	var wrong *indicators.Unwritable
	date := func(field, what string) (day time.Time) {
		day, err = formDay(c.FormValue(field+"-day"), c.FormValue(field+"-month"), c.FormValue(field+"-year"))
		if err != nil {
			wrong = &indicators.Unwritable{Field: field, Text: what + " must be a real date, such as 27 3 2027"}
		}
		return day
	}
	switch kind {
	case indicators.Act:
		n.Due = date("due", "The day by which it will be done")
	case indicators.Event:
		n.Day = date("day", "The day on which it happened")
	}
	if wrong == nil {
		ask.At = a.Current().Period.ID
		if err = s.Annotations.Annotate(c.Request().Context(), v, ask, n); err == nil {
			s.Sessions.PutFlash(c.Request().Context(), map[indicators.AnnotationKind]string{indicators.Commentary: "The commentary stands with the figure.", indicators.Act: "The act stands on the measure, its card and its alerts.", indicators.Event: "The event stands on the trend."}[kind])
			return c.Redirect(http.StatusSeeOther, annotationsPath(a.Question(), ask.At))
		}
		if !errors.As(err, &wrong) {
			return err
		}
	}
	return s.showAnnotations(c, v, http.StatusUnprocessableEntity, c.FormValue, []formProblem{{names[wrong.Field], wrong.Text}})
}

// changeAnnotation ends an act with its outcome, or withdraws what was written.
func (s *site) changeAnnotation(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	a, ask, err := s.annotated(c, v)
	if err != nil {
		return err
	}
	ctx, said := c.Request().Context(), ""
	switch c.Param("deed") {
	case "end":
		said, err = "The outcome is noted.", s.Annotations.EndAct(ctx, v, ask, id, c.FormValue("outcome"))
	case "withdraw":
		said, err = "It is withdrawn. What was published of it stays as published.", s.Annotations.WithdrawAnnotation(ctx, v, ask, id)
	default:
		return echo.ErrNotFound
	}
	var wrong *indicators.Unwritable
	if errors.As(err, &wrong) {
		return s.showAnnotations(c, v, http.StatusUnprocessableEntity, c.FormValue, []formProblem{{fmt.Sprintf("outcome-annotation-%d", id), wrong.Text}})
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(ctx, said)
	return c.Redirect(http.StatusSeeOther, annotationsPath(a.Question(), a.Current().Period.ID))
}
