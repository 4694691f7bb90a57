package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"onevision/access"
	"onevision/cmd/house"
	"onevision/indicators"
	"onevision/warehouse"
)

const (
	password = "password-of-benchmarks"
	measured = "unauthorised-absence"
)

// served is the house running on the bench's county, and a director's browser.
type served struct {
	house  *house.House
	stop   context.CancelFunc
	ended  chan error
	client *http.Client
}

func (c *bench) serve(ctx context.Context) (*served, error) {
	if c.served != nil {
		return c.served, nil
	}
	h, err := house.Build(ctx, c.ground, house.Options{Place: c.ground.Place, Listen: "127.0.0.1:0", Log: c.log, Demo: &house.Demo{}})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	s := &served{house: h, stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- h.Run(running) }()
	c.served = s
	if err := h.WaitReady(ctx); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	s.client = &http.Client{Jar: jar}
	form := url.Values{"username": {"director"}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.PublicURL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", h.PublicURL)
	response, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Request.URL.Path != "/" {
		return nil, fmt.Errorf("signing in ended with %s at %s", response.Status, response.Request.URL.Path)
	}
	return s, nil
}

func (s *served) close() {
	s.stop()
	<-s.ended
	s.house.Close()
}

// card sets an HTTP read of the truancy card, 13 weeks of the whole authority,
// against the query of the same figures straight in DuckDB, on the same facts.
func card(ctx context.Context, c *bench) (float64, error) {
	s, err := c.serve(ctx)
	if err != nil {
		return 0, err
	}
	query, weeks, err := s.query(ctx)
	if err != nil {
		return 0, err
	}
	var direct, read time.Duration
	const times = 20
	for range times {
		began := time.Now()
		if err := s.direct(ctx, query, weeks); err != nil {
			return 0, err
		}
		direct += time.Since(began)
		began = time.Now()
		if err := s.read(ctx); err != nil {
			return 0, err
		}
		read += time.Since(began)
	}
	return direct.Seconds() / read.Seconds(), nil
}

// query is the definition's own, summed up over the weeks that the card shows.
func (s *served) query(ctx context.Context) (query string, weeks int, err error) {
	accounts := s.house.Accounts
	a, err := accounts.ByUsername(ctx, access.System(access.Operating), "director")
	if err != nil {
		return "", 0, err
	}
	v, err := accounts.Viewer(ctx, a.ID)
	if err != nil {
		return "", 0, err
	}
	answer, err := s.house.Engine.Ask(ctx, v, indicators.Question{Indicator: measured, Period: indicators.Week})
	if err != nil {
		return "", 0, err
	}
	var rows []string
	for _, f := range answer.Series() {
		if f.HasNumber() {
			rows = append(rows, fmt.Sprintf("('%s', 'week', DATE '%s', DATE '%s')", f.Period.ID, f.Period.First.Format(time.DateOnly), f.Period.Last.Format(time.DateOnly)))
		}
	}
	if len(rows) == 0 {
		return "", 0, errors.New("the card shows no figure")
	}
	return `WITH period(period_id, kind, first_day, last_day) AS (VALUES ` + strings.Join(rows, ", ") + `)
		SELECT period_id, sum(numerator), sum(denominator) FROM (` + answer.Definition().SQL + `) GROUP BY period_id`, len(rows), nil
}

func (s *served) direct(ctx context.Context, query string, weeks int) error {
	return s.house.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
		rows, err := conn.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			n++
		}
		if n != weeks {
			return fmt.Errorf("the direct query gave %d weeks, the card %d", n, weeks)
		}
		return rows.Err()
	})
}

func (s *served) read(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.house.PublicURL+"/cards/"+measured+"?period=week", nil)
	if err != nil {
		return err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || len(body) < 100 {
		return fmt.Errorf("the card answered %s", response.Status)
	}
	return nil
}
