// Finding the keys of the rows that differ between the warehouse and the record store.

package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Difference is one key that stands differently on the two sides.
type Difference struct {
	Key     string   // id = 17, date = '2025-09-01'
	What    string   // Missing, Extra or Changed
	Columns []string // of Changed: those that differ
}

// What a Difference is.
const (
	Missing = "missing from the warehouse"
	Extra   = "not in the record store"
	Changed = "different"
)

// mostDifferences bounds the keys that are named of one table. Whoever finds so
// many wants to know why, not which next.
const mostDifferences = 100

// Rows fall into buckets by their key, so that two sides of many millions of
// rows are compared by so many sums, and rows are fetched only of buckets that
// differ: some at a time, until enough keys are named.
const (
	bucketDigits  = 3 // hexadecimal: 4,096 buckets
	bucketsAtOnce = 16
)

// comparison compares one table under the two snapshots of a verification.
type comparison struct {
	t      *Table
	source *pgconn.PgConn
	facts  *sql.Conn
}

// differences names the keys that differ, by key; more says that there are
// others.
func (c comparison) differences(ctx context.Context) (found []Difference, more bool, err error) {
	buckets, err := c.buckets(ctx)
	if err != nil {
		return nil, false, err
	}
	for len(buckets) > 0 && len(found) < mostDifferences {
		n := min(len(buckets), bucketsAtOnce)
		some, err := c.within(ctx, buckets[:n])
		if err != nil {
			return nil, false, err
		}
		found, buckets = append(found, some...), buckets[n:]
	}
	if len(found) > mostDifferences {
		return found[:mostDifferences], true, nil
	}
	return found, len(buckets) > 0, nil
}

// buckets are those of which the sums differ, sorted.
func (c comparison) buckets(ctx context.Context) ([]string, error) {
	rows, err := query(ctx, c.source, "/* comparison.buckets */ SELECT "+c.t.bucket(sourceText)+" AS bucket, count(*) || ' ' || "+c.t.sourceSum()+
		" FROM public."+quote(c.t.Name)+" GROUP BY bucket")
	if err != nil {
		return nil, fmt.Errorf("compare %s in the record store: %w", c.t.Name, err)
	}
	sums := map[string]string{}
	for _, r := range rows {
		sums[r[0]] = r[1]
	}
	var differ []string
	err = c.each(ctx, "/* comparison.buckets */ SELECT "+c.t.bucket(factText)+" AS bucket, count(*) || ' ' || "+c.t.factSum()+
		" FROM facts."+quote(c.t.Name)+" GROUP BY bucket", func(bucket, sum string) {
		if sums[bucket] != sum {
			differ = append(differ, bucket)
		}
		delete(sums, bucket)
	})
	differ = slices.AppendSeq(differ, maps.Keys(sums)) // those that the warehouse has no row of
	slices.Sort(differ)
	return differ, err
}

// within are the differences of some buckets, by key.
func (c comparison) within(ctx context.Context, buckets []string) ([]Difference, error) {
	parts := make([]string, len(buckets))
	for i, b := range buckets {
		parts[i] = literal(b)
	}
	in := " IN (" + strings.Join(parts, ", ") + ")"
	rows, err := query(ctx, c.source, "/* comparison.within */ SELECT "+c.t.keyText(sourceText)+", "+c.t.text(sourceText)+
		" FROM public."+quote(c.t.Name)+" WHERE "+c.t.bucket(sourceText)+in)
	if err != nil {
		return nil, fmt.Errorf("read %s in the record store: %w", c.t.Name, err)
	}
	texts := map[string]string{}
	for _, r := range rows {
		texts[r[0]] = r[1]
	}
	var found []Difference
	seen := map[string]bool{}
	err = c.each(ctx, "/* comparison.within */ SELECT "+c.t.keyText(factText)+", "+c.t.text(factText)+
		" FROM facts."+quote(c.t.Name)+" WHERE "+c.t.bucket(factText)+in, func(key, text string) {
		should, is := texts[key]
		switch {
		case !is || seen[key]: // or there twice, which is once too often
			found = append(found, Difference{Key: key, What: Extra})
		case should != text:
			found = append(found, Difference{Key: key, What: Changed, Columns: c.t.differing(should, text)})
		}
		seen[key] = true
	})
	for key := range texts {
		if !seen[key] {
			found = append(found, Difference{Key: key, What: Missing})
		}
	}
	slices.SortFunc(found, func(a, b Difference) int {
		return strings.Compare(a.Key+"\x00"+a.What, b.Key+"\x00"+b.What)
	})
	return found, err
}

// each calls fn with every row of two texts that the warehouse answers.
func (c comparison) each(ctx context.Context, question string, fn func(a, b string)) error {
	rows, err := c.facts.QueryContext(ctx, question)
	if err != nil {
		return fmt.Errorf("compare %s in the warehouse: %w", c.t.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		fn(a, b)
	}
	return rows.Err()
}

// differing are the columns in which two texts of one row differ.
func (t *Table) differing(a, b string) (names []string) {
	as, bs := strings.Split(a, fieldEnd), strings.Split(b, fieldEnd)
	if len(as) != len(t.Columns) || len(bs) != len(t.Columns) {
		return nil // a value holds the character that parts them
	}
	for i, c := range t.Columns {
		if as[i] != bs[i] {
			names = append(names, c.Name)
		}
	}
	return names
}

// bucket is an expression for the bucket of a row's key.
func (t *Table) bucket(column func(*Column) string) string {
	return fmt.Sprintf("substr(md5(%s), 1, %d)", t.keyText(column), bucketDigits)
}

// keyText is an expression for a row's key in words: id = 17, date = '2025-09-01'.
func (t *Table) keyText(column func(*Column) string) string {
	parts := make([]string, len(t.Key))
	for i, name := range t.Key {
		c := &t.Columns[t.column(name)]
		before, after := name+" = ", ""
		if c.quoted() {
			before, after = before+"'", "'"
		}
		if i > 0 {
			before = ", " + before
		}
		parts[i] = literal(before) + " || " + column(c) + " || " + literal(after)
	}
	return "(" + strings.Join(parts, " || ") + ")"
}

// quoted says whether the column's values stand in quotes in SQL.
func (c *Column) quoted() bool {
	switch c.Type {
	case Int16, Int32, Int64, Bool, Decimal:
		return false
	}
	return true
}
