package records_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"onevision/records"
)

// families loads so many children, each with an enrolment at one school, by
// the bulk path.
func (h *fixture) families(b *records.Bulk, n int64) {
	h.t.Helper()
	ctx := h.t.Context()
	load := func(k string, n int64, values func(i int64) []any) {
		h.t.Helper()
		i := int64(0)
		loaded, err := b.Load(ctx, kind(k), func() ([]any, bool, error) {
			i++
			if i > n {
				return nil, false, nil
			}
			return values(i), true, nil
		})
		if err != nil || loaded != n {
			h.t.Fatalf("loaded %d of %d %s: %v", loaded, n, k, err)
		}
	}
	load("child", n, func(i int64) []any {
		return []any{i, [16]byte{1, 2, 3, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}, day("2012-01-01").Add(int(i % 1000)), nil, records.Date{}, "F", "WBRI", upn(fmt.Sprintf("8734%08d", i)), nil}
	})
	load("school", 1, func(i int64) []any {
		return []any{i, "8734001", "123456", "School", "secondary", nil, day("1900-01-01"), nil}
	})
	load("enrolment", n, func(i int64) []any {
		return []any{i, i, int64(1), "C", day("2023-09-01"), nil}
	})
	load("ks4-result", 1, func(i int64) []any {
		return []any{i, i, int64(1), int16(2025), decimal.RequireFromString("45.75"), "4", nil}
	})
}

// register gives every child a day row on each of so many days from first.
func register(children int64, first records.Date, days int) iter.Seq2[records.AttendanceRow, error] {
	return func(yield func(records.AttendanceRow, error) bool) {
		for d := range days {
			for c := int64(1); c <= children; c++ {
				row := records.AttendanceRow{ID: int64(first.AcademicYear())*10_000_000 + int64(d)*children + c, Child: c, School: 1, Date: first.Add(d), AM: "/", PM: `\`}
				if c%20 == 0 {
					row.AM, row.AMMinutes, row.PM = "L", 9, ""
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (h *fixture) bulk() *records.Bulk {
	h.t.Helper()
	b, err := records.NewBulk(h.t.Context(), h.admin)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(b.Close)
	b.Source = "test"
	return b
}

func TestBulk(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.bulk()
	h.families(b, 50)
	before := map[string]string{}
	for _, p := range []string{"attendance_2023", "attendance_2024"} {
		before[p] = value[string](h, describe(p))
	}
	var wg sync.WaitGroup
	for _, year := range []int{2023, 2024} { // at the same time
		wg.Go(func() {
			n, err := b.LoadAttendance(t.Context(), year, register(50, records.NewDate(year, time.September, 1), 30))
			if err != nil || n != 1500 {
				t.Errorf("loaded %d rows of %d: %v", n, year, err)
			}
		})
	}
	wg.Wait()
	for p, was := range before {
		if is := value[string](h, describe(p)); is != was {
			t.Errorf("%s was\n%s and is\n%s", p, was, is)
		}
	}
	if n := value[int](h, `SELECT count(*) FROM attendance WHERE date >= '2024-09-01' AND am = 'L' AND am_minutes = 9 AND pm IS NULL AND source = 'test' AND recorded_by = 0 AND version = 1`); n != 60 {
		t.Errorf("%d rows are as they were given; want 60", n)
	}
	if n := value[int](h, `SELECT count(*) FROM pg_class WHERE relname LIKE '%load%' AND relnamespace = 'public'::regnamespace`); n != 0 {
		t.Errorf("%d relations are left of loading", n)
	}
	// The store goes on from what was loaded: keys, history, checks, row security.
	child, err := h.store.List(t.Context(), everything, kind("child"), records.ListQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	id := child.Records[0].Head().ID
	if result, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: id, School: "1", Date: day("2024-09-02"), Session: "AM", Code: "O"}); err != nil || result != records.Changed {
		t.Errorf("%v, %v", result, err)
	}
	if result, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: id, School: "1", Date: day("2024-11-01"), Session: "AM", Code: "O"}); err != nil || result != records.Added {
		t.Errorf("%v, %v", result, err)
	}
	wants(t, h.store.Put(t.Context(), welfare, &records.Attendance{Child: id, School: "1", Date: day("2024-11-01"), AM: "/"}, ""), "date in-use")
	h.child(upn("873400120001"))
	if n := value[int](h, `SELECT count(*) FROM attendance_history WHERE am = '/'`); n != 1 {
		t.Errorf("%d versions in history", n)
	}
	if score := value[decimal.Decimal](h, `SELECT attainment8 FROM ks4_result`); score.String() != "45.75" {
		t.Errorf("score %s", score)
	}
}

// describe is everything of a partition that its replacement must have too.
func describe(table string) string {
	return `SELECT string_agg(line, E'\n' ORDER BY line) || E'\n' FROM (
		SELECT conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated AS line FROM pg_constraint WHERE conrelid = '` + table + `'::regclass
		UNION ALL SELECT pg_get_indexdef(indexrelid) || indisvalid || indisprimary FROM pg_index WHERE indrelid = '` + table + `'::regclass
		UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE tgrelid = '` + table + `'::regclass AND NOT tgisinternal
		UNION ALL SELECT polname || ' ' || polroles::regrole[]::text || pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = '` + table + `'::regclass
		UNION ALL SELECT attname || ' ' || format_type(atttypid, atttypmod) || attnotnull || coalesce(attacl::text, '') FROM pg_attribute WHERE attrelid = '` + table + `'::regclass AND attnum > 0
		UNION ALL SELECT relowner::regrole || ' ' || relrowsecurity || coalesce(relacl::text, '') || pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '` + table + `'::regclass) t`
}

func TestBulkRefuses(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.bulk()
	h.families(b, 3)
	load := func(year int, rows iter.Seq2[records.AttendanceRow, error]) error {
		t.Helper()
		_, err := b.LoadAttendance(t.Context(), year, rows)
		if n := value[int](h, `SELECT count(*) FROM pg_class WHERE relname LIKE '%load%' AND relnamespace = 'public'::regnamespace`); n != 0 {
			t.Errorf("%d relations are left of loading", n)
		}
		return err
	}
	if err := load(2018, register(3, day("2018-09-01"), 1)); err == nil || !strings.Contains(err.Error(), "no partition attendance_2018") {
		t.Errorf("a year without a partition: %v", err)
	}
	for what, rows := range map[string]iter.Seq2[records.AttendanceRow, error]{
		"a child nobody knows": register(4, day("2024-09-01"), 1),
		"another year's days":  register(3, day("2023-09-01"), 1),
		"an unknown code": func(yield func(records.AttendanceRow, error) bool) {
			yield(records.AttendanceRow{ID: 1, Child: 1, School: 1, Date: day("2024-09-02"), AM: "??"}, nil)
		},
		"no mark": func(yield func(records.AttendanceRow, error) bool) {
			yield(records.AttendanceRow{ID: 1, Child: 1, School: 1, Date: day("2024-09-02")}, nil)
		},
		"a day twice": func(yield func(records.AttendanceRow, error) bool) {
			for i := range int64(2) {
				yield(records.AttendanceRow{ID: i + 1, Child: 1, School: 1, Date: day("2024-09-02"), AM: "/"}, nil)
			}
		},
	} {
		if err := load(2024, rows); err == nil {
			t.Errorf("%s is loaded", what)
		}
	}
	broken := errors.New("the generator broke")
	if err := load(2024, func(yield func(records.AttendanceRow, error) bool) {
		for row := range register(3, day("2024-09-01"), 1) {
			yield(row, nil)
		}
		yield(records.AttendanceRow{}, broken)
	}); err == nil || !strings.Contains(err.Error(), broken.Error()) {
		t.Errorf("an error of the rows: %v", err)
	}
	if n := value[int](h, `SELECT count(*) FROM attendance`); n != 0 {
		t.Errorf("%d rows of loads that failed", n)
	}
	if err := load(2024, register(3, day("2024-09-01"), 1)); err != nil {
		t.Fatal(err)
	}
	if err := load(2024, register(3, day("2024-10-01"), 1)); err == nil || !strings.Contains(err.Error(), "holds rows already") {
		t.Errorf("a partition that holds rows: %v", err)
	}
	h.exec(`SELECT pg_create_logical_replication_slot('bulk_refuses', 'pgoutput')`)
	if err := load(2025, register(3, day("2025-09-01"), 1)); !errors.Is(err, records.ErrFollowed) {
		t.Errorf("with a follower: %v", err)
	}
	// The guard on partitions holds for everybody else.
	_, err := h.pool.Exec(t.Context(), `DROP TABLE attendance_2024`)
	refused(t, "the program drops a partition", err)
	if err := b.Exec(t.Context(), `DROP TABLE attendance_2024`); err == nil {
		t.Error("the owner drops a partition that holds rows")
	}
}

// BenchmarkLoadAttendance says how many rows a second are loaded, keys and
// checks included. Not run by the tests.
func BenchmarkLoadAttendance(b *testing.B) {
	const children, days = 10_000, 200
	for range b.N {
		b.StopTimer()
		h := openFor(b)
		bulk, err := records.NewBulk(b.Context(), h.admin)
		if err != nil {
			b.Fatal(err)
		}
		h.families(bulk, children)
		b.StartTimer()
		if _, err := bulk.LoadAttendance(b.Context(), 2025, register(children, day("2025-09-01"), days)); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		bulk.Close()
	}
	b.ReportMetric(float64(children*days*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkPutMarks says how many marks a second a file's rows become, 5,000 a
// transaction, new ones. Not run by the tests.
func BenchmarkPutMarks(b *testing.B) {
	const children, batch = 2_500, 5_000
	h := openFor(b)
	bulk, err := records.NewBulk(b.Context(), h.admin)
	if err != nil {
		b.Fatal(err)
	}
	defer bulk.Close()
	h.families(bulk, children)
	b.ResetTimer()
	for n := range b.N {
		rows := make([]records.MarkRow, 0, batch)
		for c := 1; c <= children; c++ {
			for _, session := range []string{"AM", "PM"} {
				rows = append(rows, records.MarkRow{LAESTAB: "8734001", UPN: upn(fmt.Sprintf("8734%08d", c)), Date: day("2023-09-01").Add(n % 1000), Session: session, Code: present(session)})
			}
		}
		if _, err := h.store.PutMarks(b.Context(), importing, rows, records.Batch{Source: "benchmark"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "marks/s")
}
