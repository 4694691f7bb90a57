package dashboards

// What every request goes through: security headers, request ids, the check of origin, the limit of a body, the request log, recovery from panics.

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// policy is the Content-Security-Policy of every page: nothing inline, nothing
// from another host, framed by nobody. A page that needs more sets its own.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

// framing is the same for the demo's inbox, which shows a mail in a frame of
// this same origin.
const framing = policy + "; frame-src 'self'"

// mailPolicy is that of a mail shown as it would look: its own inline styles,
// no script, no picture from elsewhere, no form, framed by our own page only.
// The sandbox gives it an origin of its own.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
	"frame-ancestors 'self'; base-uri 'none'; object-src 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"

// securityHeaders sets the headers that every response carries, whatever serves it: a
// handler may replace one of them, and none goes without. https says whether
// people reach the server over TLS, at this server or at a proxy before it.
func securityHeaders(https bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Permissions-Policy", "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("X-Frame-Options", "DENY") // for tools that know no frame-ancestors
			h.Set("Cache-Control", "no-store")
			if https {
				h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
			}
			return next(c)
		}
	}
}

// requestIDs gives each request an id of our own making, which the log, the audit
// and the page of an error share. One sent from outside is not believed.
func requestIDs() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set(echo.HeaderXRequestID, strings.ToLower(rand.Text()[:16]))
			return next(c)
		}
	}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// sameOrigin refuses a change that another site asked the viewer's browser to
// make. Go's own check lets through a request that says nothing of its origin,
// since that is no browser; with a cookie it claims to be one, so it is refused.
// public is the origin that people use, which a proxy may hide from us.
func sameOrigin(public string) (echo.MiddlewareFunc, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(public); err != nil {
		return nil, fmt.Errorf("the public address as an origin: %w", err)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if err := protection.Check(r); err != nil {
				return errCrossOrigin
			}
			if !safeMethod(r.Method) && r.Header.Get("Cookie") != "" && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" {
				return errCrossOrigin
			}
			return next(c)
		}
	}, nil
}

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// pageBody is as much as any form of these pages sends but that of a file; the API
// sets its own.
const pageBody = 64 << 10

func limitBody() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if ofAPI(r.URL.Path) {
				return next(c)
			}
			most := int64(pageBody)
			if r.Method == http.MethodPost && r.URL.Path == uploadPath {
				most = uploadBody
			}
			if r.ContentLength > most {
				return echo.ErrStatusRequestEntityTooLarge
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
			return next(c)
		}
	}
}

func ofAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// requestLog writes one line for each request: the pattern of its route and never
// the values in its path or query, which may say who was looked at.
func (s *site) requestLog() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			begun := time.Now()
			err := next(c)
			if err != nil {
				c.Error(err) // the error's page is written here, so that its status can be logged
			}
			pattern := c.Path()
			if pattern == "" {
				pattern = "(none)"
			}
			level := slog.LevelInfo
			if c.Response().Status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			s.log.LogAttrs(c.Request().Context(), level, "request",
				slog.String("request_id", requestID(c)), slog.String("method", c.Request().Method), slog.String("route", pattern),
				slog.Int("status", c.Response().Status), slog.Int64("bytes", c.Response().Size), slog.Int64("duration_ms", time.Since(begun).Milliseconds()))
			return nil
		}
	}
}

// recoverPanics turns a panic into an error like any other. Its stack is logged; what
// the panic said is not, since it may hold a value.
func (s *site) recoverPanics() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if broken, ok := p.(error); ok && errors.Is(broken, http.ErrAbortHandler) {
					panic(p) // the connection is being cut on purpose
				}
				s.log.Error("panic", "request_id", requestID(c), "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				err = errPanic
			}()
			return next(c)
		}
	}
}
