package dashboards

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/labstack/echo/v4"

	"onevision/static"
)

// Pictures of each page are written where -pictures says, to be looked at.
var pictures = flag.String("pictures", "", "a folder for pictures of each page")

// browser gives a tab of the Chromium that the package's tests share; it is
// started by the first that needs one. Each tab has cookies of its own: those of
// 127.0.0.1 are sent to every port, so that one test would sign another out.
// Without a Chromium the test fails.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium.open(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(done)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return ctx
}

// chromium is the shared browser. It ends with the last test that holds it.
var chromium sharedBrowser

type sharedBrowser struct {
	mu     sync.Mutex
	users  int
	ctx    context.Context
	cancel func()
}

func (b *sharedBrowser) open(t *testing.T) context.Context {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users == 0 {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(90*time.Second),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
			cancel()
			stop()
			t.Fatalf("no browser: install Chromium: %v", err)
		}
		b.ctx, b.cancel = ctx, func() { cancel(); stop() }
	}
	b.users++
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.users--; b.users == 0 {
			b.cancel()
		}
	})
	return b.ctx
}

// complaints are what the browser says is wrong: refusals by the
// Content-Security-Policy, failed loads, exceptions.
type complaints struct {
	mu   sync.Mutex
	said []string
}

func listen(ctx context.Context) *complaints {
	c := &complaints{}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return // the browser has gone: the test is over
			}
			if m.Type == chromedp.ConsoleWarning || m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException {
				c.mu.Lock()
				c.said = append(c.said, m.String())
				c.mu.Unlock()
			}
		}
	}()
	return c
}

// taken gives what was said since the last time.
func (c *complaints) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said
	c.said = nil
	return said
}

// run runs one action and fails the test if it fails.
func run[T any](t *testing.T, ctx context.Context, what string, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return v
}

// sampleServer serves the samples, and more, behind the real headers.
func sampleServer(t *testing.T, routes ...func(*echo.Echo, *site)) string {
	t.Helper()
	s := &site{log: slog.New(slog.DiscardHandler)}
	var err error
	if s.templates, err = parse(); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = s.fail
	e.Use(securityHeaders(false))
	static.Mount(e)
	all := samples()
	for _, more := range routes {
		more(e, s)
	}
	e.GET("/sample/mail-html", func(c echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy", mailPolicy)
		c.Response().Header().Set("X-Frame-Options", "SAMEORIGIN")
		return c.HTML(http.StatusOK, `<html lang="en"><title>Mail</title><body style="font-family:Arial"><h1 style="color:#12436D">4.1%</h1><script>parent.document.title="taken"</script></body></html>`)
	})
	e.GET("/sample/:name", func(c echo.Context) error {
		if c.Param("name") == "mail" {
			c.Response().Header().Set("Content-Security-Policy", framing)
		}
		p, ok := all[c.Param("name")]
		if !ok {
			return echo.ErrNotFound
		}
		return s.render(c, http.StatusOK, p)
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL
}

// TestEveryPageInABrowser looks at every page as a person would: wide, narrow
// and with a screen reader's eyes.
func TestEveryPageInABrowser(t *testing.T) {
	t.Parallel()
	address := sampleServer(t)
	ctx := browser(t)
	said := listen(ctx)
	var names []string
	for name := range samples() {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		at := address + "/sample/" + name
		look(t, ctx, name, at)
		if *pictures != "" {
			onPaper(t, ctx, name, at)
		}
		for _, c := range said.taken() {
			if name == "mail" && strings.Contains(c, "sandboxed") {
				continue // the script in the mail was refused, as it should be
			}
			t.Errorf("%s: the browser complains: %s", name, c)
		}
	}
}

// Nine measures, each with as much as it can have, are printed on five sheets at the most.
func TestNineMeasuresOnPaper(t *testing.T) {
	t.Parallel()
	at, ctx := sampleServer(t)+"/sample/print", browser(t)
	if *pictures != "" {
		look(t, ctx, "print", at)
	}
	if n := sheets(t, ctx, "print", at); n < 3 || n > 5 {
		t.Errorf("nine measures are printed on %d sheets, want five at the most", n)
	}
}

// look opens a page as a person would, wide and narrow, and asks axe.
func look(t *testing.T, ctx context.Context, name, at string) {
	t.Helper()
	wide(t, ctx, name, at)
	narrow(t, ctx, name, at)
}

func wide(t *testing.T, ctx context.Context, name, at string) {
	t.Helper()
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	run(t, ctx, name, chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(at)))
	run(t, ctx, name, chromedp.Evaluate[bool](scrollThrough, chromedp.EvalAwaitPromise))
	if drawn := run(t, ctx, name, chromedp.Evaluate[string](chartsDrawn)); drawn != "" {
		t.Errorf("%s: charts: %s", name, drawn)
	}
	if title := run(t, ctx, name, chromedp.Title()); title == "taken" {
		t.Errorf("%s: script in a mail ran", name)
	}
	// The debugger puts axe in past the page's policy, which stays in force.
	run(t, ctx, name, chromedp.Evaluate[int](string(axe)+";0"))
	type violation struct{ ID, Help, Nodes string }
	for _, v := range run(t, ctx, name, chromedp.Evaluate[[]violation](runAxe, chromedp.EvalAwaitPromise)) {
		t.Errorf("%s: axe: %s (%s): %s", name, v.ID, v.Help, v.Nodes)
	}
	picture(t, ctx, name+"-1366")
}

func narrow(t *testing.T, ctx context.Context, name, at string) {
	t.Helper()
	run(t, ctx, name, chromedp.Steps(chromedp.EmulateViewport(320, 700), chromedp.Navigate(at)))
	run(t, ctx, name, chromedp.Evaluate[bool](scrollThrough, chromedp.EvalAwaitPromise))
	if width := run(t, ctx, name, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); width > 320 {
		t.Errorf("%s: %d pixels wide on a screen of 320", name, width)
	}
	picture(t, ctx, name+"-320")
}

// sheets is how many sheets of A4 a page prints on.
func sheets(t *testing.T, ctx context.Context, name, at string) int {
	t.Helper()
	run(t, ctx, name, chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(at)))
	pdf := run(t, ctx, name, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPaper(chromedp.PaperA4)))
	if *pictures != "" {
		if err := os.WriteFile(filepath.Join(*pictures, name+"-sheets.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
}

func onPaper(t *testing.T, ctx context.Context, name, at string) {
	t.Helper()
	run(t, ctx, name, chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(at)))
	run(t, ctx, name, chromedp.Evaluate[bool](scrollThrough, chromedp.EvalAwaitPromise))
	pdf := run(t, ctx, name, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPaper(chromedp.PaperA4)))
	if err := os.WriteFile(filepath.Join(*pictures, name+".pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
}

func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png := run(t, ctx, name, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// scrollThrough goes down the page so that charts are drawn, and back.
const scrollThrough = `(async () => {
  const charts = [...document.querySelectorAll('[data-chart]')];
  for (const c of charts) {
    c.scrollIntoView();
    for (let i = 0; i < 100 && !c.dataset.drawn; i++) { await new Promise(r => setTimeout(r, 50)); }
  }
  scrollTo(0, 0);
  await new Promise(r => setTimeout(r, 50));
  return true;
})()`

// chartsDrawn is "" when every chart holds a drawing under a name of its own.
const chartsDrawn = `[...document.querySelectorAll('[data-chart]')].map(c => {
  if (!c.querySelector('svg path')) { return c.id + ' is not drawn'; }
  if (c.getAttribute('role') !== 'img' || !c.getAttribute('aria-label')) { return c.id + ' has no name'; }
  return '';
}).filter(Boolean).join('; ')`

const runAxe = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], iframes: false})
  .then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.map(n => n.html.slice(0, 200)).join(' | ')})))`
