// Package api is the JSON API of the record. Its operations and its OpenAPI are
// made from the kinds of record: nothing here knows any kind by name.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
)

// base is the path of this version of the API; documentPath that of its OpenAPI.
const (
	base         = "/api/v1"
	documentPath = "/api/openapi.json"
)

// Tokens says who a bearer token is: access.Accounts does.
type Tokens interface {
	// ViewerByToken gives access.ErrToken for a secret that is nobody's.
	ViewerByToken(ctx context.Context, secret string) (access.Viewer, error)
}

// Options is what the API stands on.
type Options struct {
	Store   *records.Store
	Tokens  Tokens
	Version string       // of the program, for the OpenAPI
	Log     *slog.Logger // nil: slog.Default()
}

// server answers the API's requests.
type server struct {
	Options
	huma     huma.API
	document []byte              // the OpenAPI
	methods  map[string][]string // of each path in echo's form
}

// Mount puts the API on the router: everything under /api/. It panics if the
// OpenAPI cannot be made, which is a programmer's error.
func Mount(e *echo.Echo, o Options) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &server{Options: o, methods: map[string][]string{}}
	// Paths for huma's own pages stay empty: its documentation page loads
	// scripts from elsewhere, and its OpenAPI is made anew at the first request.
	s.huma = humaecho.New(e, huma.Config{OpenAPI: newDocument(o.Version)})
	for _, k := range records.Kinds() {
		s.mountKind(k)
	}
	s.mountCodes()

	document, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic(fmt.Sprintf("api: the OpenAPI cannot be written: %v", err))
	}
	s.document = document
	s.add(&huma.Operation{Method: http.MethodGet, Path: documentPath}, func(c huma.Context) {
		c.SetHeader("Content-Type", "application/openapi+json")
		c.SetHeader("Cache-Control", "no-cache")
		c.SetStatus(http.StatusOK)
		c.BodyWriter().Write(s.document)
	})
	s.mountRefusals(e)
}

// mountKind makes the operations of one kind of record.
func (s *server) mountKind(k *records.Kind) {
	schemas := s.huma.OpenAPI().Components.Schemas.Map()
	kind := newKindAPI(s, k)
	kind.describe(schemas)
	s.handle(kind.listOperation(), kind.list)
	s.handle(kind.createOperation(), kind.create)
	s.handle(kind.readOperation(), kind.read)
	s.handle(kind.correctOperation(), kind.correct)
	s.handle(kind.deleteOperation(), kind.delete)
	s.handle(kind.historyOperation(), kind.history)
	if k.Ends() {
		s.handle(kind.endOperation(), kind.end)
	}
}

// handle documents an operation and answers it, for those who show a token.
func (s *server) handle(op *huma.Operation, fn func(c call) (answer, error)) {
	op.Security = []map[string][]string{{bearer: {}}}
	s.huma.OpenAPI().AddOperation(op)
	s.add(op, func(c huma.Context) { s.serve(c, fn) })
}

// add puts an operation on the router.
func (s *server) add(op *huma.Operation, handler func(huma.Context)) {
	path := echoPath(op.Path)
	s.methods[path] = append(s.methods[path], op.Method)
	s.huma.Adapter().Handle(op, handler)
}

func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// mountRefusals answers what is no operation, as everything here is answered: a
// problem, and not a page.
func (s *server) mountRefusals(e *echo.Echo) {
	all := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	for path, allowed := range s.methods {
		slices.Sort(allowed)
		for _, method := range all {
			if slices.Contains(allowed, method) {
				continue
			}
			e.Add(method, path, func(c echo.Context) error {
				c.Response().Header().Set("Allow", strings.Join(allowed, ", "))
				return refuse(c, http.StatusMethodNotAllowed, "This address answers "+strings.Join(allowed, ", ")+" only.")
			})
		}
	}
	for _, path := range []string{"/api", "/api/*"} {
		e.RouteNotFound(path, func(c echo.Context) error {
			return refuse(c, http.StatusNotFound, "There is nothing at this address. The addresses that there are stand in "+documentPath+".")
		})
	}
}
