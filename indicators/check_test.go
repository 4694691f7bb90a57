package indicators_test

import (
	"testing"

	"onevision/indicators"
	"onevision/indicators/library"
)

// The library as it is shipped has no problem, its examples included.
func TestTheLibraryIsRight(t *testing.T) {
	for _, p := range indicators.Check(t.Context(), library.Files, memory{}) {
		t.Error(p)
	}
	l, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Definitions()) < 4 {
		t.Errorf("%d definitions", len(l.Definitions()))
	}
}
