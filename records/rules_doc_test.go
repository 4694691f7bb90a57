package records_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"onevision/records"
)

// docs/rules.md lists the rules as they are. After a change, run this test with
// UPDATE_DOCS=1 and look at what changed.
func TestTheDocumentListsTheRules(t *testing.T) {
	t.Parallel()
	const name = "../docs/rules.md"
	var b strings.Builder
	b.WriteString("# Rules\n\nWhat the law, a return or a register forbids a record to say: each refuses with its message. `TestEachRuleRefuses` in `records` breaks every one. " +
		"Beside these, no record may hold codes that were not in use on its day, days before birth or after death, or days on which another of its kind holds that excludes it.\n\nMade by `UPDATE_DOCS=1 go test ./records -run TheDocumentLists`.\n")
	last := ""
	for _, r := range records.Rules() {
		if r.Kind != last {
			fmt.Fprintf(&b, "\n## %s\n\n| field | message | code | source |\n|---|---|---|---|\n", kind(r.Kind).Title)
			last = r.Kind
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Field, r.Says, r.Code, r.Source)
	}
	text, err := os.ReadFile(name)
	if err == nil && string(text) == b.String() {
		return
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not list the rules as they are: run UPDATE_DOCS=1 go test ./records -run TheDocumentLists (%v)", name, err)
}
