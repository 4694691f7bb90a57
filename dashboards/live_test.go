package dashboards

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/labstack/echo/v4"

	"onevision/access/accesstest"
)

// TestLivePage leaves a page open while its figures change: the new ones appear
// where the old ones stood, one line says so, the focus stays where it was,
// updates can be paused, and the end of the session ends them.
func TestLivePage(t *testing.T) {
	t.Parallel()
	var value atomic.Value
	value.Store("2.6%")
	var signedOut atomic.Bool
	var asked, unchanged atomic.Int64
	address := sampleServer(t, func(e *echo.Echo, s *site) {
		e.GET("/live", func(c echo.Context) error {
			if signedOut.Load() {
				return c.NoContent(http.StatusUnauthorized)
			}
			p := sampleHome()
			p.Cards[0].Value = value.Load().(string)
			p.Cards[0].Version = version(p.Cards[0])
			p.Tag = tagOf(accesstest.Viewer("director"), p.Cards)
			err := s.refreshable(c, p, p.Tag)
			asked.Add(1)
			if c.Response().Status == http.StatusNotModified {
				unchanged.Add(1)
			}
			return err
		})
	})
	ctx := browser(t)
	said := listen(ctx)
	run(t, ctx, "open", chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(address+"/live"), chromedp.WaitVisible("[data-live-panel] button")))
	run(t, ctx, "mark", chromedp.Evaluate[bool](`document.getElementById('card-unauthorised-absence-link').focus();
		document.getElementById('card-attainment-8').mine = true`))
	shown := func() string {
		return run(t, ctx, "value", chromedp.Evaluate[string](`document.querySelector('#card-unauthorised-absence .app-card__value').textContent`))
	}
	status := func() string {
		return run(t, ctx, "status", chromedp.Evaluate[string](`document.querySelector('[data-live-panel] [role=status]').textContent`))
	}
	within := func(d time.Duration, what string, ok func() bool) {
		t.Helper()
		for begun := time.Now(); !ok(); time.Sleep(50 * time.Millisecond) {
			if time.Since(begun) > d {
				t.Fatalf("%s: not within %s; it shows %s and says %q", what, d, shown(), status())
			}
		}
	}
	within(2*time.Minute, "two questions answered with nothing new", func() bool { return unchanged.Load() >= 2 })
	if status() != "" {
		t.Errorf("nothing changed and the page says %q", status())
	}

	value.Store("9.9%")
	within(2*time.Minute, "the new figure", func() bool { return shown() == "9.9%" })
	if !strings.HasPrefix(status(), "Figures updated at ") {
		t.Errorf("the page says %q", status())
	}
	if at := run(t, ctx, "focus", chromedp.Evaluate[string](`document.activeElement.id`)); at != "card-unauthorised-absence-link" {
		t.Errorf("the focus went to %q", at)
	}
	if !run(t, ctx, "neighbour", chromedp.Evaluate[bool](`document.getElementById('card-attainment-8').mine === true`)) {
		t.Error("a card that did not change was replaced")
	}

	run(t, ctx, "pause", chromedp.Click("[data-live-panel] button"))
	before := asked.Load()
	value.Store("1.1%")
	time.Sleep(4 * time.Second)
	if shown() != "9.9%" || asked.Load() > before+1 || !strings.HasPrefix(status(), "Updates paused at ") {
		t.Errorf("paused, it shows %s, asked %d times more and says %q", shown(), asked.Load()-before, status())
	}
	run(t, ctx, "resume", chromedp.Click("[data-live-panel] button"))
	within(2*time.Minute, "the figure after the pause", func() bool { return shown() == "1.1%" })

	signedOut.Store(true)
	within(2*time.Minute, "the end of the session", func() bool { return strings.HasPrefix(status(), "You have been signed out") })
	before = asked.Load()
	time.Sleep(3500 * time.Millisecond)
	if asked.Load() != before {
		t.Error("it goes on asking after the session has ended")
	}
	for _, c := range said.taken() {
		if !strings.Contains(c, "401") {
			t.Errorf("the browser complains: %s", c)
		}
	}
}

// TestWithoutScript: no drawing and no dead button, and every number is there.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	address := sampleServer(t)
	ctx := browser(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, "open", chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(address+"/sample/indicator")))
	visible := func(selector string) bool {
		t.Helper()
		return run(t, ctx, selector, chromedp.Evaluate[bool](`[...document.querySelectorAll('`+selector+`')].some(e => e.getClientRects().length > 0)`))
	}
	for _, hidden := range []string{"[data-chart]", "[data-live-panel] button"} {
		if visible(hidden) {
			t.Errorf("%s is there and does nothing", hidden)
		}
	}
	for _, there := range []string{"table[data-table-for=trend-chart] data", "table[data-table-for=members-chart] data", "form.app-pick button", "h1"} {
		if !visible(there) {
			t.Errorf("%s is not to be seen", there)
		}
	}
	picture(t, ctx, "without-script")
}

// TestByKeyboard goes through the dashboard with Tab alone: first past the
// header, then to each card in order, with the focus to be seen at every stop.
func TestByKeyboard(t *testing.T) {
	t.Parallel()
	address := sampleServer(t)
	ctx := browser(t)
	run(t, ctx, "open", chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(address+"/sample/home")))
	want := []string{"Skip to main content", "OneVision", "Dashboard", "Alerts", "Demo mail", "Dana Example, director", "Sign out", "All 60 measures", "Customise", "Print", "Have it sent to you", "Download these figures (Excel)",
		"see who is behind", "1 of 4 measures with a target is off target", "1 has become worse", "3 alerts are open", "Pause updates",
		"Unauthorised absence (truancy)", "Attainment 8 of children in care"}
	for _, text := range want {
		run(t, ctx, "tab", chromedp.KeyEvent(kb.Tab))
		if at := run(t, ctx, "focus", chromedp.Evaluate[string](focused)); at != text+": seen" {
			t.Errorf("the focus is at %q, want %q to be seen", at, text)
		}
	}
	run(t, ctx, "skip", chromedp.Steps(chromedp.Navigate(address+"/sample/home"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)))
	if at := run(t, ctx, "skip", chromedp.Evaluate[string](`location.hash`)); at != "#main-content" {
		t.Errorf("the skip link leads to %q", at)
	}
}

// TestForcedColours is Windows' high contrast: the line of a sparkline and the
// edge of a status are still drawn.
func TestForcedColours(t *testing.T) {
	t.Parallel()
	address := sampleServer(t)
	ctx := browser(t)
	forced(t, ctx)
	run(t, ctx, "open", chromedp.Steps(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(address+"/sample/home")))
	colours := run(t, ctx, "colours", chromedp.Evaluate[[]string](`[getComputedStyle(document.querySelector('.app-spark .line')).stroke,
		getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.app-status')).borderTopWidth]`))
	if colours[0] == colours[1] || colours[2] == "0px" {
		t.Errorf("line, ground and edge: %v", colours)
	}
	picture(t, ctx, "forced-colours")
	run(t, ctx, "open", chromedp.Navigate(address+"/sample/indicator"))
	run(t, ctx, "draw", chromedp.Evaluate[bool](scrollThrough, chromedp.EvalAwaitPromise))
	picture(t, ctx, "forced-colours-indicator")
}

func forced(t *testing.T, ctx context.Context) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}})
	if err != nil {
		t.Fatal(err)
	}
}

// focused is what has the focus, and whether that can be seen.
const focused = `(() => {
  const e = document.activeElement, s = getComputedStyle(e);
  const seen = (s.outlineStyle !== 'none' && s.outlineWidth !== '0px') || s.boxShadow !== 'none' || s.borderBottomWidth !== '0px';
  const box = e.getBoundingClientRect();
  return e.textContent.trim() + (seen && box.width > 1 && box.bottom > 0 ? ': seen' : ': not seen');
})()`
