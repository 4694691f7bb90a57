package dashboards

// The one place where an error becomes a page (or, for programs, a problem document).

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() { register(nil, errorPage{}) }

var (
	errCrossOrigin = errors.New("a change asked for by another site")
	errPanic       = errors.New("the program failed")
)

// badQuery says which part of an address is not one that the page takes, and
// what it does take.
type badQuery struct {
	Key     string
	Allowed []string
}

func (q badQuery) Error() string {
	return "the address holds a " + q.Key + " that the page does not take"
}

// errorPage is what a person is told when something went wrong.
type errorPage struct {
	frame
	Heading   string
	Sentences []string
	Allowed   []string
	Reference string
}

func (errorPage) file() string { return "error.html" }

// explain is the one table that turns an error into a status and the words of
// its page. Nothing of the error itself is shown.
func explain(err error) (int, errorPage) {
	var query badQuery
	var status *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &query):
		return http.StatusBadRequest, errorPage{Heading: "That address is not quite right",
			Sentences: []string{"The address asks for a “" + query.Key + "” that this page does not have."}, Allowed: query.Allowed}
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, errorPage{Heading: "That could not be sent",
			Sentences: []string{"The form did not come from OneVision itself, so nothing was changed.", "Open the page again from your dashboard and send it from there."}}
	case errors.Is(err, indicators.ErrNotFound), errors.Is(err, ErrNoMail):
		return explain(echo.ErrNotFound)
	case errors.As(err, &tooLarge):
		return explain(echo.ErrStatusRequestEntityTooLarge)
	case errors.Is(err, context.DeadlineExceeded):
		return explain(echo.ErrServiceUnavailable)
	case errors.As(err, &status):
		return explainStatus(status.Code)
	case access.Transient(err):
		return http.StatusServiceUnavailable, errorPage{Heading: "OneVision cannot reach its record store",
			Sentences: []string{"Who asks, and that they looked, is kept there, so no page can be shown without it.", "Nothing that you had saved is lost: try again in a moment."}}
	}
	return explainStatus(http.StatusInternalServerError)
}

func explainStatus(code int) (int, errorPage) {
	switch code {
	case http.StatusNotFound, http.StatusForbidden:
		return http.StatusNotFound, errorPage{Heading: "Page not found",
			Sentences: []string{"If you typed the address, check that it is right.", "If you followed a link, the page may have moved, or it may not be one that you can open."}}
	case http.StatusUnauthorized:
		return code, errorPage{Heading: "Sign in first", Sentences: []string{"You are not signed in, or your session has ended."}}
	case http.StatusMethodNotAllowed:
		return code, errorPage{Heading: "That cannot be done here", Sentences: []string{"The page exists, but it does not take what was sent to it."}}
	case http.StatusRequestEntityTooLarge:
		return code, errorPage{Heading: "That is too much to send", Sentences: []string{"What was sent is larger than this page takes, so nothing was changed."}}
	case http.StatusServiceUnavailable:
		return code, errorPage{Heading: "OneVision is busy", Sentences: []string{"The page could not be made in time: the record store may be out of reach. Nothing is lost: try again in a moment."}}
	case http.StatusBadRequest:
		return code, errorPage{Heading: "That could not be read", Sentences: []string{"What was sent is not in the form that this page takes, so nothing was changed."}}
	}
	return http.StatusInternalServerError, errorPage{Heading: "Sorry, there is a problem with OneVision",
		Sentences: []string{"The page could not be made. Nothing that you had saved is lost.", "Try again in a moment."}}
}

// fail answers every error of every route: a page for a person, a problem
// document for a program. Errors that are ours are logged here, once.
func (s *site) fail(err error, c echo.Context) {
	code, page := explain(err)
	if code >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.log.Error("request failed", "request_id", requestID(c), "route", c.Path(), "error", err)
		page.Reference = requestID(c)
	}
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy) // the page's own, not that of the page that failed
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Content-Disposition", "Content-Length", "ETag"} {
		h.Del(name)
	}
	if code == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	if c.Request().Method == http.MethodHead {
		err = c.NoContent(code)
	} else if wantsData(c) {
		err = problem(c, code, page)
	} else {
		page.frame = s.frame(c, s.viewer(c), page.Heading)
		err = s.render(c, code, page)
	}
	if err != nil {
		s.log.Error("the page of an error", "request_id", requestID(c), "error", err)
	}
}

func wantsData(c echo.Context) bool {
	path := c.Request().URL.Path
	return ofAPI(path) || strings.HasPrefix(path, "/cards/") || strings.HasPrefix(path, "/static/")
}

// problem is an error for a program (RFC 9457).
func problem(c echo.Context, code int, page errorPage) error {
	doc := map[string]any{"type": "about:blank", "title": page.Heading, "status": code, "detail": strings.Join(page.Sentences, " ")}
	if len(page.Allowed) > 0 {
		doc["allowed"] = page.Allowed
	}
	if page.Reference != "" {
		doc["instance"] = "urn:request:" + page.Reference
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write a problem: %w", err)
	}
	return c.Blob(code, "application/problem+json", body)
}
