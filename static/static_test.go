package static_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"onevision/static"
)

// What belongs to GOV.UK is not ours to ship, and nothing is loaded from
// another host. Each rule says why.
func TestAssetsHoldNothingForeign(t *testing.T) {
	rules := []struct {
		forbidden *regexp.Regexp
		because   string
	}{
		{regexp.MustCompile(`GDS Transport`), "the typeface is licensed for GOV.UK alone"},
		{regexp.MustCompile(`(?i)@font-face`), "no font files are shipped"},
		{regexp.MustCompile(`(?i)crest|govuk-crown|logo-crown|govuk-logotype`), "the crown and crest are GOV.UK's and the Crown's"},
		{regexp.MustCompile(`(?i)url\(\s*["']?(https?:)?//`), "styles load nothing from another host"},
		{regexp.MustCompile(`(?i)@import\s`), "styles are one file"},
		{regexp.MustCompile(`(?i)(src|href)\s*=\s*["']https?://`), "nothing is loaded from another host"},
		{regexp.MustCompile(`(?i)(fetch|importScripts|import)\(\s*["']https?://`), "scripts ask no other host"},
	}
	for _, name := range names(t) {
		if strings.HasSuffix(name, ".txt") {
			continue // licences
		}
		body, err := os.ReadFile(filepath.Join("assets", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if found := r.forbidden.Find(body); found != nil {
				t.Errorf("%s holds %q: %s", name, found, r.because)
			}
		}
	}
}

func TestNoFontsNoModulesNoImages(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".woff", ".woff2", ".ttf", ".otf", ".eot", ".png", ".ico", ".jpg":
			t.Errorf("%s: no fonts and no pictures are shipped", path)
		}
		if d.IsDir() && d.Name() == "node_modules" {
			t.Errorf("%s: npm's folder is never committed", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryCompiledAssetHasItsLicence(t *testing.T) {
	for _, name := range []string{"echarts.LICENSE.txt", "echarts.NOTICE.txt", "govuk-frontend.LICENSE.txt"} {
		if info, err := os.Stat(filepath.Join("assets", name)); err != nil || info.Size() < 500 {
			t.Errorf("licence %s is missing or empty: %v", name, err)
		}
	}
}

func TestServe(t *testing.T) {
	e := echo.New()
	static.Mount(e)
	server := httptest.NewServer(e)
	defer server.Close()
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	for _, name := range names(t) {
		want, err := os.ReadFile(filepath.Join("assets", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, encoding := range []string{"", "gzip, deflate, br", "gzip;q=0", "br"} {
			req, _ := http.NewRequest(http.MethodGet, server.URL+static.Path(name), nil)
			req.Header.Set("Accept-Encoding", encoding)
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body := io.Reader(res.Body)
			zipped := res.Header.Get("Content-Encoding") == "gzip"
			if zipped {
				if !strings.HasPrefix(encoding, "gzip,") {
					t.Errorf("%s: compressed for a browser that said %q", name, encoding)
				}
				if body, err = gzip.NewReader(res.Body); err != nil {
					t.Fatal(err)
				}
			} else if strings.HasPrefix(encoding, "gzip,") && len(want) > 1000 {
				t.Errorf("%s: not compressed for a browser that takes it", name)
			}
			got, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if string(got) != string(want) {
				t.Errorf("%s with %q: %d bytes, want %d", name, encoding, len(got), len(want))
			}
			if h := res.Header.Get("Cache-Control"); h != "public, max-age=31536000, immutable" {
				t.Errorf("%s: Cache-Control %q", name, h)
			}
			if res.Header.Get("Content-Type") == "" || res.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: headers %v", name, res.Header)
			}
		}
	}

	for _, path := range []string{"/static/app.css", "/static/app.000000000000.css", "/static/..%2fstatic.go"} {
		res, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404: only hashed names are served", path, res.StatusCode)
		}
	}
}

func names(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	if len(all) < 6 {
		t.Fatalf("only %d assets", len(all))
	}
	return all
}
