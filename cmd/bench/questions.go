package main

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/warehouse"
)

//go:embed questions/*.sql
var questionFiles embed.FS

// questions asks ten questions about the whole county of PostgreSQL, with views
// of the same names and sensible indexes, and of the warehouse, whose answers
// must be the same: how many times faster they are there, in total.
func questions(ctx context.Context, c *bench) (float64, error) {
	s, err := c.serve(ctx)
	if err != nil {
		return 0, err
	}
	conn, err := c.admin(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	prepare, err := questionFiles.ReadFile("questions/postgres.sql")
	if err != nil {
		return 0, err
	}
	if _, err := conn.Exec(ctx, string(prepare)+"; SET search_path = asked; SET work_mem = '256MB'"); err != nil {
		return 0, fmt.Errorf("prepare the record store for questions: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), "DROP INDEX public.asked_attendance, public.asked_case, public.asked_placement, public.asked_legal_status")
	names, err := questionFiles.ReadDir("questions")
	if err != nil {
		return 0, err
	}
	var store, ours time.Duration
	for _, name := range names {
		if name.Name() == "postgres.sql" {
			continue
		}
		text, err := questionFiles.ReadFile(path.Join("questions", name.Name()))
		if err != nil {
			return 0, err
		}
		want, slow, err := askStore(ctx, conn, string(text))
		if err != nil {
			return 0, fmt.Errorf("%s, of PostgreSQL: %w", name.Name(), err)
		}
		got, fast, err := s.ask(ctx, string(text))
		if err != nil {
			return 0, fmt.Errorf("%s, of the warehouse: %w", name.Name(), err)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			return 0, fmt.Errorf("%s: the warehouse's answer of %d rows is another than PostgreSQL's of %d", name.Name(), len(got), len(want))
		}
		c.log.Debug("question", "name", name.Name(), "rows", len(want), "postgres", slow.Round(time.Millisecond), "warehouse", fast.Round(time.Millisecond))
		store, ours = store+slow, ours+fast
	}
	return store.Seconds() / ours.Seconds(), nil
}

// rows are an answer as text, sorted.
type rows [][]string

func (r rows) sort() rows {
	slices.SortFunc(r, func(a, b []string) int { return cmp.Compare(strings.Join(a, "\x1f"), strings.Join(b, "\x1f")) })
	return r
}

func askStore(ctx context.Context, conn *pgx.Conn, question string) (rows, time.Duration, error) {
	began := time.Now()
	results, err := conn.PgConn().Exec(ctx, question).ReadAll()
	took := time.Since(began)
	if err != nil {
		return nil, took, err
	}
	var all rows
	for _, r := range results[0].Rows {
		row := make([]string, len(r))
		for i, v := range r {
			row[i] = string(v)
		}
		all = append(all, row)
	}
	return all.sort(), took, nil
}

func (s *served) ask(ctx context.Context, question string) (all rows, took time.Duration, err error) {
	err = s.app.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ warehouse.Position) error {
		began := time.Now()
		found, err := conn.QueryContext(ctx, "SELECT coalesce(COLUMNS(*)::VARCHAR, '') FROM ("+question+")")
		if err != nil {
			return err
		}
		defer found.Close()
		columns, err := found.Columns()
		if err != nil {
			return err
		}
		for found.Next() {
			row := make([]string, len(columns))
			into := make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := found.Scan(into...); err != nil {
				return err
			}
			all = append(all, row)
		}
		took = time.Since(began)
		return found.Err()
	})
	return all.sort(), took, err
}
