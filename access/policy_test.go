package access_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
)

var categories = access.Categories()

var permissions = []access.Permission{
	access.ViewDashboards, access.ExactFigures, access.OwnFigures, access.WatchAlerts, access.Publish, access.Export, access.ManageAccounts,
	access.OperateSystem, access.EvaluateAlerts, access.MaintainRecords, access.ImportFiles,
	access.RestrictRecords, access.BreakGlass, access.ReviewAccess,
}

// The whole policy stands in a file that a person can read, so that a change to
// it is looked at.
func TestPolicy(t *testing.T) {
	var b strings.Builder
	line := func(name string, v access.Viewer) {
		fmt.Fprintf(&b, "%s\n", name)
		var reads, writes, may []string
		for _, c := range categories {
			if v.Reads(c) {
				var of []string
				for _, r := range v.Relations(c) {
					of = append(of, string(r))
				}
				reads = append(reads, string(c)+" of "+strings.Join(of, ", "))
			}
			if v.Writes(c) {
				writes = append(writes, string(c))
				if !v.Reads(c) {
					t.Errorf("%s writes %s without reading it", name, c)
				}
			}
		}
		for _, p := range permissions {
			if v.May(p) {
				may = append(may, string(p))
			}
		}
		fmt.Fprintf(&b, "  reads  %s\n  writes %s\n  may    %s\n", strings.Join(reads, "\n         "), strings.Join(writes, " "), strings.Join(may, " "))
	}
	for _, r := range access.Roles() {
		line(string(r), accesstest.Viewer(r))
	}
	for _, p := range []access.Purpose{access.Importing, access.Computing, access.Alerting, access.Generating, access.Operating} {
		line("system:"+string(p), access.System(p))
	}
	const golden = "testdata/policy.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the policy is not what %s says; if it should be, run with UPDATE=1 and look at the difference:\n%s", golden, b.String())
	}
}

func TestNobodySeesNothing(t *testing.T) {
	for name, v := range map[string]access.Viewer{
		"the zero viewer":                {},
		"the zero viewer with a request": access.Viewer{}.WithRequest("r1"),
		"an unknown role":                accesstest.Viewer("chief"),
		"no role":                        accesstest.Viewer(""),
		"an unknown purpose":             access.System("anything"),
		"no purpose":                     access.System(""),
	} {
		for _, c := range append(categories, "", "anything") {
			if v.Reads(c) || v.Writes(c) {
				t.Errorf("%s reads or writes %q", name, c)
			}
		}
		for _, p := range append(permissions, "", "anything") {
			if v.May(p) {
				t.Errorf("%s may %q", name, p)
			}
		}
	}
}

// Viewers for tests stay in tests: the rest of the program has no way to make
// one but to sign somebody in.
func TestOnlyTestsMakeViewers(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"onevision/access/accesstest"` {
				t.Errorf("%s imports accesstest, which is for tests", path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("only %d files were looked at", files)
	}
}
