package warehouse

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// tamper runs statements on the file of a build that nobody has open.
func (c *county) tamper(o Options, statements ...string) {
	c.Helper()
	d, err := connectDuck(filepath.Join(o.Dir, "warehouse-1.duckdb"), settings("1GB", 0))
	if err != nil {
		c.Fatal(err)
	}
	defer d.close()
	for _, s := range statements {
		if err := d.exec(s); err != nil {
			c.Fatalf("%s: %v", s, err)
		}
	}
}

// addMarks adds marks of days that have none, until stop is called.
func (c *county) addMarks() (stop func()) {
	c.Helper()
	ctx, cancel := context.WithCancel(c.Context())
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		c.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for day := 0; err == nil && ctx.Err() == nil; day++ {
			_, err = conn.Exec(context.WithoutCancel(ctx), marks, time.Date(2026, 9, 1+day, 0, 0, 0, 0, time.UTC), "I")
		}
		done <- errors.Join(err, conn.Close(context.Background()))
	}()
	return func() {
		c.Helper()
		cancel()
		if err := <-done; err != nil {
			c.Errorf("adding marks: %v", err)
		}
	}
}

// Verify says which keys differ and how, while writing goes on, and names no
// value of theirs.
func TestVerifyNamesTheKeysThatDiffer(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	if r := f.equal(); slices.ContainsFunc(r.Tables, func(t TableReport) bool { return t.Differences != nil || t.More }) {
		t.Errorf("equal, and yet: %+v", r)
	}
	f.stop()
	c.tamper(o,
		"DELETE FROM facts.attendance WHERE id = 17",
		"UPDATE facts.attendance SET am = 'I', pm_minutes = 3 WHERE id = 18",
		"INSERT INTO facts.attendance SELECT * REPLACE (999999 AS id) FROM facts.attendance WHERE id = 19",
		"INSERT INTO facts.attendance SELECT * FROM facts.attendance WHERE id = 20",
		"UPDATE facts.school SET name = NULL WHERE id = 3",
		"DELETE FROM facts.attendance_code WHERE code = 'I'",
		"UPDATE facts.ks4_result SET attainment8 = attainment8 + 0.25")
	defer c.addMarks()()
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := w.Verify(ctx)
	if err != nil || r.Equal {
		t.Fatalf("%+v, %v", r, err)
	}
	var words []string
	for _, table := range r.Tables {
		if table.Equal != (table.Differences == nil) {
			t.Errorf("%+v", table)
		}
		if table.Name == "ks4_result" {
			if len(table.Differences) != 67 || table.More { // a third has no score
				t.Errorf("%d keys of results are named, more %v", len(table.Differences), table.More)
			}
			continue
		}
		for _, d := range table.Differences {
			words = append(words, table.Name+": "+d.Key+": "+d.What+" "+strings.Join(d.Columns, " "))
		}
	}
	slices.Sort(words)
	want := []string{
		"attendance: id = 17, date = '2025-09-17': missing from the warehouse ",
		"attendance: id = 18, date = '2025-09-18': different am pm_minutes",
		"attendance: id = 20, date = '2025-09-20': not in the record store ",
		"attendance: id = 999999, date = '2025-09-19': not in the record store ",
		"attendance_code: code = 'I': missing from the warehouse ",
		"school: id = 3: different name",
	}
	if !slices.Equal(words, want) {
		t.Errorf("named are\n%s\nnot\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
	}
}

// Of a table that differs as a whole some keys are named, and that there are
// more.
func TestVerifyNamesOnlySomeOfMany(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	c.tamper(o, "DELETE FROM facts.attendance")
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := w.Verify(ctx)
	if err != nil || r.Equal {
		t.Fatal(err)
	}
	for _, table := range r.Tables {
		if table.Name == "attendance" && (len(table.Differences) != mostDifferences || !table.More) {
			t.Errorf("%d keys are named, more %v", len(table.Differences), table.More)
		}
	}
}
