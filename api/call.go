package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"onevision/access"
)

// longest is how long a request may take, reading it included.
const longest = 10 * time.Second

// call is one request of somebody who has shown a token. A handler gets the
// viewer from here: there is none to forget.
type call struct {
	huma.Context
	ctx    context.Context
	viewer access.Viewer
}

// answer is what a request is answered with, when all is well.
type answer struct {
	status int
	header map[string]string
	body   any // nil: none
}

// serve answers one request: who is it, what do they want, what came of it.
func (s *server) serve(c huma.Context, fn func(c call) (answer, error)) {
	ctx, cancel := context.WithTimeout(c.Context(), longest)
	defer cancel()
	id := requestID(c)
	guard(c.SetHeader, id)
	viewer, err := s.viewer(ctx, c)
	if err != nil {
		s.fail(c, id, err)
		return
	}
	a, err := fn(call{Context: c, ctx: ctx, viewer: viewer.WithRequest(id)})
	if err != nil {
		s.fail(c, id, err)
		return
	}
	var body []byte
	if a.body != nil {
		if body, err = json.Marshal(a.body); err != nil {
			s.fail(c, id, err)
			return
		}
		body = append(body, '\n')
		c.SetHeader("Content-Type", "application/json")
	}
	for name, value := range a.header {
		c.SetHeader(name, value)
	}
	c.SetStatus(a.status)
	c.BodyWriter().Write(body) // the record store has decided; a caller who is gone can ask again
}

// guard sets what every answer says: that nobody keeps it, and which request it
// answers.
func guard(set func(name, value string), id string) {
	set(echo.HeaderXRequestID, id)
	set("Cache-Control", "no-store")
	set("X-Content-Type-Options", "nosniff")
}

// requestID is the id that a router in front has given the request, else a new
// one. What the caller sends is not believed: it goes into the audit.
func requestID(c huma.Context) string {
	if id := humaecho.Unwrap(c).Response().Header().Get(echo.HeaderXRequestID); id != "" {
		return id
	}
	return uuid.NewString()
}

// errNoToken means that the request shows no token, or none that is anybody's.
type errNoToken struct{ shown bool }

func (errNoToken) Error() string { return "no valid token" }

// viewer says who asks. Only the Authorization header counts: a cookie comes
// along whether the person meant it or not.
func (s *server) viewer(ctx context.Context, c huma.Context) (access.Viewer, error) {
	scheme, secret, _ := strings.Cut(c.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return access.Viewer{}, errNoToken{}
	}
	v, err := s.Tokens.ViewerByToken(ctx, strings.TrimSpace(secret))
	if errors.Is(err, access.ErrToken) || err == nil && !v.Anybody() {
		return access.Viewer{}, errNoToken{shown: true}
	}
	return v, err
}

// refuse answers what is no operation of the API.
func refuse(c echo.Context, status int, detail string) error {
	id := c.Response().Header().Get(echo.HeaderXRequestID)
	if id == "" {
		id = uuid.NewString()
	}
	guard(c.Response().Header().Set, id)
	body, err := json.Marshal(problem{Title: http.StatusText(status), Status: status, Detail: detail, Request: id})
	if err != nil {
		return err
	}
	return c.Blob(status, problemType, body)
}
