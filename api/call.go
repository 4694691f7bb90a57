package api

// Answering one request: who asks, what the handler says, and the answer or problem that is sent.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"onevision/access"
)

// longest is how long a request may take, reading it included.
const longest = 10 * time.Second

// call is one request of somebody who has shown a token. A handler gets the
// viewer from here: there is none to forget.
type call struct {
	echo.Context
	ctx    context.Context
	viewer access.Viewer
	until  time.Time // it must be answered by then
}

// Header is a header of the request, "" if it is not given.
func (c call) Header(name string) string { return c.Request().Header.Get(name) }

// answer is what a request is answered with, when all is well.
type answer struct {
	status int
	header map[string]string
	body   any // nil: none; a textBody is sent as it is, a streamBody as it comes, anything else as JSON
}

// textBody is a body that is no JSON.
type textBody struct {
	kind string // Content-Type
	text []byte
}

// streamBody is a body that is written as it comes: there may be more of it than
// anybody wants in memory.
type streamBody struct {
	kind  string // Content-Type
	write func(w io.Writer) error
}

// serve answers one request: finds the viewer, runs fn, and writes its answer or
// the problem that its error stands for.
func (s *server) serve(c echo.Context, op *operation, fn func(c call) (answer, error)) error {
	until := time.Now().Add(cmp.Or(op.longest, longest))
	ctx, cancel := context.WithDeadline(c.Request().Context(), until)
	defer cancel()
	id := requestID(c)
	guard(c.Response().Header(), id)
	viewer, err := s.viewer(ctx, c)
	if err != nil {
		return s.fail(c, op, id, err)
	}
	if viewer.ReadOnly() && op.method != http.MethodGet && !op.reads {
		return s.fail(c, op, id, &refusal{status: http.StatusForbidden, detail: "This token reads only: ask for one that may change records."})
	}
	a, err := fn(call{Context: c, ctx: ctx, viewer: viewer.WithRequest(id), until: until})
	if err != nil {
		return s.fail(c, op, id, err)
	}
	for name, value := range a.header {
		c.Response().Header().Set(name, value)
	}
	if a.body == nil {
		return c.NoContent(a.status)
	}
	if text, ok := a.body.(textBody); ok {
		return c.Blob(a.status, text.kind, text.text)
	}
	if stream, ok := a.body.(streamBody); ok {
		c.Response().Header().Set("Content-Type", stream.kind)
		c.Response().WriteHeader(a.status)
		if err := stream.write(c.Response()); err != nil {
			s.Log.Error("answer broke off", "request_id", id, "operation", op.ID, "error", err)
			panic(http.ErrAbortHandler) // the caller must not take it for whole
		}
		return nil
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		return s.fail(c, op, id, err)
	}
	if op.method == http.MethodGet {
		tag := c.Response().Header().Get("ETag")
		if tag == "" {
			sum := sha256.Sum256(body)
			tag = `"` + hex.EncodeToString(sum[:12]) + `"`
			c.Response().Header().Set("ETag", tag)
		}
		if hasTag(c.Request().Header.Get("If-None-Match"), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	// A caller who is gone by now can ask again: the record store has decided.
	return c.Blob(a.status, "application/json", append(body, '\n'))
}

// hasTag reports whether If-None-Match names the tag; compressing proxies make it
// a weak one.
func hasTag(given, tag string) bool {
	for one := range strings.SplitSeq(given, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// guard sets what every answer says: that nobody keeps it, and which request it
// answers.
func guard(header http.Header, id string) {
	header.Set(echo.HeaderXRequestID, id)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
}

// requestID is the id that a router in front has given the request, else a new
// one. What the caller sends is not believed: it goes into the audit.
func requestID(c echo.Context) string {
	if id := c.Response().Header().Get(echo.HeaderXRequestID); id != "" {
		return id
	}
	return uuid.NewString()
}

// errNoToken means that the request shows no token, or none that is anybody's.
type errNoToken struct{ shown bool }

func (errNoToken) Error() string { return "no valid token" }

// viewer says who asks. Only the Authorization header counts: a cookie comes
// along whether the person meant it or not.
func (s *server) viewer(ctx context.Context, c echo.Context) (access.Viewer, error) {
	scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
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
	id := requestID(c)
	guard(c.Response().Header(), id)
	return send(c, problem{Title: http.StatusText(status), Status: status, Detail: detail, Request: id})
}
