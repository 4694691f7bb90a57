package indicators_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"onevision/indicators"
)

// The definition of one's own that the document writes is right, and its example
// comes out as it says.
func TestTheDocumentsOwnDefinitionIsRight(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/indicators.md")
	if err != nil {
		t.Fatal(err)
	}
	_, own, _ := strings.Cut(string(text), "## Your own directory")
	blocks := regexp.MustCompile("(?s)   ```yaml\n(.*?)   ```").FindAllStringSubmatch(own, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d files in the document", len(blocks))
	}
	plain := func(block string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(regexp.MustCompile(`(?m)^   `).ReplaceAllString(block, ""))}
	}
	for _, p := range indicators.Check(t.Context(), fstest.MapFS{
		"social-care/cases-without-plan.yaml": plain(blocks[0][1]), "social-care/cases-without-plan.examples.yaml": plain(blocks[1][1]),
	}, memory{}) {
		t.Error(p)
	}
}
