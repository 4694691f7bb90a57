package intake

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"onevision/records"
)

// Numbers of files as they are read: a comma stands between thousands and nowhere else,
// and no text is so short and large that it fills the memory.
func TestNumbersOfAMappedFile(t *testing.T) {
	t.Parallel()
	k, _ := records.KindOf("employment")
	f, _ := k.Field("full_time_equivalent")
	m := newMapped(&Mapping{}, k, nil)
	for text, want := range map[string]string{"0.8": "0.8", "1": "1", "1,200.5": "1200.5", "8E-1": "0.8", "1,5": "", "0,8": "", "1e999999999": "", "1e-999999999": "", "x": ""} {
		got, advice := m.read(f, text)
		switch n, ok := got.(interface{ String() string }); {
		case ok && n.String() != want, !ok && (want != "" || advice == ""):
			t.Errorf("%q is read as %v (%s), want %q", text, got, advice, want)
		}
	}
	if n := ungrouped("1,5"); n != "1,5" {
		t.Errorf("1,5 is %s", n)
	}
}

// A row that the mapping does not want contradicts none that it does.
func TestAnUnwantedRowContradictsNothing(t *testing.T) {
	t.Parallel()
	m, err := ParseMapping([]byte("name: activities\nkind: activity-spell\nsource: post-16\nwhere: {Status: Live}\nchild: {upn: UPN}\nfields: {activity: Activity, from_date: Start, verified_date: Start}\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := formats{m.Format()}
	for _, x := range []struct {
		status string
		want   bool
	}{{"Draft", false}, {"Live", true}} {
		file := "UPN,Activity,Start,Status\nA,220,2026-09-01,Live\nA,230,2026-09-01," + x.status + "\n"
		s, err := all.scan(t.Context(), strings.NewReader(file), m.Name, func(Progress) {})
		if err != nil {
			t.Fatal(err)
		}
		if s.repeats.any() != x.want {
			t.Errorf("%s: a second reading is wanted: %t", x.status, !x.want)
		}
	}
}

// A value has one code, whatever its capital letters.
func TestAValueOfAMappingHasOneCode(t *testing.T) {
	t.Parallel()
	f := MappedField{Column: "c", Values: map[string]string{"neet": "1"}}
	if f = f.With("NEET", "2"); len(f.Values) != 1 || f.Values["NEET"] != "2" {
		t.Errorf("given another code: %v", f.Values)
	}
	if f = f.With("Neet", ""); len(f.Values) != 0 {
		t.Errorf("given none: %v", f.Values)
	}
	_, err := ParseMapping([]byte("name: activities\nkind: activity-spell\nsource: post-16\nchild: {upn: UPN}\nfields: {activity: {column: A, values: {neet: \"1\", NEET: \"2\"}}, from_date: Start, verified_date: Start}\n"))
	if err == nil || !strings.Contains(err.Error(), "are the same value") {
		t.Errorf("two codes of one value: %v", err)
	}
}

// A sheet of more columns than any extract has is refused before it fills the disk; a row
// far below costs its line break; of two columns of one name the first is read.
func TestColumnsOfALargeSheet(t *testing.T) {
	t.Parallel()
	file := func(width int) *bytes.Reader {
		book := excelize.NewFile()
		head := make([]any, width)
		for i := range head {
			head[i] = "UPN"
		}
		head[1] = "Start"
		if err := book.SetSheetRow("Sheet1", "A1", &head); err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellStr("Sheet1", "A5000", "X"); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := book.Write(&b); err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(b.Bytes())
	}
	if _, _, err := Columns(file(mostColumns + 1)); err == nil || !strings.Contains(err.Error(), "columns") {
		t.Errorf("too wide: %v", err)
	}
	columns, _, err := Columns(file(4))
	if err != nil || len(columns) != 4 || columns[0].Name != "UPN" || columns[2].Name != "" {
		t.Fatalf("columns: %v, %v", columns, err)
	}
	m := Mapping{Name: "starts", Kind: "activity-spell", Child: map[string]string{"upn": "UPN"}, Fields: map[string]MappedField{"from_date": {Column: "Start"}}}
	sheets, err := formats{m.Format()}.sheets(file(4), m.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer sheets[0].Close()
	if info, err := sheets[0].Stat(); err != nil || info.Size() > 6000 {
		t.Errorf("the sheet is %d bytes, %v", info.Size(), err)
	}
	if _, err := (formats{m.Format()}).sheets(file(mostColumns+1), m.Name); err == nil {
		t.Error("a sheet that is too wide is unpacked")
	}
}
