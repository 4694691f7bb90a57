package ssd

import (
	"os"
	"strings"
	"testing"
)

// TestTheDocumentListsEveryTable: docs/ssd.md names each table and column that is
// read, and says of the others that no record holds them.
func TestTheDocumentListsEveryTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/ssd.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if _, after, ok := strings.Cut(line, "| `ssd_"); ok {
			name, _, _ := strings.Cut(after, "`")
			rows["ssd_"+name] = line
		}
	}
	for _, table := range tables {
		if table.rows == nil {
			if !strings.Contains(string(text), "`"+table.Name+"`") {
				t.Errorf("docs/ssd.md does not name %s", table.Name)
			}
			continue
		}
		for _, column := range table.Columns {
			if !strings.Contains(rows[table.Name], "`"+column+"`") {
				t.Errorf("docs/ssd.md does not name %s in the row of %s", column, table.Name)
			}
		}
	}
}

func TestValuesAsSystemsWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`["1A", "4B"]`: "1A 4B", `{"1A":"Yes","2B":"No","21":"Y"}`: "1A 21", "": "", "4B;1A": "1A 4B", `{"1A":"1A"}`: "1A"} {
		if codes, ok := factorsOf(text); !ok || strings.Join(codes, " ") != want {
			t.Errorf("factors of %s: %q, %v", text, codes, ok)
		}
	}
	if _, ok := factorsOf(`["alcohol"]`); ok {
		t.Error("a word is taken for a factor")
	}
	for text, want := range map[string]string{"a) Relevant child": "relevant child", " IRO ": "iro"} {
		if lower(text) != want {
			t.Errorf("%q becomes %q", text, lower(text))
		}
	}
	for text, want := range map[string]string{"Allocated Social Worker": "social-worker", "Independent Reviewing Officer": "iro", "Personal Adviser": "personal-adviser", "Foster carer": "", "": ""} {
		if role(text) != want {
			t.Errorf("the role %q is %q", text, role(text))
		}
	}
	if lines, uprn := addressLines(`{"FLAT":"2","HOUSE":"1","STREET":"Nowhere Lane","TOWN":"Madeup","UPRN":"100"}`); lines != "2\n1 Nowhere Lane\nMadeup" || uprn != "100" {
		t.Errorf("an address is %q, %q", lines, uprn)
	}
	e := &entry{v: map[string]string{"a": "2026-11-02 14:30:00", "b": "02/11/2026 00:00", "c": "soon"}}
	a, _ := e.day("a")
	b, _ := e.day("b")
	if _, ok := e.day("c"); ok || a != b || a.String() != "2026-11-02" {
		t.Errorf("days are %s and %s", a, b)
	}
}
