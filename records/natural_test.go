package records_test

import (
	"slices"
	"testing"

	"onevision/records"
)

// TestHistoryIsFoundByTheNaturalKey: an import asks of each row that it would
// make whether somebody has deleted that record.
func TestHistoryIsFoundByTheNaturalKey(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, k := range records.Kinds() {
		var columns []string
		for _, name := range k.Natural() {
			f, ok := k.Field(name)
			if !ok {
				t.Errorf("%s: its natural key names %q, which is no field", k.Name, name)
				continue
			}
			columns = append(columns, f.Column)
		}
		if len(columns) == 0 {
			t.Errorf("%s has no natural key: say by which fields a file knows a record of the kind", k.Name)
			continue
		}
		indexes := value[[]string](h, `SELECT array_agg((SELECT string_agg(a.attname, ',' ORDER BY x.n) FROM unnest(i.indkey) WITH ORDINALITY x (attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = x.attnum))
			FROM pg_index i WHERE i.indrelid = ($1::text || '_history')::regclass`, k.Table)
		want := ""
		for i, c := range columns {
			if i > 0 {
				want += ","
			}
			want += c
		}
		if !slices.Contains(indexes, want) {
			t.Errorf("%s_history has indexes on %q and none on %s: name it in make_kind", k.Table, indexes, want)
		}
	}
}
