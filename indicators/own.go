// An authority's own definitions and targets: a directory of its own that adds to
// the library and replaces what is of the same id. Of a file that is wrong the last
// that was right stays in force, and its mistakes are said.

package indicators

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Own is the directory, and where its last right files are kept.
type Own struct {
	Dir     string // as the authority writes it
	Kept    string // a copy of the files in force; it need not be there
	Base    fs.FS  // what it adds to: the library
	Sandbox Sandbox
}

// Fingerprint says whether a file of the directory came, went or changed.
func (o Own) Fingerprint() (uint64, error) {
	sum := fnv.New64a()
	dir, err := filepath.EvalSymlinks(o.Dir) // each time: a link may be set to another directory
	if err != nil {
		return 0, fmt.Errorf("look at the authority's own definitions: %w", err)
	}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look at the authority's own definitions: %w", err)
	}
	return sum.Sum64(), nil
}

// Read checks the directory and gives the library with it. What is wrong does not
// come into force: of a file with a mistake the last right one stays, if there was
// one, and the problems say what to mend.
func (o Own) Read(ctx context.Context) (*Library, []Problem, error) {
	if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("%s is no directory that can be read: make it, or start without --indicators", o.Dir)
	}
	dir := os.DirFS(o.Dir)
	problems, broken, err := o.check(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	next := o.Kept + ".new"
	if err := o.keep(dir, next, broken); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(next))
	}
	l, err := LoadLibrary(o.Base, os.DirFS(next))
	if err != nil { // a kept file and another now have the same id
		problems = append(problems, Problems(err)...)
		if l, err = LoadLibrary(o.Base, os.DirFS(o.Kept)); err != nil {
			l, err = LoadLibrary(o.Base)
		}
		return l, problems, errors.Join(err, os.RemoveAll(next))
	}
	if err := errors.Join(os.RemoveAll(o.Kept), os.Rename(next, o.Kept)); err != nil {
		return nil, nil, fmt.Errorf("keep the definitions in force: %w", err)
	}
	return l, problems, nil
}

// check says what is wrong, and which files cannot come into force for it.
func (o Own) check(ctx context.Context, dir fs.FS) (problems []Problem, broken map[string]bool, err error) {
	files, err := definitionFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(files) > 0 { // it may hold targets alone
		problems = Check(ctx, dir, o.Sandbox)
	} else {
		problems = Problems(new(Library).loadTargets(dir))
	}
	broken = map[string]bool{}
	for _, p := range problems {
		broken[p.File] = true
	}
	top, err := fs.Glob(dir, "*.yaml")
	for _, name := range top {
		if name != targetsFile {
			problems = append(problems, Problem{File: name, Line: 1, Column: 1, Message: "it is not read: a definition stands in a folder named after its theme, such as attendance/" + name})
		}
	}
	return problems, broken, err
}

// keep copies into the folder what is in force from now on: what is right, and of
// what is not the last that was.
func (o Own) keep(dir fs.FS, into string, broken map[string]bool) error {
	if err := os.RemoveAll(into); err != nil {
		return fmt.Errorf("keep the definitions in force: %w", err)
	}
	if err := os.MkdirAll(into, 0o750); err != nil {
		return fmt.Errorf("keep the definitions in force: %w", err)
	}
	before := os.DirFS(o.Kept)
	copied := func(from fs.FS, names ...string) error {
		for _, name := range names {
			text, err := fs.ReadFile(from, name)
			if err != nil {
				return fmt.Errorf("keep the definitions in force: %w", err)
			}
			to := filepath.Join(into, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o750), os.WriteFile(to, text, 0o640)); err != nil {
				return fmt.Errorf("keep the definitions in force: %w", err)
			}
		}
		return nil
	}
	files, err := definitionFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range files {
		d, _, wrong := loadDefinition(dir, name)
		if len(wrong) == 0 && !broken[name] && !broken[d.Examples] {
			if err := copied(dir, name, d.Examples); err != nil {
				return err
			}
			continue
		}
		// Of an id that was given twice, or a file without a last right one, nothing is kept.
		if d, _, wrong := loadDefinition(before, name); len(wrong) == 0 {
			if err := copied(before, name, d.Examples); err != nil {
				return err
			}
		}
	}
	if from := dir; exists(dir, targetsFile) {
		if broken[targetsFile] {
			from = before
		}
		if exists(from, targetsFile) {
			return copied(from, targetsFile)
		}
	}
	return nil
}

func exists(dir fs.FS, name string) bool {
	_, err := fs.Stat(dir, name)
	return err == nil
}

// Watch calls changed with the library each time that the directory has changed,
// and with what is wrong in it, until ctx ends: within some seconds, once two looks
// at it saw the same. It begins with what is there.
func (o Own) Watch(ctx context.Context, every time.Duration, changed func(*Library, []Problem, error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var read, seen uint64
	var said string
	for first := true; ; first = false {
		now, err := o.Fingerprint()
		switch {
		case err != nil:
			if err.Error() != said {
				changed(nil, nil, err)
			}
			said = err.Error()
		case first || said != "" || now != read && now == seen:
			l, problems, err := o.Read(ctx)
			if ctx.Err() != nil {
				return
			}
			read, said = now, ""
			changed(l, problems, err)
		}
		seen = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
