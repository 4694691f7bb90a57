package schema

import (
	"io/fs"
	"regexp"
	"slices"
	"testing"
)

// doctor asks a server for the extensions of this list: it is what the migrations
// make, and nothing else.
func TestExtensionsAreThoseThatMigrationsMake(t *testing.T) {
	made := map[string]bool{}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := fs.ReadFile(migrations, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?i)CREATE EXTENSION (?:IF NOT EXISTS )?(\w+)`).FindAllSubmatch(text, -1) {
			made[string(m[1])] = true
		}
	}
	for name := range made {
		if !slices.Contains(Extensions, name) {
			t.Errorf("the migrations make %s, and nobody asks the server for it first", name)
		}
	}
	if len(made) != len(Extensions) {
		t.Errorf("the migrations make %v, the list is %v", made, Extensions)
	}
}
