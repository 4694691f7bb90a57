package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"onevision/access"
	"onevision/indicators"
	"onevision/warehouse"
)

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

// query is the definition in plain SQL over the marks, of the weeks that the card
// shows.
func (s *served) query(ctx context.Context) (query string, weeks int, err error) {
	accounts := s.app.Accounts
	a, err := accounts.ByUsername(ctx, access.System(access.Operating), "director")
	if err != nil {
		return "", 0, err
	}
	v, err := accounts.Viewer(ctx, a.ID)
	if err != nil {
		return "", 0, err
	}
	answer, err := s.app.Engine.Ask(ctx, v, indicators.Question{Indicator: measured, Period: indicators.Week})
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
	return `WITH period(period_id, kind, first_day, last_day) AS (VALUES ` + strings.Join(rows, ", ") + `),
		period_day AS (` + indicators.PeriodDays + `)
		SELECT p.period_id, sum(a.unauthorised), sum(a.possible) FROM period_day p JOIN attendance a ON a.date = p.day
		WHERE a.age_at_year_start BETWEEN 5 AND 15 GROUP BY p.period_id`, len(rows), nil
}

func (s *served) direct(ctx context.Context, query string, weeks int) error {
	return s.app.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
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

func (s *served) read(ctx context.Context) error { return s.get(ctx, cardPath) }
