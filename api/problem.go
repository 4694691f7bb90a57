package api

// Every answer that is not a success: the one table from errors to statuses and words.

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

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
func (s *server) fail(c echo.Context, op *operation, id string, err error) error {
	p, fault := problemOf(err)
	p.Request = id
	if ctx := c.Request().Context(); fault && ctx.Err() == nil {
		s.Log.LogAttrs(ctx, slog.LevelError, "api request failed", logged(op, id, err)...)
	}
	header := c.Response().Header()
	switch p.Status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="OneVision"`
		if noToken := (errNoToken{}); errors.As(err, &noToken) && noToken.shown {
			challenge += `, error="invalid_token"`
		}
		header.Set("WWW-Authenticate", challenge)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "5")
	}
	return send(c, p)
}

// send answers with a problem.
func send(c echo.Context, p problem) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, problemType, body)
}

// logged is what the log says of a fault. Of an error of PostgreSQL it says
// which and where; its message may repeat a value.
func logged(op *operation, id string, err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("request_id", id), slog.String("operation", op.ID)}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return append(attrs, slog.String("sqlstate", pg.Code), slog.String("table", pg.TableName), slog.String("constraint", pg.ConstraintName))
	}
	return append(attrs, slog.String("error", err.Error()))
}
