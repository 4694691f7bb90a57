package main

import (
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
	"onevision/records/intake"
	_ "onevision/records/intake/ssd"
	_ "onevision/records/intake/ssda903"
)

// importCommand takes files in, and lists and undoes what was taken in.
type importCommand struct {
	File importFiles `cmd:"" default:"withargs" help:"Read files into the record store (the word file may be left out)."`
	List importList  `cmd:"" help:"List the imports, the newest first."`
	Undo importUndo  `cmd:"" help:"Undo an import as one: what it made is deleted, what it changed is put back; what somebody has changed since stays, and is said."`

	Mappings importMappings `cmd:"" help:"List the mappings that are kept: how files of no known format become records."`
	Mapping  importMapping  `cmd:"" help:"Print a mapping that is kept, as its file; or take it away."`

	Waiting    importWaiting    `cmd:"" help:"List the rows of files that match no child, school or enrolment yet."`
	Candidates importCandidates `cmd:"" help:"Say whom a row that waits may be about, the likeliest first, each beside the row."`
	Apply      importApply      `cmd:"" help:"Have a row that waits go in, with the values that were wrong in it."`
	Discard    importDiscard    `cmd:"" help:"Have rows wait no longer; the same row sent again is kept out."`
	Retry      importRetry      `cmd:"" help:"Try all rows that wait again (a running server does so whenever a child, school or enrolment appears)."`
}

// importFiles reads files in one of the intake formats. It works beside a
// running server: the record store takes both.
type importFiles struct {
	Format  string   `arg:"" help:"${formats}; or the name of a mapping that is kept. Left out with --mapping."`
	Files   []string `arg:"" optional:"" help:"The files, taken in turn; of an extract, a ZIP archive or the folder of its tables." placeholder:"FILE" type:"path"`
	Mapping string   `help:"How a file of no known format becomes records: a mapping's file (docs/mapping.md). It is kept by its name, which can be given as the format from then on." placeholder:"FILE" type:"path"`
	Try     bool     `help:"Say what would become of the files, and do none of it; a mapping is not kept."`
	Rejects string   `help:"Where rows that were rejected are written, to be corrected and imported again. Default: beside each file, as FILE.rejects.csv; one that is there is kept, and the next is FILE.rejects-2.csv." placeholder:"FILE"`
	Source  string   `help:"Whose word the files are, if not what the format says: ${sources}." placeholder:"SOURCE"`
	To      string   `name:"covers-to" help:"The last day that the files tell of, yyyy-mm-dd: a later file of the same source is not changed by an earlier one." placeholder:"DAY"`
	Year    int      `help:"The year in which a return's year ends (2026 is the year to 31 March 2026), if it is not the one that nearly all its rows say." placeholder:"YEAR"`
	Full    bool     `help:"An extract holds all that there is: what earlier ones had and it does not is withdrawn. The word full in a file's name says the same."`
	Much    bool     `name:"withdraw" help:"Withdraw what a full extract no longer holds, even if that is more than a tenth of a table."`
	JSON    bool     `name:"json" help:"Print the report as JSON."`

	mapping *intake.Mapping

	Authority []string `help:"Of a file about the whole country, the authorities whose rows are wanted: numbers (873) or codes of the ONS (E10000003), several apart by commas. Default: this authority (see onevision start --code)." placeholder:"CODE"`
}

func formats() string {
	var all []string
	for _, f := range intake.Formats() {
		all = append(all, f.Name+" ("+f.Columns()+")")
	}
	return "One of: " + strings.Join(all, "; ") + "; or ssda903, for the files of that return in any order"
}

func (i *importFiles) Run(ctx context.Context, c *cli) error {
	if i.Rejects != "" && len(i.Files) > 1 {
		return errors.New("--rejects names one file: import the files one by one, or leave it out")
	}
	if i.Mapping != "" {
		var err error
		if i.mapping, err = intake.ReadMapping(i.Mapping); err != nil {
			return err
		}
		i.Format = i.mapping.Name
	}
	if _, err := records.ParseDate(i.To); i.To != "" && err != nil {
		return errors.New("--covers-to is a day written as yyyy-mm-dd")
	}
	for _, name := range i.Files {
		if err := i.spare(i.rejects(name)); err != nil {
			return err
		}
	}
	if _, one := intake.FormatOf(i.Format); !one && intake.Known(i.Format) {
		var err error
		if i.Files, err = intake.InOrder(i.Files); err != nil {
			return err
		}
	}
	return c.importer(ctx, func(importer *intake.Importer) error {
		if i.mapping == nil && !intake.Known(i.Format) {
			if _, err := importer.MappingOf(ctx, access.System(access.Importing), i.Format); errors.Is(err, intake.ErrNoMapping) {
				var names []string
				for _, f := range intake.Formats() {
					names = append(names, f.Name)
				}
				return fmt.Errorf("there is no format %q, and no mapping of that name is kept: the formats are %s and ssda903 (onevision import --help says which columns each has), and onevision import mappings lists what is kept", i.Format, strings.Join(names, ", "))
			} else if err != nil {
				return err
			}
		}
		if i.mapping != nil && !i.Try {
			if err := importer.Keep(ctx, access.System(access.Importing), i.mapping); err != nil {
				return fmt.Errorf("keep the mapping %s: %w", i.mapping.Name, err)
			}
		}
		return i.run(ctx, importer)
	})
}

// Validate refuses a command line whose files are not there.
func (i *importFiles) Validate() error {
	if i.Mapping != "" && !slices.Contains(i.Files, i.Format) {
		i.Files = append([]string{i.Format}, i.Files...)
	}
	if len(i.Files) == 0 {
		return errors.New(`expected "<files> ...": name the files to import`)
	}
	for _, name := range i.Files {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if f, ok := intake.FormatOf(i.Format); info.IsDir() && (!ok || !f.Folder) {
			return fmt.Errorf("%s is a directory: name the files in it", name)
		}
	}
	return nil
}

// rejects is where the rows of a file that were rejected are written.
func (i *importFiles) rejects(name string) string {
	if i.Rejects != "" {
		return i.Rejects
	}
	return name + ".rejects.csv"
}

// spare refuses to write rejects over a file that is yet to be read, whatever
// name or link leads to it.
func (i *importFiles) spare(rejects string) error {
	there, err := os.Stat(rejects)
	if err != nil {
		return nil // nothing is there; that it cannot be made is said when there are rejects
	}
	for _, name := range i.Files {
		if file, err := os.Stat(name); err == nil && os.SameFile(there, file) {
			return fmt.Errorf("the rejected rows would be written over %s, which is to be imported: name another file with --rejects", name)
		}
	}
	return nil
}

func (i *importFiles) run(ctx context.Context, importer *intake.Importer) error {
	partial := false
	for _, name := range i.Files {
		report, err := i.one(ctx, importer, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		partial = partial || report.Rejected+report.Unmatched > 0
	}
	if partial {
		return errPartial
	}
	return nil
}

// one imports a file and says exactly what went in and what did not.
func (i *importFiles) one(ctx context.Context, importer *intake.Importer, name string) (intake.Report, error) {
	rejects := &lazyFile{path: i.rejects(name)}
	take := importer.ImportFile
	if i.Try {
		take = importer.TryFile
		rejects = nil
	}
	report, err := take(ctx, access.System(access.Importing), i.Format, name, i.options(rejects, name))
	err = errors.Join(err, rejects.Close())
	if i.JSON {
		return report, errors.Join(err, printJSON(report))
	}
	if report.Rows > 0 || err == nil {
		report.Print(os.Stdout)
		if i.Try {
			fmt.Println("Nothing has gone in.")
		}
		if rejects != nil && rejects.file != nil {
			fmt.Printf("The rejected rows are in %s: correct them there and import that file.\n", rejects.path)
		}
	}
	return report, err
}

func (i *importFiles) options(rejects *lazyFile, name string) intake.Options {
	to, _ := records.ParseDate(i.To) // checked before
	var w io.Writer
	if rejects != nil {
		w = rejects
	}
	return intake.Options{Rejects: w, Mapping: i.mapping, Progress: i.progress(name), Source: i.Source, CoversTo: to, Full: i.Full, Withdraw: i.Much, Year: i.Year, Authorities: i.Authority, Notes: func(notes []string) {
		for _, n := range notes {
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, n)
		}
	}}
}

func (i *importFiles) progress(name string) func(intake.Progress) {
	var last time.Time
	return func(p intake.Progress) {
		if i.JSON || p.Total == 0 || p.Bytes < p.Total && time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		doing := "importing"
		if p.Checking {
			doing = "checking"
		}
		fmt.Fprintf(os.Stderr, "%s: %s, %d rows, %d%%\n", name, doing, p.Rows, 100*p.Bytes/p.Total)
	}
}

// lazyFile is made when something is first written to it: no rejects, no file.
type lazyFile struct {
	path string
	file *os.File
}

func (l *lazyFile) Write(b []byte) (int, error) {
	first := l.path
	for n := 2; l.file == nil; n++ {
		var err error
		// A file of rejects holds children's identifiers: its owner's only. One that
		// is there may have been corrected and not yet imported: it stays.
		l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			ending := filepath.Ext(first)
			l.path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(first, ending), n, ending)
		} else if err != nil {
			return 0, fmt.Errorf("write the rejects: %w", err)
		}
	}
	return l.file.Write(b)
}

func (l *lazyFile) Close() error {
	if l == nil || l.file == nil {
		return nil
	}
	return l.file.Close()
}
