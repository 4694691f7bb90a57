package indicators

import (
	"testing"

	"onevision/indicators/library"
)

// The library as it is shipped has no problem, its examples included.
func TestTheLibraryIsRight(t *testing.T) {
	for _, p := range Check(t.Context(), library.Files, memory{}) {
		t.Error(p)
	}
	l, err := LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Definitions()) < 4 {
		t.Errorf("%d definitions", len(l.Definitions()))
	}
}
