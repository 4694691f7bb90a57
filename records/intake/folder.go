package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onevision/access"
)

// Folder is a directory whose files are imported as they come: other systems put
// them there, at night perhaps. A file is read once it has stopped growing, and is
// then moved to done/ or failed/ within the folder, with a report beside it. A
// file whose import ended early, because the program was stopped or the record
// store could not be reached, stays and is imported again, which completes it.
type Folder struct {
	Importer *Importer
	Path     string
	Look     time.Duration // how often it is looked at; a file must be the same in two looks
	Settle   time.Duration // for how long a file must not have been written to
	Log      *slog.Logger

	seen  map[string]fileState
	early map[string]early // files whose import ended early
}

// early is how often a file's import has ended early, and when it is tried again.
type early struct {
	times int
	next  time.Time
}

// mostEarly is how often a file is tried while the record store answers; between two
// tries the folder's look is doubled, up to half an hour.
const (
	mostEarly  = 8
	mostPause  = 30 * time.Minute
	endedEarly = "The import ended early %d times, and is not tried again. The rows that had gone in are in; the cause of each end is in the server's log. When it is mended, put the file into the folder again: that completes it."
)

// fileState is what tells whether a file is still being written.
type fileState struct {
	size int64
	at   time.Time
}

// The folders within a Folder.
const (
	folderDone   = "done"
	folderFailed = "failed"
)

// Prepare makes the folder and those within it, and reports whether files can be
// moved there.
func (f *Folder) Prepare() error {
	for _, name := range []string{folderDone, folderFailed} {
		dir := filepath.Join(f.Path, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("prepare the import folder: %w", err)
		}
		probe, err := os.CreateTemp(dir, ".probe-*")
		if err != nil {
			return fmt.Errorf("the import folder must be one that this program may write to: %w", err)
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return fmt.Errorf("prepare the import folder: %w", err)
		}
	}
	return nil
}

// Run imports what comes until ctx ends.
func (f *Folder) Run(ctx context.Context) error {
	tick := time.NewTicker(f.Look)
	defer tick.Stop()
	for {
		if err := f.Once(ctx); err != nil && ctx.Err() == nil {
			f.Log.Error("import folder", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Once looks at the folder and imports the files that are whole: schools before
// pupils, pupils before their marks, as the formats are ordered.
func (f *Folder) Once(ctx context.Context) error {
	names, err := f.ready()
	if err != nil || len(names) == 0 {
		return err
	}
	all, err := f.Importer.formats(ctx, nil)
	if err != nil {
		return err
	}
	type coming struct {
		name    string
		formats []string
	}
	var files []coming
	for _, name := range names {
		formats, err := all.namesOf(filepath.Join(f.Path, name))
		var refused *Refusal
		switch {
		case errors.As(err, &refused):
			if err := f.finish(name, folderFailed, func(w io.Writer) { fmt.Fprintln(w, refused.Why) }, nil); err != nil {
				return err
			}
			f.Log.Warn("import folder: a file is of no format that is known", "report", folderFailed)
		case err != nil:
			return err
		default:
			files = append(files, coming{name, formats})
		}
	}
	slices.SortStableFunc(files, func(a, b coming) int { return all.place(a.formats[0]) - all.place(b.formats[0]) })
	var failed []error // one file is in no other's way
	for _, file := range files {
		if ctx.Err() == nil && !time.Now().Before(f.early[file.name].next) {
			failed = append(failed, f.take(ctx, file.name, file.formats))
		}
	}
	return errors.Join(failed...)
}

// ready names the files that have not changed since the last look.
func (f *Folder) ready() (names []string, err error) {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return nil, fmt.Errorf("look into the import folder: %w", err)
	}
	seen := map[string]fileState{}
	for _, e := range entries {
		name := e.Name()
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("look into the import folder: %w", err)
		}
		if !info.Mode().IsRegular() || unfinished(name) {
			continue
		}
		now := fileState{info.Size(), info.ModTime()}
		switch before, ok := f.seen[name]; {
		case !ok || before != now:
			delete(f.early, name) // it is another file
		case time.Since(now.at) >= f.Settle:
			names = append(names, name)
		}
		seen[name] = now
	}
	f.seen = seen
	return names, nil
}

// unfinished reports whether a file's name says that it is not whole yet, or is
// nobody's to read.
func unfinished(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") ||
		slices.Contains([]string{".part", ".filepart", ".partial", ".tmp", ".temp", ".crdownload", ".writing"}, strings.ToLower(filepath.Ext(name)))
}

// take imports a file, by each of its formats in turn, and moves it away.
func (f *Folder) take(ctx context.Context, name string, formats []string) error {
	var said strings.Builder
	rejects := map[string][]byte{} // by the ending of their file
	var report Report
	var err error
	all := true // rows were rejected
	for _, format := range formats {
		var handedBack bytes.Buffer
		report, err = f.Importer.ImportFile(ctx, access.System(access.Importing), format, filepath.Join(f.Path, name), Options{Rejects: &handedBack})
		ending := ".rejects.csv"
		if len(formats) > 1 {
			ending = "." + format + ending
		}
		if handedBack.Len() > 0 {
			rejects[ending] = handedBack.Bytes()
		}
		if err != nil {
			break
		}
		f.Log.Info("import folder: a file was imported", "import", report.File, "format", report.Format, "rows", report.Rows, "added", report.Added, "changed", report.Changed, "unmatched", report.Unmatched, "rejected", report.Rejected)
		all = all && report.Rejected > 0 && report.Rejected == report.Rows
		fmt.Fprintf(&said, "Import %d, %s\n", report.File, f.Importer.Now().Format(time.DateTime))
		report.Print(&said)
	}
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		f.Log.Warn("import folder: a file was refused", "format", report.Format, "report", folderFailed)
		return f.finish(name, folderFailed, func(w io.Writer) { fmt.Fprint(w, said.String()); fmt.Fprintln(w, refused.Why) }, rejects)
	case errors.Is(err, errChanged): // it is written to still
		delete(f.seen, name)
		return nil
	case err != nil:
		return errors.Join(err, f.again(ctx, name)) // it stays, and is imported again
	}
	where := folderDone
	if all {
		where = folderFailed
	}
	return f.finish(name, where, func(w io.Writer) { io.WriteString(w, said.String()) }, rejects)
}

// again notes that a file's import ended early. While the record store cannot be
// reached the file waits for it; else, after some tries, it is moved to failed.
func (f *Folder) again(ctx context.Context, name string) error {
	e := f.early[name]
	e.times++
	e.next = time.Now().Add(min(f.Look<<min(e.times, 20), mostPause))
	if f.early == nil {
		f.early = map[string]early{}
	}
	f.early[name] = e
	if e.times < mostEarly || ctx.Err() != nil {
		return nil
	}
	if _, err := f.Importer.Pool.Exec(ctx, `/* intake.Folder.again */ SELECT 1`); err != nil {
		return nil
	}
	f.Log.Error("import folder: a file is not tried again", "times", e.times, "report", folderFailed)
	return f.finish(name, folderFailed, func(w io.Writer) { fmt.Fprintf(w, endedEarly+"\n", e.times) }, nil)
}

// finish moves a file to done or failed, under a name that is free there, with its
// report, and its rejects if there are any. They hold identifiers: they are their
// owner's only.
func (f *Folder) finish(name, where string, report func(io.Writer), rejects map[string][]byte) error {
	stem, ending := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	free := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(f.Path, where, free)); errors.Is(err, fs.ErrNotExist) {
			break
		}
		free = fmt.Sprintf("%s-%d%s", stem, n, ending)
	}
	to := filepath.Join(f.Path, where, free)
	var text strings.Builder
	report(&text)
	for _, ending := range sortedKeys(rejects) {
		fmt.Fprintf(&text, "The rejected rows are in %s: correct them there and put that file into the folder.\n", free+ending)
		if err := os.WriteFile(to+ending, rejects[ending], 0o600); err != nil {
			return fmt.Errorf("write the rejects of a file of the import folder: %w", err)
		}
	}
	if err := os.WriteFile(to+".report.txt", []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the report of a file of the import folder: %w", err)
	}
	if err := os.Rename(filepath.Join(f.Path, name), to); err != nil {
		return fmt.Errorf("move a file of the import folder away: %w", err)
	}
	delete(f.seen, name)
	delete(f.early, name)
	return nil
}
