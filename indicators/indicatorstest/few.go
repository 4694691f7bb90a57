package indicatorstest

import (
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"testing/fstest"

	"onevision/indicators/library"
)

// Few are the definitions and targets that tests of the engine, of charts, sheets and
// alerts compute: one of each kind (a rate by day, a threshold per child, two that share
// a cohort, a stock). Computing the whole library for each of them would let every new
// indicator slow a hundred tests; that all of it is right has tests of its own.
var Few fs.FS = few(FewFiles...)

// FewFiles are the names in the library of the files of Few.
var FewFiles = []string{
	"attendance/unauthorised-absence.yaml", "attendance/persistent-absence.yaml",
	"attainment/gcse-attainment8-in-care.yaml", "attainment/gcse-grade4-english-maths-in-care.yaml",
	"social-care/open-cases.yaml", "targets.yaml"}

// Some are those of Few and a dozen more of the library, drawn by r.
func Some(r *rand.Rand) fs.FS {
	names := []string{"attendance/unauthorised-absence.yaml", "attendance/persistent-absence.yaml", "social-care/open-cases.yaml"}
	all, err := fs.Glob(library.Files, "*/*.yaml")
	if err != nil {
		panic(err)
	}
	for _, i := range r.Perm(len(all)) {
		if len(names) < 15 && !strings.HasSuffix(all[i], ".examples.yaml") {
			names = append(names, all[i])
		}
	}
	return few(names...)
}

// Named are these definitions of the library.
func Named(names ...string) fs.FS { return few(names...) }

func few(names ...string) fs.FS {
	files := fstest.MapFS{}
	for _, name := range names {
		text, err := library.Files.ReadFile(name)
		if err != nil {
			panic(err) // a definition on which tests stand has gone
		}
		files[path.Clean(name)] = &fstest.MapFile{Data: text}
	}
	return files
}
