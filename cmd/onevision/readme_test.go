package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThePathsOfTheREADME: every path that the README and the documents name
// exists.
func TestThePathsOfTheREADME(t *testing.T) {
	const root = "../.."
	documents, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([a-z.][A-Za-z0-9_./-]*/[A-Za-z0-9_./-]*)`")
	linked := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	tops := []string{"cmd/", "access/", "records/", "warehouse/", "indicators/", "dashboards/", "alerts/", "api/", "static/", "docs/", ".ci/"}
	for _, name := range append(documents, root+"/README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check := func(path, base string) {
			if _, err := os.Stat(filepath.Join(base, path)); err != nil {
				t.Errorf("%s names %s, which is not there", filepath.Base(name), path)
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			for _, top := range tops {
				if strings.HasPrefix(m[1], top) {
					check(m[1], root)
				}
			}
		}
		for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
			check(m[1], filepath.Dir(name))
		}
	}
}
