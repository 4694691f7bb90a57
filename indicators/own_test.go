package indicators_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// An authority's own file adds to the library or replaces what is of its id; of a file
// that is wrong the last that was right stays, also after a new start; and a running
// engine answers by what is in force.
func TestOwnDefinitions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := indicators.Own{Dir: filepath.Join(dir, "own"), Kept: filepath.Join(dir, "kept"), Base: indicatorstest.Few, Sandbox: memory{}}
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(o.Dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(want ...string) *indicators.Library {
		t.Helper()
		l, problems, err := o.Read(t.Context())
		if err != nil || len(problems) != len(want) {
			t.Fatalf("%v %v", problems, err)
		}
		for i, w := range want {
			if !strings.HasPrefix(problems[i].Error(), w) {
				t.Errorf("%s, want %s", problems[i], w)
			}
		}
		return l
	}
	title := func(l *indicators.Library, id string) string {
		d, _ := l.Definition(id)
		return d.Title
	}
	if _, _, err := o.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "no directory") {
		t.Errorf("without the directory: %v", err)
	}
	text, err := os.ReadFile("testdata/attendance/unauthorised-absence.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("testdata/attendance/unauthorised-absence.examples.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(strings.Replace(string(text), "id: unauthorised-absence", "id: our-absence", 1), "title: Unauthorised absence (truancy)", "title: Ours", 1)
	write("attendance/our-absence.yaml", own)
	write("attendance/unauthorised-absence.examples.yaml", string(examples))
	write("targets.yaml", `targets: [{indicator: our-absence, from: 2020-09-01, target: "3"}]`)
	l := read()
	if title(l, "our-absence") != "Ours" || title(l, "persistent-absence") == "" {
		t.Errorf("%q beside %q", title(l, "our-absence"), title(l, "persistent-absence"))
	}

	w := threeSchools(t)
	e := w.Engine(saturday, indicatorstest.Few)
	director := accesstest.Viewer(access.Director)
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	ask := func(id string) string {
		t.Helper()
		a, err := e.Ask(t.Context(), director, indicators.Question{Indicator: id, Period: indicators.Week})
		if err != nil {
			return "no such indicator"
		}
		return a.Definition().Title + " " + a.Current().Text
	}
	before := ask("unauthorised-absence")
	if got := ask("our-absence"); got != "no such indicator" {
		t.Errorf("before it is in force: %s", got)
	}
	if err := e.Define(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	_, number, _ := strings.Cut(before, ") ")
	if got := ask("our-absence"); got != "Ours "+number || number == "" {
		t.Errorf("in force: %q, the library's own is %q", got, before)
	}

	// Other words and other SQL; then a mistake, which changes nothing.
	write("attendance/our-absence.yaml", strings.Replace(strings.Replace(own, "title: Ours", "title: Theirs", 1), "unit: percent", "unit: rate-per-100", 1))
	if err := e.Define(t.Context(), read()); err != nil {
		t.Fatal(err)
	}
	if got := ask("our-absence"); got != "Theirs "+strings.TrimSuffix(number, "%") {
		t.Errorf("in force: %q", got)
	}
	write("attendance/our-absence.yaml", strings.Replace(own, "unit: percent", "unit: per-cent", 1))
	write("targets.yaml", `targets: [{indicator: our-absence, from: yesterday, target: "3"}]`)
	wrong := []string{`attendance/our-absence.yaml:7:7: unit "per-cent" is none of`, `targets.yaml:1:`}
	if got := title(read(wrong...), "our-absence"); got != "Theirs" {
		t.Errorf("after a mistake %q is in force", got)
	}
	if got := title(read(wrong...), "our-absence"); got != "Theirs" {
		t.Errorf("read again, %q is in force", got)
	}

	// It goes as it came.
	if err := os.RemoveAll(filepath.Join(o.Dir, "attendance")); err != nil {
		t.Fatal(err)
	}
	write("targets.yaml", "targets: []")
	if err := e.Define(t.Context(), read()); err != nil {
		t.Fatal(err)
	}
	if got := ask("our-absence"); got != "no such indicator" {
		t.Errorf("after it went: %s", got)
	}
	if got := ask("unauthorised-absence"); got != before {
		t.Errorf("the library's own: %q, before %q", got, before)
	}
}

// A directory is looked at until it stands still, and then read, also through a link.
func TestOwnDirectoryIsWatched(t *testing.T) {
	t.Parallel()
	empty, dir, link := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "own")
	if err := os.Symlink(empty, link); err != nil {
		t.Fatal(err)
	}
	o := indicators.Own{Dir: link, Kept: filepath.Join(t.TempDir(), "kept"), Base: indicatorstest.Few, Sandbox: memory{}}
	heard := make(chan string)
	go o.Watch(t.Context(), time.Millisecond, func(_ *indicators.Library, problems []indicators.Problem, err error) {
		text := ""
		for _, p := range problems {
			text += p.Error()
		}
		select {
		case heard <- text:
		case <-t.Context().Done():
		}
	})
	if got := <-heard; got != "" {
		t.Errorf("an empty directory: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "targets.yaml"), []byte(`targets: [{indicator: x, from: 2020-09-01, target: "many"}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(dir, link+".new"), os.Rename(link+".new", link)); err != nil { // as a release is put in the place of another
		t.Fatal(err)
	}
	for got := range heard {
		if strings.Contains(got, `target "many" is no number`) {
			break
		}
	}
}
