package dashboards

// Break-glass: the form, the banner on every page while it lasts, and the review.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Glass == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/break-glass", page: s.glassForm, may: access.BreakGlass, within: "/children"},
			{method: http.MethodPost, path: "/break-glass", page: s.breakGlass, may: access.BreakGlass, within: "/children"},
			{method: http.MethodPost, path: "/break-glass/:id/end", page: s.endGlass, may: access.BreakGlass},
			{method: http.MethodGet, path: "/access/break-glass", page: s.glassQueue, may: access.ReviewAccess},
			{method: http.MethodGet, path: "/access/break-glass/:id", page: s.glassOne, may: access.ReviewAccess},
			{method: http.MethodPost, path: "/access/break-glass/:id", page: s.reviewGlass, may: access.ReviewAccess},
		}
	}, glassPage{}, glassQueuePage{}, glassReviewPage{})
}

// Glass shows one child for a time to somebody whose they are not: *access.Glass.
type Glass interface {
	// Break returns *access.Unclear for what is wrong with what was given, and for a
	// wrong password what Authenticate does.
	Break(ctx context.Context, v access.Viewer, s access.Sought, reason, password string) (access.Broken, error)
	Standing(ctx context.Context, v access.Viewer) ([]access.Broken, error)
	// End, One and Review return access.ErrNoGlass for one that is not there.
	End(ctx context.Context, v access.Viewer, id int64) error
	Queue(ctx context.Context, v access.Viewer) ([]access.Broken, error)
	One(ctx context.Context, v access.Viewer, id int64) (access.Broken, error)
	Review(ctx context.Context, v access.Viewer, id int64, outcome access.Outcome, note string) error
}

// glassBanner tells on every page that a child's record is open by break-glass.
type glassBanner struct{ Href, Until, End string }

const glassKey = "glass"

// noteGlass looks, before each page of somebody who may break it, what is open to
// them by break-glass.
func (s *site) noteGlass(c echo.Context, v access.Viewer) error {
	if s.Glass == nil || !v.May(access.BreakGlass) {
		return nil
	}
	standing, err := s.Glass.Standing(c.Request().Context(), v)
	if err != nil {
		return err
	}
	var banners []glassBanner
	for _, b := range standing {
		banners = append(banners, glassBanner{"/children/" + b.Child, when(b.To), fmt.Sprintf("/break-glass/%d/end", b.ID)})
	}
	c.Set(glassKey, banners)
	return nil
}

type glassPage struct {
	frame
	Notice   string
	Again    string // the name of the organisation's sign-in, where that takes the place of the password
	Problems []formProblem
	Fields   []formField
	Born     formDate
}

func (glassPage) file() string { return "break-glass.html" }

func (s *site) glassForm(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"child": nil})
	if err != nil {
		return err
	}
	return s.showGlass(c, v, http.StatusOK, q["child"], "", [3]string{}, "", "")
}

func (s *site) showGlass(c echo.Context, v access.Viewer, code int, child, reason string, born [3]string, field, wrongText string) error {
	p := glassPage{Fields: []formField{
		{Name: "child", Label: "Child", Value: child, Hint: "A UPN, an NHS number or a number of social care’s. Or the full name, with the date of birth below."},
		{Kind: "text", Name: "reason", Label: "Why you must see this record now", Value: reason, Hint: "At least 20 letters. The information governance officer reads it today."},
		{Kind: "password", Name: "password", Label: "Your password, again"},
	}}
	organisational, err := s.organisational(c, v)
	if err != nil {
		return err
	}
	if organisational {
		p.Fields, p.Again = p.Fields[:2], s.Organisation.Name()
		if code == http.StatusOK {
			p.Notice = s.Sessions.PopFlash(c.Request().Context())
		}
	}
	switch field {
	case "":
		p.Born = bornFields(born, "")
	case "born-day":
		p.Born, p.Problems = bornFields(born, wrongText), []formProblem{{field, wrongText}}
	default:
		p.Born, p.Problems = bornFields(born, ""), wrong(p.Fields, field, wrongText)
		if field == "again" {
			p.Problems = []formProblem{{field, wrongText}}
		}
	}
	p.frame = s.frame(c, v, titled("Break the glass", field != ""))
	return s.render(c, code, p)
}

func (s *site) breakGlass(c echo.Context, v access.Viewer) error {
	child, reason := strings.TrimSpace(c.FormValue("child")), strings.TrimSpace(c.FormValue("reason"))
	day, born, err := dayOrNone(c, "born")
	refuse := func(field, text string) error {
		return s.showGlass(c, v, http.StatusUnprocessableEntity, child, reason, born, field, text)
	}
	if err != nil {
		return refuse("born-day", bornWrong)
	}
	organisational, err := s.organisational(c, v)
	if err != nil {
		return err
	}
	if c.FormValue("password") == "" && !organisational {
		return refuse("password", "Enter your password")
	}
	broken, err := s.Glass.Break(c.Request().Context(), v, access.Sought{Text: child, Born: day}, reason, c.FormValue("password"))
	var unclear *access.Unclear
	var throttled access.Throttled
	switch {
	case errors.As(err, &unclear):
		return refuse(unclear.Field, sentence(unclear.Message))
	case errors.As(err, &throttled):
		return refuse("password", "There were too many wrong passwords. Wait "+waiting(throttled.Wait)+", then try again")
	case errors.Is(err, access.ErrSignIn) && organisational:
		return refuse("again", "Sign in again with "+s.Organisation.Name()+" first")
	case errors.Is(err, access.ErrSignIn):
		return refuse("password", "The password is not right")
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/children/"+broken.Child)
}

func (s *site) endGlass(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	err = s.Glass.End(c.Request().Context(), v, id)
	if errors.Is(err, access.ErrNoGlass) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/children")
}

type glassQueuePage struct {
	frame
	Notice        string
	Waiting, Done glassTable
}

func (glassQueuePage) file() string { return "glass-queue.html" }

type glassTable struct {
	Caption string
	Rows    []glassLine
}

type glassLine struct{ Href, When, Who, What, Outcome string }

func glassLineOf(b access.Broken) glassLine {
	l := glassLine{Href: fmt.Sprintf("/access/break-glass/%d", b.ID), When: when(b.From), Who: b.Name + ", " + roleName(b.Role), What: "A child who is not theirs", Outcome: "Not reviewed yet"}
	switch {
	case b.Child == "":
		l.What = "No child agreed with what was given"
	case b.Restricted:
		l.What = "A restricted child"
	}
	if !b.ReviewedAt.IsZero() {
		l.Outcome = outcomeName(b.Outcome) + ", by " + b.ReviewedBy
	}
	return l
}

func outcomeName(o access.Outcome) string { return sentence(strings.ReplaceAll(string(o), "-", " ")) }

func (s *site) glassQueue(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	list, err := s.Glass.Queue(c.Request().Context(), v)
	if err != nil {
		return err
	}
	p := glassQueuePage{frame: s.frame(c, v, "Break-glass reviews"), Notice: s.Sessions.PopFlash(c.Request().Context()),
		Waiting: glassTable{Caption: "To be reviewed, the oldest first"}, Done: glassTable{Caption: "Reviewed, the latest first"}}
	for _, b := range list {
		if b.ReviewedAt.IsZero() {
			p.Waiting.Rows = append(p.Waiting.Rows, glassLineOf(b))
		} else {
			p.Done.Rows = append(p.Done.Rows, glassLineOf(b))
		}
	}
	return s.render(c, http.StatusOK, p)
}

type glassReviewPage struct {
	frame
	Problems []formProblem
	Facts    []pair
	Fields   []formField // none once it is reviewed
	Looks    lookTable
	Before   string // address of the lines before
	To       string
}

func (glassReviewPage) file() string { return "glass-review.html" }

func (s *site) glassOne(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"before": nil})
	if err != nil {
		return err
	}
	before, err := beforeOf(q["before"])
	if err != nil {
		return err
	}
	return s.showReview(c, v, http.StatusOK, before, "", "", nil)
}

func (s *site) showReview(c echo.Context, v access.Viewer, code int, before int64, outcome, note string, unclear *access.Unclear) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	b, err := s.Glass.One(c.Request().Context(), v, id)
	if errors.Is(err, access.ErrNoGlass) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	l := glassLineOf(b)
	p := glassReviewPage{To: l.Href, Facts: []pair{{"Who", l.Who}, {"What", l.What}, {"From", l.When}, {"Until", when(b.To)}, {"Reason given", b.Reason}}}
	if b.Child != "" {
		p.Facts = append(p.Facts, pair{"Child’s id", b.Child})
	}
	if b.ReviewedAt.IsZero() {
		options := []option{{Text: "Choose"}}
		for _, o := range access.Outcomes() {
			options = append(options, option{Value: string(o), Text: outcomeName(o)})
		}
		p.Fields = []formField{choose("outcome", "What the review came to", "", outcome, options...),
			{Kind: "text", Name: "note", Label: "Note", Hint: "Needed unless it was justified.", Value: note}}
	} else {
		p.Facts = append(p.Facts, pair{"Outcome", l.Outcome + ", " + when(b.ReviewedAt)})
		if b.Note != "" {
			p.Facts = append(p.Facts, pair{"Note", b.Note})
		}
	}
	if s.Looks != nil {
		looks, err := s.Looks.During(c.Request().Context(), v, id, before)
		if err != nil {
			return err
		}
		p.Looks = lookTableOf("What they looked at and did, the latest first", false, looks)
		if last := lastOf(looks); last != "" {
			p.Before = l.Href + "?before=" + last
		}
	}
	if unclear != nil {
		p.Problems = wrong(p.Fields, unclear.Field, sentence(unclear.Message))
	}
	p.frame = s.frame(c, v, titled("Break-glass review", unclear != nil))
	return s.render(c, code, p)
}

func (s *site) reviewGlass(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	outcome, note := c.FormValue("outcome"), c.FormValue("note")
	err = s.Glass.Review(c.Request().Context(), v, id, access.Outcome(outcome), note)
	var unclear *access.Unclear
	switch {
	case errors.As(err, &unclear):
		return s.showReview(c, v, http.StatusUnprocessableEntity, 0, outcome, note, unclear)
	case errors.Is(err, access.ErrNoGlass):
		return echo.ErrNotFound
	case err != nil:
		return err
	}
	s.Sessions.PutFlash(c.Request().Context(), "The review is kept.")
	return c.Redirect(http.StatusSeeOther, "/access/break-glass")
}
