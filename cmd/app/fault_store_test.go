package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onevision/indicators"
	"onevision/records/postgres/postgrestest"
)

// TestFaultTheStoreIsAway takes the record store from under the running program,
// in each way in which it can go. Whatever needs it says so at once (503, when
// to try again, in words), what does not goes on and is truthful about its age,
// and all is well again by itself once the store is back.
func TestFaultTheStoreIsAway(t *testing.T) {
	t.Parallel() // it waits out time limits most of the time
	server := postgrestest.Server(t, nil)
	network := postgrestest.NewProxy(t, server)
	c := demoCountyAt(t, network.URL(server.URL(postgrestest.Prepared)))
	director, token := c.signIn(t, "director"), c.token(t, "welfare")
	viewer := c.viewer(t, "director")
	question := indicators.Question{Indicator: "unauthorised-absence", Period: indicators.Week}
	restart := func() {
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		if err := server.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, fault := range []struct {
		name         string
		happen, heal func()
	}{
		{"killed", func() {
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
		}, restart},
		{"stopped", func() {
			if err := server.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, restart},
		{"unreachable", network.Refuse, network.Heal},
		{"silent", network.Lose, network.Heal},
	} {
		c.well(t, director, token)
		fault.happen()
		gone := time.Now()
		var all sync.WaitGroup
		need := func(client *http.Client, method, path, token string) {
			all.Go(func() { c.away(t, fault.name, c.try(t, client, method, path, token)) })
		}
		for _, path := range []string{"/", "/indicators/unauthorised-absence", "/cards/unauthorised-absence", "/alerts", "/dashboard.xlsx", "/"} {
			need(director.client, http.MethodGet, path, "")
		}
		need(http.DefaultClient, http.MethodGet, "/api/v1/attendances/1", token)
		need(http.DefaultClient, http.MethodPost, "/sign-in?"+url.Values{"username": {"director"}, "password": {demoPassword}}.Encode(), "")
		all.Wait()
		for _, path := range []string{"/sign-in", "/accessibility-statement"} {
			if r := c.try(t, http.DefaultClient, http.MethodGet, path, ""); r.status != 200 {
				t.Errorf("%s: %s: %d", fault.name, path, r.status)
			}
		}
		// The figures are there, and of before.
		a, err := c.app.Engine.Ask(t.Context(), viewer, question)
		if err != nil || a.AsAt().After(gone) || !a.Current().HasNumber() {
			t.Errorf("%s: asked for a figure: as at %s, %v", fault.name, a.AsAt(), err)
		}
		if s := c.app.Warehouse.Status(); !s.Serving || s.Position.AsAt.After(gone) {
			t.Errorf("%s: the warehouse says %+v", fault.name, s)
		}
		r := eventually(t, func() (tried, error) { // it asks once a second
			r := c.try(t, http.DefaultClient, http.MethodGet, "/health", "")
			if r.status == http.StatusOK {
				return r, fmt.Errorf("health says %q", r.body)
			}
			return r, nil
		})
		c.away(t, fault.name, r)
		if !strings.Contains(r.body, "degraded") || !strings.Contains(r.body, "data as at "+c.app.Warehouse.Status().Position.AsAt.UTC().Format(time.RFC3339)) {
			t.Errorf("%s: health says %q", fault.name, r.body)
		}
		since := time.Since(gone).Seconds()
		if _, text := get(t, "http://"+c.app.MetricsAddress()+"/metrics"); figure(text, "onevision_record_store_up") != 0 ||
			figure(text, "onevision_warehouse_serving") != 1 || figure(text, "onevision_warehouse_behind_seconds") < since {
			t.Errorf("%s: the metrics do not say that the record store is away, or how old the figures are", fault.name)
		}
		fault.heal()
		back := time.Now()
		eventually(t, func() (bool, error) { return true, c.wellNow(t, director, token, back) })
		t.Logf("%s: all is well %s after it was back", fault.name, time.Since(back).Round(10*time.Millisecond))
	}
	if s := c.app.Warehouse.Status(); s.Rebuilds != 1 {
		t.Errorf("the warehouse was built again: %+v", s)
	}
}

// storeKilled kills the private PostgreSQL of the real program, or has it end, while
// records are put through the API. The program starts it again; what was acknowledged is
// there once, and whatever was answered with 503 could be repeated.
func (f *fault) storeKilled(how syscall.Signal) {
	f.Helper()
	stop := f.writing(f.writers)
	time.Sleep(300 * time.Millisecond)
	f.soon(800 * time.Millisecond)
	before := f.Postmasters()
	for _, pid := range before {
		if err := syscall.Kill(pid, how); err != nil {
			f.Error(err)
		}
	}
	eventually(f, func() (bool, error) {
		if after := f.Postmasters(); len(after) != 1 || slices.Equal(after, before) {
			return false, fmt.Errorf("the data folder has the PostgreSQL servers %v, and had %v", after, before)
		}
		if status, text := get(f, f.address()+"/health"); status != 200 || !strings.HasPrefix(text, "ok\n") {
			return false, fmt.Errorf("health: %d %s", status, text)
		}
		return true, nil
	})
	time.Sleep(300 * time.Millisecond)
	stop()
	admin := f.admin()
	defer admin.Close()
	f.acknowledged(admin)
	f.Must("warehouse", "verify")
}

// tried is an answer of whatever status.
type tried struct {
	path   string
	status int
	header http.Header
	body   string
	took   time.Duration
}

func (c *demo) try(t *testing.T, client *http.Client, method, path, token string) tried {
	t.Helper()
	path, form, _ := strings.Cut(path, "?")
	r, err := http.NewRequestWithContext(t.Context(), method, c.app.PublicURL+path, strings.NewReader(form))
	if err != nil {
		t.Error(err)
		return tried{path: path}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", c.app.PublicURL)
	}
	began := time.Now()
	response, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return tried{path: path}
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
		return tried{path: path}
	}
	return tried{path, response.StatusCode, response.Header, string(b), time.Since(began)}
}

// away: the answer says that the record store is away.
func (c *demo) away(t *testing.T, fault string, r tried) {
	t.Helper()
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, "record store") {
		t.Errorf("%s: %s is answered with %d, %q: %.300q", fault, r.path, r.status, r.header.Get("Retry-After"), r.body)
	}
	if r.took > time.Minute {
		t.Errorf("%s: %s took %s", fault, r.path, r.took)
	}
}

// well: everything works.
func (c *demo) well(t *testing.T, director *browser, token string) {
	t.Helper()
	now := time.Now()
	eventually(t, func() (bool, error) { return true, c.wellNow(t, director, token, now) })
}

func (c *demo) wellNow(t *testing.T, director *browser, token string, since time.Time) error {
	t.Helper()
	for _, path := range []string{"/", "/cards/unauthorised-absence", "/alerts", "/health"} {
		if r := c.try(t, director.client, http.MethodGet, path, ""); r.status != 200 {
			return fmt.Errorf("%s: %d %.200s", path, r.status, r.body)
		}
	}
	if r := c.try(t, http.DefaultClient, http.MethodGet, "/api/v1/attendances/999999999", token); r.status != 404 {
		return fmt.Errorf("the API: %d %s", r.status, r.body)
	}
	if s := c.app.Warehouse.Status(); !s.Position.AsAt.After(since) {
		return fmt.Errorf("the warehouse says %+v", s)
	}
	return nil
}
