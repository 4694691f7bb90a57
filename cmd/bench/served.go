package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"onevision/cmd/app"
)

const (
	password = "password-of-benchmarks"
	measured = "unauthorised-absence"
)

// served is the app running on the bench's county, and a director's browser.
type served struct {
	app    *app.App
	stop   context.CancelFunc
	ended  chan error
	client *http.Client
	seen   *seen
}

// serve is the app, begun and with every indicator computed.
func (c *bench) serve(ctx context.Context) (*served, error) {
	if c.served != nil {
		return c.served, nil
	}
	s, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() { ready <- s.app.WaitReady(ctx) }()
	select {
	case err = <-ready:
	case err = <-s.ended:
		s.ended <- err
		err = fmt.Errorf("the program ended before it was ready: %w", err)
	}
	return s, err
}

// begin starts the app and signs a director in, as soon as it answers.
func (c *bench) begin(ctx context.Context) (*served, error) {
	h, err := app.New(ctx, c.env, app.Options{Place: c.env.Place, Listen: "127.0.0.1:0", Log: c.log, Demo: &app.Demo{}})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	s := &served{app: h, stop: stop, ended: make(chan error, 1), seen: &seen{more: make(chan struct{}, 1)}}
	h.Warehouse.Subscribe(s.seen.change)
	go func() { s.ended <- h.Run(running) }()
	c.served = s
	if s.client, err = signIn(ctx, h.PublicURL); err != nil {
		return nil, err
	}
	return s, nil
}

func signIn(ctx context.Context, address string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	form := url.Values{"username": {"director"}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", address)
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Request.URL.Path != "/" {
		return nil, fmt.Errorf("signing in ended with %s at %s", response.Status, response.Request.URL.Path)
	}
	return client, nil
}

func (s *served) close() {
	s.stop()
	<-s.ended
	s.app.Close()
}

// cardPath is where the truancy card's figures are.
const cardPath = "/cards/" + measured + "?period=week"

func (s *served) get(ctx context.Context, path string) error {
	_, err := s.page(ctx, path)
	return err
}

func (s *served) page(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.app.PublicURL+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || len(body) < 100 {
		return nil, fmt.Errorf("%s answered %s", path, response.Status)
	}
	return body, nil
}

// dashboardReaders read dashboards at a time; each then looks at what it got.
const (
	dashboardReaders = 4
	dashboardPause   = 200 * time.Millisecond
)

// readDashboards opens the dashboard and a card of it again and again, until ctx
// ends.
func (s *served) readDashboards(ctx context.Context) error {
	for {
		for _, path := range []string{"/", cardPath, "/indicators/" + measured} {
			if err := s.get(ctx, path); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		select {
		case <-time.After(dashboardPause):
		case <-ctx.Done():
			return nil
		}
	}
}
