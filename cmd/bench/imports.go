package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/indicators"
	"onevision/records"
	"onevision/records/county"
	"onevision/records/intake"
	_ "onevision/records/intake/ssda903"
)

// imports sets the import of files against a bare COPY of the same files into
// unlogged tables without keys: a day's marks of every pupil into the county,
// and five years of SSDA903 returns into an empty record store.
func imports(ctx context.Context, c *bench) (float64, error) {
	c.unserve()
	dir, err := os.MkdirTemp("", "onevision-bench-files-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	conn, err := c.admin(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)

	marks, err := c.marksFile(ctx, conn, dir)
	if err != nil {
		return 0, fmt.Errorf("write marks: %w", err)
	}
	ours, rows, err := importFiles(ctx, c.env, "attendance", marks)
	if err != nil {
		return 0, err
	}
	floor, err := copyFiles(ctx, conn, marks)
	if err != nil {
		return 0, err
	}
	c.log.Debug("import", "format", "attendance", "rows", rows, "took", ours.Round(time.Millisecond), "copy", floor.Round(time.Millisecond))

	returns, err := county.WriteReturns(ctx, c.env.AdminURL, county.FilesOptions{
		Dir: filepath.Join(dir, "ssda903"), Store: records.NewStore(c.env.Pool, time.Now), Today: time.Now().In(indicators.London())})
	if err != nil {
		return 0, err
	}
	var paths []string
	for _, f := range returns {
		paths = append(paths, f.Path)
	}
	// Within a format they stay in the order of their years.
	if paths, err = intake.InOrder(paths); err != nil {
		return 0, err
	}
	empty, err := app.Open(ctx, app.Place{Data: filepath.Join(c.folder, "empty"), Log: c.log})
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(empty.Data)
	defer empty.Close()
	took, rows, err := importFiles(ctx, empty, "ssda903", paths...)
	if err != nil {
		return 0, err
	}
	bare, err := copyFiles(ctx, conn, paths...)
	if err != nil {
		return 0, err
	}
	c.log.Debug("import", "format", "ssda903", "rows", rows, "took", took.Round(time.Millisecond), "copy", bare.Round(time.Millisecond))
	return (ours + took).Seconds() / (floor + bare).Seconds(), nil
}

// marksFile writes a file of both marks of every pupil on the last Saturday but
// one, on which the county has none but those of an earlier round and, by
// exception, its schools are open.
func (c *bench) marksFile(ctx context.Context, conn *pgx.Conn, dir string) (string, error) {
	day := time.Now().AddDate(0, 0, -8)
	for day.Weekday() != time.Saturday {
		day = day.AddDate(0, 0, -1)
	}
	if _, err := conn.Exec(ctx, `/* bench.marksFile */ DELETE FROM attendance WHERE date = $1`, day); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, `/* bench.marksFile */ INSERT INTO school_day_exception (date, open, reason_code, recorded_by) VALUES ($1, true, 'extra', 0) ON CONFLICT DO NOTHING`, day); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "marks.csv")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = conn.PgConn().CopyTo(ctx, f, fmt.Sprintf(`COPY (
		SELECT s.laestab, c.upn, DATE '%[1]s' AS date, x.session, x.code, NULL AS minutes_late
		FROM enrolment e JOIN child c ON c.id = e.child_id JOIN school s ON s.id = e.school_id
		CROSS JOIN (VALUES ('AM', '/'), ('PM', '\')) x (session, code)
		WHERE e.to_date IS NULL AND e.from_date <= DATE '%[1]s' AND e.status = 'C' AND c.upn IS NOT NULL
		ORDER BY s.laestab, c.upn, x.session) TO STDOUT (FORMAT csv, HEADER)`, day.Format(time.DateOnly)))
	return path, errors.Join(err, f.Close())
}

// importFiles imports files as the command does, and says how long that took and
// how many rows they had, which must all go in.
func importFiles(ctx context.Context, g *app.Environment, format string, paths ...string) (took time.Duration, rows int64, err error) {
	importer := intake.Importer{Store: records.NewStore(g.Pool, time.Now), Pool: g.Pool, Now: time.Now}
	began := time.Now()
	for _, path := range paths {
		report, err := importer.ImportFile(ctx, access.System(access.Importing), format, path, intake.Options{})
		if err != nil {
			return 0, 0, fmt.Errorf("import %s: %w", filepath.Base(path), err)
		}
		if report.Rejected+report.Unmatched > 0 {
			return 0, 0, fmt.Errorf("import %s: %d rows were rejected and %d matched nobody", filepath.Base(path), report.Rejected, report.Unmatched)
		}
		rows += report.Rows
	}
	return time.Since(began), rows, nil
}

// copyFiles copies the files, as text, into a table without keys for each.
func copyFiles(ctx context.Context, conn *pgx.Conn, paths ...string) (time.Duration, error) {
	var took time.Duration
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		header, err := bufio.NewReader(f).ReadString('\n')
		if err == nil {
			_, err = f.Seek(0, 0)
		}
		if err == nil {
			var columns []string
			for name := range strings.SplitSeq(strings.TrimSpace(header), ",") {
				columns = append(columns, pgx.Identifier{name}.Sanitize()+" text")
			}
			_, err = conn.Exec(ctx, `/* bench.copyFiles */ DROP TABLE IF EXISTS bench.copied; CREATE SCHEMA IF NOT EXISTS bench; CREATE UNLOGGED TABLE bench.copied (`+strings.Join(columns, ", ")+`)`)
		}
		began := time.Now()
		if err == nil {
			_, err = conn.PgConn().CopyFrom(ctx, f, `COPY bench.copied FROM STDIN (FORMAT csv, HEADER)`)
		}
		took += time.Since(began)
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, fmt.Errorf("copy %s: %w", filepath.Base(path), err)
		}
	}
	return took, nil
}
