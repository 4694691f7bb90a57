package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
	"onevision/records"
)

const problemType = "application/problem+json"

// problem is the body of every answer that is not a success (RFC 9457). Its
// type is about:blank, so it is left out. Nothing in it repeats a value that
// was sent: an answer may end in a log that is no place for a child's data.
type problem struct {
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Detail  string            `json:"detail"`
	Request string            `json:"request"`
	Errors  []records.Problem `json:"errors,omitempty"`
}

// refusal is a request that the API itself refuses, before the record store is
// asked.
type refusal struct {
	status int
	detail string
	errors []records.Problem
}

func (r *refusal) Error() string { return r.detail }

// problemOf is the one table from errors to answers. Whether the error is a
// fault of ours, to be logged, is what the second value says.
func problemOf(err error) (p problem, fault bool) {
	var refused *refusal
	var invalid *records.Invalid
	var noToken errNoToken
	switch {
	case errors.As(err, &refused):
		p.Status, p.Detail, p.Errors = refused.status, refused.detail, refused.errors
	case errors.As(err, &invalid):
		p.Status, p.Detail, p.Errors = http.StatusUnprocessableEntity, "The record cannot be stored as it is: errors says what is wrong with which field.", invalid.Problems
	case errors.As(err, &noToken):
		p.Status, p.Detail = http.StatusUnauthorized, "Send a valid token in the Authorization header, as Bearer and the token."
	case errors.Is(err, records.ErrNotFound):
		p.Status, p.Detail = http.StatusNotFound, "There is no such record."
	case errors.Is(err, records.ErrForbidden):
		p.Status, p.Detail = http.StatusForbidden, "This token may read records of this kind and not change them."
	case errors.Is(err, records.ErrConflict):
		p.Status, p.Detail = http.StatusPreconditionFailed, "The record was changed since the version in If-Match. Read it again, and decide again."
	case access.Transient(err):
		p.Status, p.Detail, fault = http.StatusServiceUnavailable, "The record store does not answer. Try again in a moment.", true
	default:
		p.Status, p.Detail, fault = http.StatusInternalServerError, "Something went wrong here. Nothing was changed. The log says more under the request's id.", true
	}
	p.Title = http.StatusText(p.Status)
	return p, fault
}

// fail answers with what went wrong, and logs it once if it is our fault.
func (s *server) fail(c huma.Context, id string, err error) {
	p, fault := problemOf(err)
	p.Request = id
	if fault && c.Context().Err() == nil {
		s.Log.LogAttrs(c.Context(), slog.LevelError, "api request failed", logged(c, id, err)...)
	}
	switch p.Status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="OneVision"`
		if noToken := (errNoToken{}); errors.As(err, &noToken) && noToken.shown {
			challenge += `, error="invalid_token"`
		}
		c.SetHeader("WWW-Authenticate", challenge)
	case http.StatusServiceUnavailable:
		c.SetHeader("Retry-After", "5")
	}
	c.SetHeader("Content-Type", problemType)
	c.SetStatus(p.Status)
	body, err := json.Marshal(p)
	if err != nil { // strings and a number always can be written
		panic(err)
	}
	c.BodyWriter().Write(body)
}

// logged is what the log says of a fault. Of an error of PostgreSQL it says
// which and where; its message may repeat a value.
func logged(c huma.Context, id string, err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("request", id), slog.String("operation", c.Operation().OperationID)}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return append(attrs, slog.String("sqlstate", pg.Code), slog.String("table", pg.TableName), slog.String("constraint", pg.ConstraintName))
	}
	return append(attrs, slog.String("error", err.Error()))
}
