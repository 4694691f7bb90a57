// Package intake takes files in: it reads them, finds whom each row is about,
// puts what is right into the record store, and says of every row what became
// of it. Nothing is guessed: a row that matches nobody is kept and listed, a
// row that cannot be right is handed back.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onevision/access"
	"onevision/records"
)

// batchRows is how many rows one transaction takes.
const batchRows = 5000

// Importer imports files.
type Importer struct {
	Store *records.Store
	Pool  records.DB // the program's own pool, for the lists of files and of rows without a match
	Now   func() time.Time
}

// Options of one import.
type Options struct {
	Rejects  io.Writer // a CSV of the rows that were rejected; nil: only the report
	Progress func(Progress)
	// Notes is told, before anything is written, what the file as a whole says of
	// itself, such as the year that it is of.
	Notes    func(notes []string)
	Source   string       // whose word it is; "" is what the format says
	CoversTo records.Date // the last day that the file tells of; zero is what it says itself, if it does
	Full     bool         // the file holds all that there is: see Whole
	Withdraw bool         // what it no longer holds is gone, however much that is
	Year     int          // that the file is of, for a format that has one; 0 is what the file says
	// Authorities are those whose rows are wanted of a file about the whole country:
	// numbers (873) or codes of the ONS (E10000003). None: the installation's own.
	Authorities []string
	// Mapping is one that is not kept yet, which says what the file is.
	Mapping *Mapping

	most int64 // rows that a trial takes, 0: all
}

// mostTried is how many rows of a file Try takes: it keeps locks meanwhile.
const mostTried = 20_000

// Try says what Import would do with a file, and does none of it: of a long file with
// its first 20,000 rows, or children.
func (i *Importer) Try(ctx context.Context, v access.Viewer, format, name string, r io.ReadSeeker, o Options) (report Report, err error) {
	err = i.Store.Trial(ctx, func(store *records.Store, db records.DB) error {
		o.most = mostTried
		report, err = (&Importer{Store: store, Pool: db, Now: i.Now}).Import(ctx, v, format, name, r, o)
		return err
	})
	report.File = 0
	return report, err
}

// ErrNotAllowed: the viewer may not write records of the format's category.
var ErrNotAllowed = errors.New("this account may not import files of this format")

// ImportFile imports the file at path, or the folder of an extract's tables; see Import.
func (i *Importer) ImportFile(ctx context.Context, v access.Viewer, format, path string, o Options) (Report, error) {
	f, err := openPath(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	return i.Import(ctx, v, format, filepath.Base(path), f, o)
}

// TryFile is Try of the file at path.
func (i *Importer) TryFile(ctx context.Context, v access.Viewer, format, path string, o Options) (Report, error) {
	f, err := openPath(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	return i.Try(ctx, v, format, filepath.Base(path), f, o)
}

// openPath opens a file, or the archive that it makes of a folder's tables.
func openPath(path string) (*os.File, error) {
	if there, err := os.Stat(path); err == nil && there.IsDir() {
		return archiveOf(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	return f, nil
}

// Import reads a file twice: first to see that it is a whole file of the
// format ("" takes whichever it is), which it refuses otherwise (*Refusal)
// before anything goes in; then to put its rows into the record store, 5,000
// in a transaction. name is the file's, without its folder. The report says
// what became of every row read so far, with an error too: then everything up
// to Report.Through is in, nothing after it is, and importing the same file
// again completes it, since what is in already is left unchanged.
func (i *Importer) Import(ctx context.Context, v access.Viewer, format, name string, r io.ReadSeeker, o Options) (Report, error) {
	report := Report{Format: format, Name: name}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	all, err := i.formats(ctx, o.Mapping)
	if err != nil {
		return report, err
	}
	if o.Mapping != nil {
		format = o.Mapping.Name
	}
	r, done, err := all.unfold(r, format)
	if err != nil {
		return report, err
	}
	defer done()
	s, err := all.scan(ctx, r, format, o.Progress)
	if err != nil {
		return report, err
	}
	if !s.format.May(v) {
		return report, ErrNotAllowed
	}
	by := v
	if s.format.ByProgram {
		v = access.System(access.Importing)
	}
	report.Format, report.Notes = s.format.Name, s.notes
	if s.repeats.any() {
		if err := s.compare(ctx, r); err != nil {
			return report, err
		}
	}
	run := &run{Importer: i, viewer: v, by: by, scanned: s, into: s.format.Rows(), most: o.most, tried: o.most > 0, rejects: newRejects(s.format, o.Rejects), report: &report}
	run.from.Source = cmp.Or(o.Source, s.format.Source)
	if !slices.Contains(records.Sources(), run.from.Source) {
		return report, refuse("there is no source %q: the sources are %s", run.from.Source, strings.Join(records.Sources(), ", "))
	}
	if b, ok := run.into.(Beginner); ok {
		if err := b.Begin(ctx, i.Store, v); err != nil {
			return report, err
		}
	}
	if err := run.survey(ctx, r, o); err != nil {
		return report, err
	}
	if !o.CoversTo.IsZero() {
		run.from.CoversTo = o.CoversTo
	}
	if err := run.notAhead(o); err != nil {
		return report, err
	}
	if err := run.notLate(ctx); err != nil {
		return report, err
	}
	if err := run.begin(ctx); err != nil {
		return report, err
	}
	err = run.rows(ctx, r, o.Progress)
	// What has gone in is written down even when ctx is what ended the import.
	if noted := run.end(context.WithoutCancel(ctx), err == nil); err == nil {
		err = noted
	}
	if err != nil {
		return report, fmt.Errorf("import %s of %d rows: all rows up to line %d are in and none after it; importing the file again completes it: %w",
			s.format.Name, s.rows, report.Through, err)
	}
	return report, nil
}
