package indicators_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"onevision/indicators"
	"onevision/indicators/library"
)

// The library as it is shipped has no problem, its examples included.
func TestTheLibraryIsRight(t *testing.T) {
	for _, p := range indicators.Check(t.Context(), library.Files, memory{}) {
		t.Error(p)
	}
	// What was not looked at is not called right.
	for _, p := range [][]indicators.Problem{
		indicators.Check(t.Context(), library.Files, memory{}, "attendance/unauthorised-absence.yaml", "attendance/no-such.yaml"),
		indicators.Check(t.Context(), fstest.MapFS{"misplaced.yaml": {Data: []byte("id: misplaced")}}, memory{}),
	} {
		if len(p) != 1 || !strings.Contains(p[0].Error(), "there is no") {
			t.Errorf("%v", p)
		}
	}
	l, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Definitions()) < 4 {
		t.Errorf("%d definitions", len(l.Definitions()))
	}
}
