package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRejectsThatAreThereStay: somebody may have corrected them and not yet
// imported them again.
func TestRejectsThatAreThereStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marks.csv.rejects.csv")
	for n, want := range []string{path, filepath.Join(filepath.Dir(path), "marks.csv.rejects-2.csv"), filepath.Join(filepath.Dir(path), "marks.csv.rejects-3.csv")} {
		f := &lazyFile{path: path}
		if _, err := f.Write([]byte{byte('a' + n)}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if f.path != want {
			t.Errorf("the rejects went to %s, not %s", f.path, want)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "a" {
		t.Errorf("the first file of rejects holds %q now (%v)", b, err)
	}
}
