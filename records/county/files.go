package county

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records"
)

// FilesOptions say what of a county is written out, and where.
type FilesOptions struct {
	Dir string // made if it is not there; no file in it is written over
	// HalfTerms of attendance, the newest: 0 is all that there are. A county of
	// 160,000 children has some 5 million rows, 220 MB, in each.
	HalfTerms int
	Store     *records.Store // derives the episodes of children in care
	Today     time.Time      // the SSDA903 returns are of the five years to the last 31 March
	Progress  func(File)
}

// File is one that was written.
type File struct {
	Path   string
	Format string // the intake format
	Rows   int64  // besides the heading
}

// ErrNotDemo: what is there is no demo county. The records of real children
// are not written out past the program's checks.
var ErrNotDemo = errors.New("the record store holds no demo county: only invented children are written out as files")

// WriteFiles writes the demo county of a record store as files in the formats
// that can be imported, with the rights of adminURL: one of attendance for each
// half term, one of examination results, and the SSDA903 return of each of the
// last years. Importing them over the county changes
// nothing; imported in this order into a record store with the same children,
// schools and enrolments they give the same marks and results, and the times in
// care of those years.
func WriteFiles(ctx context.Context, adminURL string, o FilesOptions) ([]File, error) {
	conn, err := o.open(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	all, err := attendanceFiles(ctx, conn, o.HalfTerms)
	if err != nil {
		return nil, err
	}
	all = append(all, query{"ks4-results", "ks4-results", `/* county.WriteFiles */
		SELECT s.laestab, c.upn, r.year, r.attainment8, r.english_grade, r.maths_grade
		FROM ks4_result r JOIN child c ON c.id = r.child_id JOIN school s ON s.id = r.school_id WHERE c.upn IS NOT NULL`})
	var files []File
	for _, q := range all {
		f, err := q.write(ctx, conn, o.Dir)
		if err != nil {
			return files, fmt.Errorf("write the county as files: %w", err)
		}
		files = append(files, f)
		if o.Progress != nil {
			o.Progress(f)
		}
	}
	care, err := careFiles(ctx, conn, o)
	if err != nil {
		return files, fmt.Errorf("write the county as files: %w", err)
	}
	return append(files, care...), nil
}

// WriteReturns writes of those files the SSDA903 returns alone.
func WriteReturns(ctx context.Context, adminURL string, o FilesOptions) ([]File, error) {
	conn, err := o.open(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return careFiles(ctx, conn, o)
}

// open connects to a demo county and makes the folder.
func (o FilesOptions) open(ctx context.Context, adminURL string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, errors.New("write the county as files: the record store cannot be reached")
	}
	err = func() error {
		var demo bool
		if err := conn.QueryRow(ctx, `/* county.FilesOptions.open */ SELECT demo FROM installation`).Scan(&demo); err != nil {
			return fmt.Errorf("read what the installation is: %w", err)
		}
		if !demo {
			return ErrNotDemo
		}
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return fmt.Errorf("make the folder of the files: %w", err)
		}
		return nil
	}()
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

// query is one file to write: the rows under the names of its columns.
type query struct{ name, format, sql string }

// attendanceFiles are the half terms with marks, oldest first.
func attendanceFiles(ctx context.Context, conn *pgx.Conn, newest int) ([]query, error) {
	rows, err := conn.Query(ctx, `/* county.attendanceFiles */
		SELECT academic_year, number, first_day, last_day FROM half_term h
		WHERE EXISTS (SELECT FROM attendance a WHERE a.date BETWEEN h.first_day AND h.last_day) ORDER BY first_day`)
	if err != nil {
		return nil, fmt.Errorf("list the half terms with marks: %w", err)
	}
	var of, number int16
	var first, last time.Time
	var all []query
	_, err = pgx.ForEachRow(rows, []any{&of, &number, &first, &last}, func() error {
		all = append(all, query{fmt.Sprintf("attendance-%d-%d", of, number), "attendance", fmt.Sprintf(`/* county.attendanceFiles */
			SELECT s.laestab, c.upn, a.date, x.session, x.code, x.minutes AS minutes_late
			FROM attendance a JOIN child c ON c.id = a.child_id JOIN school s ON s.id = a.school_id
			CROSS JOIN LATERAL (VALUES ('AM', a.am, a.am_minutes), ('PM', a.pm, a.pm_minutes)) x (session, code, minutes)
			WHERE a.date BETWEEN '%s' AND '%s' AND x.code IS NOT NULL AND c.upn IS NOT NULL`, first.Format(time.DateOnly), last.Format(time.DateOnly))})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the half terms with marks: %w", err)
	}
	if newest > 0 && newest < len(all) {
		all = all[len(all)-newest:]
	}
	return all, nil
}

// write streams the rows from PostgreSQL, which writes CSV itself, into a file
// that only its owner can read. One that is there already is left alone.
func (q query) write(ctx context.Context, conn *pgx.Conn, dir string) (File, error) {
	made := File{Path: filepath.Join(dir, q.name+".csv"), Format: q.format}
	f, err := create(made.Path)
	if err != nil {
		return made, err
	}
	tag, err := conn.PgConn().CopyTo(ctx, f, "COPY ("+q.sql+") TO STDOUT (FORMAT csv, HEADER)")
	made.Rows = tag.RowsAffected()
	if err = errors.Join(err, f.Close()); err != nil {
		return made, errors.Join(fmt.Errorf("%s: %w", q.name, err), os.Remove(made.Path))
	}
	return made, nil
}

// create makes a file that only its owner can read, if there is none.
func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already: remove it, or choose another folder", path)
	}
	return f, err
}
