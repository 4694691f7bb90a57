package records_test

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"testing"
)

// codesOfReturns is which codes the returns took, and in which years: table,
// code, the first day and the day after the last, and the return that says so.
//
//go:embed testdata/codes.csv
var codesOfReturns string

// TestCodesAreThoseOfTheReturns: each code table that belongs to a return has its
// codes, no others, and each from and to the day that the return has it.
func TestCodesAreThoseOfTheReturns(t *testing.T) {
	t.Parallel()
	h := open(t)
	rows, err := csv.NewReader(strings.NewReader(codesOfReturns)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{}
	for _, r := range rows[1:] {
		if want[r[0]] == nil {
			want[r[0]] = map[string]string{}
		}
		want[r[0]][r[1]] = r[2] + "/" + r[3]
	}
	for table, codes := range want {
		got := value[map[string]string](h, `SELECT jsonb_object_agg(code, coalesce(nullif(valid_from, '1900-01-01')::text, '') || '/' || coalesce(valid_to::text, '')) FROM `+table)
		for code, dates := range codes {
			if have, ok := got[code]; !ok || have != dates {
				t.Errorf("%s %s is in use %q (there: %t); the return has it %q", table, code, have, ok, dates)
			}
			delete(got, code)
		}
		if len(got) > 0 {
			t.Errorf("%s has codes that the return does not know: %v", table, got)
		}
	}
}
