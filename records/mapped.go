package records

// Rows of any file of which each is one record of a kind: the columns were chosen by
// somebody, not by a layout that the program knows.

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// MappedRow is a row that is one record.
type MappedRow struct {
	Line   int64
	Clues  Clues             // of the child, for a kind about one
	Number string            // by which the file's system knows the record; "": it is known by its natural key
	Record Record            // without its child, and without what Refs names
	States []string          // the fields that the row states
	Refs   map[string]string // by field: a school's LAESTAB or URN, a team's name, a worker's email, registration or name
}

// Mappable reports whether records of the kind can come by a file that somebody has
// mapped, and if not, why.
func (k *Kind) Mappable() (ok bool, why string) {
	switch {
	case k.PublicID:
		return false, "children come with their school's pupils, with births or with the social-care system, which know how to find one"
	case len(k.natural) == 0:
		return false, "nothing says which record of the kind a row is"
	}
	return true, ""
}

// PutMapped stores rows as Merge does, in one transaction: all that can be or none. A
// row whose child, school, team or worker is not on record, or not certain, is
// Unmatched. A row with a Number is the record that it was last time, whatever has been
// corrected in it; name is the file's, and numbers of different names have nothing to do
// with one another. A record that belongs to another of the child's, such as a visit to
// a case, belongs to that which holds on its day. The problems' fields are those of the
// kind, or Clue names.
func (s *Store) PutMapped(ctx context.Context, v access.Viewer, b Batch, name string, k *Kind, rows []MappedRow) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.putMapped(ctx, b, name, k, rows)
		return err
	})
	return outcomes, err
}

func (t *Tx) putMapped(ctx context.Context, b Batch, name string, k *Kind, rows []MappedRow) ([]RowOutcome, error) {
	may := t.matches
	if !k.About() {
		may = t.writes // there is no child to find
	}
	if err := may(k); err != nil {
		return nil, err
	}
	if ok, why := k.Mappable(); !ok {
		return nil, fmt.Errorf("%s cannot be imported by a mapping: %s", k.Plural, why)
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	list := make([]*extractRow, len(rows))
	seekers := make([]*clued, len(rows))
	for i := range rows {
		r := &rows[i]
		outcomes[i].Line = r.Line
		list[i] = &extractRow{ExtractRow: &ExtractRow{Line: r.Line, Table: name, Number: r.Number, Record: r.Record, States: r.States, Columns: k.sameNames()}, kind: k, out: &outcomes[i]}
		seekers[i] = &clued{Clues: &r.Clues, out: &outcomes[i]}
	}
	if k.About() {
		if err := t.findClued(ctx, k, seekers); err != nil {
			return nil, err
		}
		var ids []int64
		for i, c := range seekers {
			list[i].child = c.child
			if c.child.id != 0 {
				ids = append(ids, c.child.id)
			}
		}
		if err := lockChildren(ctx, t.tx, ids); err != nil {
			return nil, err
		}
	}
	if err := t.findNamed(ctx, k, rows, outcomes); err != nil {
		return nil, err
	}
	e := &extracting{Tx: t, x: &Extract{}, withdrawn: withdrawal{wrote: map[string]*Wrote{}}}
	numbered := false
	for _, r := range list {
		if r.out.Result == 0 {
			r.Refs = k.belonging(r)
			e.rows, numbered = append(e.rows, r), numbered || r.Number != ""
		}
	}
	if err := e.recall(ctx); err != nil {
		return nil, err
	}
	put := e.rounds
	if !numbered {
		put = e.byNaturalKey
	}
	if err := put(ctx); err != nil {
		return nil, err
	}
	return outcomes, t.noteOwn(ctx, k, seekers)
}

// sameNames calls each field by its own name.
func (k *Kind) sameNames() map[string]string {
	names := map[string]string{}
	for i := range k.Fields {
		names[k.Fields[i].Name] = k.Fields[i].Name
	}
	return names
}

// belonging says of a row's fields that name other records of the child that they are
// those that hold on the row's day.
func (k *Kind) belonging(r *extractRow) map[string]ExtractRef {
	refs := map[string]ExtractRef{}
	day, _ := k.days(r.Record)
	for i := range k.Fields {
		f := &k.Fields[i]
		if whole, ok := KindOf(f.Ref); ok && f.Ref != "child" && whole.About() {
			for _, name := range []string{f.On, "date", "due_date", "meeting_date"} {
				if day.IsZero() && name != "" {
					day = k.date(r.Record, name)
				}
			}
			refs[f.Name] = ExtractRef{Day: day}
		}
	}
	return refs
}

// byNaturalKey merges rows that have no number of their own.
func (e *extracting) byNaturalKey(ctx context.Context) error {
	if len(e.rows) == 0 {
		return nil
	}
	k := e.rows[0].kind
	for _, r := range e.rows {
		h := r.Record.Head()
		*h = Meta{Source: oneLine(e.batch.Source), child: r.child.id}
		if f, ok := k.Field("child"); ok {
			(&mergeRow{MergeRow: MergeRow{Record: r.Record}}).value(f).SetString(r.child.public)
		}
	}
	if err := e.refer(ctx, k, e.rows); err != nil {
		return err
	}
	var ready []*extractRow
	var list []MergeRow
	for _, r := range e.rows {
		if r.wait != nil {
			r.out.Result, r.out.Problem = Rejected, r.wait
			continue
		}
		ready, list = append(ready, r), append(list, MergeRow{Record: r.Record, States: r.States})
	}
	merged, err := e.mergeWith(ctx, k, nil, list, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		ready[i].out.tell(m, "")
	}
	return nil
}

// noteOwn keeps by which numbers a system knows the children who were found by others.
func (t *Tx) noteOwn(ctx context.Context, k *Kind, rows []*clued) error {
	var numbers []string
	var ids []int64
	for _, c := range rows {
		if c.child.id != 0 && c.Own != "" && c.how[ClueOwn] == nil {
			numbers, ids = append(numbers, c.Own), append(ids, c.child.id)
		}
	}
	_, err := t.tx.Exec(ctx, `/* records.Tx.noteOwn */
		INSERT INTO extract_number (source, tbl, number, kind, record_id, category, child_id)
		SELECT DISTINCT ON (r.number) $1, $2, r.number, 'child', r.id, $3, r.id FROM unnest($4::text[], $5::bigint[]) r (number, id) ORDER BY r.number, r.id
		ON CONFLICT (source, tbl, number) DO NOTHING`, t.batch.Source, ownNumbers(k), string(k.Category), numbers, ids)
	if err != nil {
		return fmt.Errorf("keep the numbers by which a system knows %d children: %w", len(numbers), err)
	}
	return nil
}

// findNamed fills in the schools, teams and workers that rows name.
func (t *Tx) findNamed(ctx context.Context, k *Kind, rows []MappedRow, outcomes []RowOutcome) error {
	for i := range k.Fields {
		f := &k.Fields[i]
		query, ok := namedBy[f.Ref]
		if !ok {
			continue
		}
		var names []string
		for n := range rows {
			names = append(names, strings.TrimSpace(rows[n].Refs[f.Name]))
		}
		found, _ := t.tx.Query(ctx, `/* records.Tx.findNamed */ `+query, names)
		ids := map[string][]int64{}
		var name string
		var id int64
		if _, err := pgx.ForEachRow(found, []any{&name, &id}, func() error { ids[name] = append(ids[name], id); return nil }); err != nil {
			return fmt.Errorf("look for the %s that %d rows name: %w", f.Ref, len(rows), err)
		}
		for n := range rows {
			name := names[n]
			if name == "" || outcomes[n].Result != 0 {
				continue
			}
			switch list := ids[name]; len(list) {
			case 1:
				reflect.ValueOf(rows[n].Record).Elem().Field(f.index).SetString(strconv.FormatInt(list[0], 10))
			case 0:
				outcomes[n].Result, outcomes[n].Problem = Unmatched, &Problem{f.Name, NoSuchRecord, "no " + f.Ref + " on record is called so: check it, or record the " + f.Ref + " first"}
			default:
				outcomes[n].Result, outcomes[n].Problem = Unmatched, &Problem{f.Name, Contradicts, "several on record are called so: give a number that one " + f.Ref + " has"}
			}
		}
	}
	return nil
}

// namedBy finds the records of a kind that are no child's by what a file calls them.
var namedBy = map[string]string{
	"school": `SELECT n, s.id FROM (SELECT DISTINCT unnest($1::text[]) AS n) u JOIN school s ON s.laestab = translate(n, '/- ', '') OR s.urn = n`,
	"team":   `SELECT n, t.id FROM (SELECT DISTINCT unnest($1::text[]) AS n) u JOIN team t ON lower(t.name) = lower(n)`,
	"worker": `SELECT n, w.id FROM (SELECT DISTINCT unnest($1::text[]) AS n) u JOIN worker w ON lower(w.email) = lower(n) OR w.registration = n OR lower(w.name) = lower(n)`,
}
