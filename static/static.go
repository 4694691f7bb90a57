// Package static serves the browser's assets: embedded, named by the hash of
// what they hold, compressed once. Nothing is ever loaded from another host.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

//go:embed assets
var files embed.FS

const prefix = "/static/"

// asset is one file as it is served.
type asset struct {
	hashed string // app.1a2b3c4d5e6f.css
	kind   string
	body   []byte
	zipped []byte // nil: compressing does not pay
}

// index holds every asset by its plain name. It is made once, from bytes that
// the binary carries, at the first use.
var index = sync.OnceValue(func() map[string]asset {
	entries, err := files.ReadDir("assets")
	if err != nil {
		panic(fmt.Sprintf("embedded assets: %v", err))
	}
	all := make(map[string]asset, len(entries))
	for _, e := range entries {
		body, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(fmt.Sprintf("embedded asset %s: %v", e.Name(), err))
		}
		all[e.Name()] = asset{hashed: hashed(e.Name(), body), kind: contentType(e.Name()), body: body}
	}
	return all
})

func hashed(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

// contentType is spelled out for each kind that is shipped, rather than asked
// of the machine's own tables.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	panic("static: no content type for " + name)
}

// Path is the address of the asset of that plain name ("app.css"): it holds the
// hash of the content, so a browser may keep it for ever. A name that is not
// shipped is a mistake of the program's, and panics.
func Path(name string) string {
	a, ok := index()[name]
	if !ok {
		panic("static: no asset named " + name)
	}
	return prefix + a.hashed
}

// Mount serves the assets under /static/. They are public: they say nothing
// about anybody.
func Mount(e *echo.Echo) {
	served := make(map[string]asset, len(index()))
	for _, a := range index() {
		a.zipped = compress(a.body)
		served[a.hashed] = a
	}
	serve := func(c echo.Context) error {
		a, ok := served[c.Param("name")]
		if !ok {
			return echo.ErrNotFound
		}
		return a.serve(c)
	}
	e.GET(prefix+":name", serve)
	e.HEAD(prefix+":name", serve)
}

func (a asset) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := a.body
	if a.zipped != nil && acceptsGzip(c.Request().Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(body)
	return err
}

// acceptsGzip reads an Accept-Encoding header: gzip (or anything) is named, and
// not with a quality of nothing.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// compress is done once and kept, so the best level costs nothing later.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	if _, err := w.Write(body); err != nil {
		panic(err) // a buffer in memory takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}
