// Package api is the JSON API of the record. Its operations and its OpenAPI are
// made from the kinds of record: nothing here knows any kind by name.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
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
	Store            *records.Store
	Tokens           Tokens
	Files            Importer         // files in; nil: no such operation
	Comparators      Comparators      // nil: no such operations
	Responsibilities Responsibilities // nil: no such operations
	Indicators       Indicators       // nil: no such operations
	PublicURL        string           // what the addresses of pages begin with
	Version          string           // of the program, for the OpenAPI
	Log              *slog.Logger     // nil: slog.Default()
}

// Importer takes files in: *intake.Importer does.
type Importer interface {
	Import(ctx context.Context, v access.Viewer, format, name string, r io.ReadSeeker, o intake.Options) (intake.Report, error)
	MappingOf(ctx context.Context, v access.Viewer, name string) (intake.KeptMapping, error)
}

// server answers the API's requests.
type server struct {
	Options
	echo     *echo.Echo
	document *document
	methods  map[string][]string // of each path in echo's form
}

// Mount puts the API on the router: everything under /api/. It panics if the
// OpenAPI cannot be written, which is a programmer's error.
func Mount(e *echo.Echo, o Options) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &server{Options: o, echo: e, document: newDocument(o.Version), methods: map[string][]string{}}
	for _, k := range records.Kinds() {
		s.mountKind(k)
	}
	s.mountChildRecord()
	s.mountDue()
	s.mountSearch()
	s.mountChanges()
	s.mountBulk()
	s.mountImports()
	s.mountResponsibilities()
	s.mountCodes()
	if s.Comparators != nil {
		s.mountComparators()
	}
	if s.Indicators != nil {
		s.mountIndicators()
	}

	openAPI, err := json.Marshal(s.document)
	if err != nil {
		panic(fmt.Sprintf("api: the OpenAPI cannot be written: %v", err))
	}
	s.add(http.MethodGet, documentPath, func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-cache")
		return c.Blob(http.StatusOK, "application/openapi+json", openAPI)
	})
	s.mountRefusals()
}

// mountKind makes the operations of one kind of record.
func (s *server) mountKind(k *records.Kind) {
	kind := newKindAPI(s, k)
	kind.describe(s.document.Components.Schemas)
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
func (s *server) handle(op *operation, fn func(c call) (answer, error)) {
	op.Security = []map[string][]string{{bearer: {}}}
	paths := s.document.Paths
	if paths[op.path] == nil {
		paths[op.path] = map[string]*operation{}
	}
	paths[op.path][strings.ToLower(op.method)] = op
	s.add(op.method, strings.NewReplacer("{", ":", "}", "").Replace(op.path), func(c echo.Context) error { return s.serve(c, op, fn) })
}

// add puts a handler on the router; path is in echo's form.
func (s *server) add(method, path string, handler echo.HandlerFunc) {
	s.methods[path] = append(s.methods[path], method)
	s.echo.Add(method, path, handler)
}

// mountRefusals answers what is no operation, as everything here is answered: a
// problem, and not a page.
func (s *server) mountRefusals() {
	all := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	for path, allowed := range s.methods {
		slices.Sort(allowed)
		for _, method := range all {
			if slices.Contains(allowed, method) {
				continue
			}
			s.echo.Add(method, path, func(c echo.Context) error {
				c.Response().Header().Set("Allow", strings.Join(allowed, ", "))
				return refuse(c, http.StatusMethodNotAllowed, "This address answers "+strings.Join(allowed, ", ")+" only.")
			})
		}
	}
	for _, path := range []string{"/api", "/api/*"} {
		s.echo.RouteNotFound(path, func(c echo.Context) error {
			return refuse(c, http.StatusNotFound, "There is nothing at this address. The addresses that there are stand in "+documentPath+".")
		})
	}
}
