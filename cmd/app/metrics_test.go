package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/indicators/indicatorstest"
	"onevision/records/postgres/postgrestest"
)

// What is served to Prometheus is there, true, and about nobody; and nothing of
// it is at the public address.
func TestMetrics(t *testing.T) {
	t.Parallel()
	g := open(t, postgrestest.Server(t, nil).URL(postgrestest.Prepared))
	h, err := app.New(t.Context(), g, app.Options{Place: g.Place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Metrics: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Mail: post(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := h.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if err := h.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/sign-in": 200, "/metrics": 404, "/no/child-named-Jo": 404, "/indicators/secret-123": 303} {
		if got, _ := get(t, "http://"+h.Address()+path); got != status {
			t.Errorf("%s at the public address: %d", path, got)
		}
	}
	exec(t, connect(t, g.AdminURL), `SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))`)
	var text string
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var status int
		if status, text = get(t, "http://"+h.MetricsAddress()+"/metrics"); status != 200 {
			t.Fatalf("%d: %s", status, text)
		}
		if figure(text, `onevision_warehouse_slot_active`) == 1 && figure(text, `onevision_warehouse_state{state="following"}`) == 1 || time.Now().After(end) {
			break
		}
	}
	for name, want := range map[string]func(float64) bool{
		`onevision_warehouse_state{state="following"}`:                                            is(1),
		`onevision_warehouse_state{state="stopped"}`:                                              is(0),
		`onevision_warehouse_serving`:                                                             is(1),
		`onevision_warehouse_build`:                                                               is(1),
		`onevision_warehouse_rebuilds_total`:                                                      is(1),
		`onevision_warehouse_behind_seconds`:                                                      func(v float64) bool { return v >= 0 && v < 30 },
		`onevision_warehouse_behind_bytes`:                                                        func(v float64) bool { return v >= 0 && v < 10e6 },
		`onevision_warehouse_slot_exists`:                                                         is(1),
		`onevision_warehouse_slot_active`:                                                         is(1),
		`onevision_warehouse_slot_retained_bytes`:                                                 func(v float64) bool { return v > 0 && v < 100e6 },
		`onevision_warehouse_slot_bound_bytes`:                                                    is(4 << 30),
		`onevision_warehouse_slot_safe_wal_bytes`:                                                 func(v float64) bool { return v > 1e9 },
		`onevision_warehouse_slot_warning`:                                                        is(0),
		`onevision_warehouse_slots_dropped_total`:                                                 is(0),
		`onevision_record_store_up`:                                                               is(1),
		`onevision_alerts_open`:                                                                   is(0),
		`onevision_mail_waiting`:                                                                  is(0),
		`onevision_mail_waiting_oldest_seconds`:                                                   is(0),
		`onevision_pool_connections_max`:                                                          is(16),
		`onevision_indicator_run_duration_seconds_count`:                                          func(v float64) bool { return v >= 1 },
		`onevision_indicators_computed_total`:                                                     func(v float64) bool { return v >= 1 },
		`onevision_disk_free_bytes`:                                                               func(v float64) bool { return v > 0 },
		`onevision_http_requests_total{method="GET",route="/sign-in",status="200"}`:               is(1),
		`onevision_http_requests_total{method="GET",route="(none)",status="404"}`:                 is(2),
		`onevision_http_requests_total{method="GET",route="/indicators/:indicator",status="303"}`: is(1),
		`go_goroutines`: func(v float64) bool { return v > 5 },
	} {
		if v := figure(text, name); !want(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	seesSystem(t, h)
	for _, word := range []string{"Jo", "secret-123", "onevision_app"} {
		if strings.Contains(text, word) {
			t.Errorf("the metrics say %q", word)
		}
	}
}

// Metrics are this machine's own.
func TestMetricsAreNotServedToOthers(t *testing.T) {
	t.Parallel()
	g := open(t, postgrestest.Server(t, nil).URL(postgrestest.Prepared))
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:9464", "nonsense"} {
		h, err := app.New(t.Context(), g, app.Options{Place: g.Place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Metrics: address, Log: slog.New(slog.DiscardHandler), Mail: post(t)})
		if err == nil {
			t.Errorf("served at %q", address)
			h.Close()
		}
	}
}

func is(want float64) func(float64) bool { return func(v float64) bool { return v == want } }

// figure is the value of one line, -9 if there is none.
func figure(text, name string) float64 {
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return -9
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return -9
	}
	return v
}

// get does not follow redirects.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// seesSystem opens the page of whoever operates the program.
func seesSystem(t *testing.T, h *app.App) {
	t.Helper()
	const password = "a long enough sentence for one"
	if _, err := h.Accounts.Add(t.Context(), access.System(access.Operating), access.NewAccount{Username: "ada", DisplayName: "Ada Invented", Role: access.Administrator, Password: password}); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar}
	r, err := client.PostForm("http://"+h.Address()+"/sign-in", url.Values{"username": {"ada"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r, err = client.Get("http://" + h.Address() + "/system"); err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	page.Find("main dl div").Each(func(_ int, row *goquery.Selection) { said[row.Find("dt").Text()] = row.Find("dd").Text() })
	if r.StatusCode != 200 || !strings.HasPrefix(said["State"], "following since ") || said["Build"] != "1" || !strings.Contains(said["Slot"], "of the 4.0 GB allowed") ||
		said["Last built because"] != "there is no build yet" || said["Letters waiting"] != "0" || !strings.Contains(said["Free"], " of ") || said["Runs"] != "" {
		t.Errorf("%d %q", r.StatusCode, said)
	}
	if page.Find(".govuk-service-navigation__item--active").Text() != "System" {
		t.Error("the menu does not lead there")
	}
}
