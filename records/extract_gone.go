package records

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
)

// Extract is an extract under way: what its file holds, as a whole. Of a full one,
// what an earlier one made and this one no longer holds is withdrawn: deleted, with
// its history kept, as the batch's doing, so that undoing the batch puts it back. What
// a person or another source has said of a record stays, and is told; so does what
// lies before everything that is over in the file, since an extract leaves out what
// is long past; what is open or has no day, of children whom the file does not have;
// all of a table of which a row cannot be read; and all of a table of which more is
// gone than anybody deletes in a day, since the file is then not whole.
type Extract struct {
	Full   bool
	Much   bool                     // however much is gone is withdrawn
	Tables map[string]*ExtractTable // those that the file has, with rows or without
	// Persons are those of whom the file has a readable row that says who they are;
	// of others an extract may leave out what it has nothing of lately.
	Persons map[string]bool
	// Unread are persons of whom the file says who they are, and it cannot be read:
	// nothing of them is withdrawn.
	Unread map[string]bool
	Anyone bool // a row of them does not even say of whom: any that the file does not have
	// Latest are kinds of which an extract has only the latest record: those before
	// it are not gone.
	Latest []string

	begun bool
	gone  map[int64][]goneRow // by child
	kept  map[string][]string // what stays: numbers of rows, by the reason
	wrote map[string]*Wrote
	many  []string // tables of which too much is gone
}

// ExtractTable is what the file holds of a table.
type ExtractTable struct {
	Persons map[string]string // the number of the person, by that of the row
	Start   Date              // the earliest first and last days of what is over
	End     Date
	// Broken: a row of the table cannot be read, and may be any of those that seem to
	// be gone.
	Broken bool
}

// Hold notes a row of the file.
func (x *Extract) Hold(table, number, person string, rec Record) {
	t := x.table(table)
	if rec == nil {
		return
	}
	t.Persons[number] = person
	k, _ := KindFor(rec)
	start, end := k.days(rec)
	if end.IsZero() {
		return
	}
	if t.Start.IsZero() || start.Before(t.Start) {
		t.Start = start
	}
	if t.End.IsZero() || end.Before(t.End) {
		t.End = end
	}
}

// Break notes that a row of the table cannot be read, so that none of it is gone.
func (x *Extract) Break(table string) { x.table(table).Broken = true }

func (x *Extract) table(name string) *ExtractTable {
	if x.Tables == nil {
		x.Tables = map[string]*ExtractTable{}
	}
	if x.Tables[name] == nil {
		x.Tables[name] = &ExtractTable{Persons: map[string]string{}}
	}
	return x.Tables[name]
}

// days are the first and the last day of a record; the last is zero while it holds.
func (k *Kind) days(rec Record) (start, end Date) {
	if k.Ends() {
		return k.date(rec, "from_date"), k.date(rec, "to_date")
	}
	if _, ok := k.Field("date"); ok {
		day := k.date(rec, "date")
		return day, day
	}
	return Date{}, Date{}
}

// goneRow is a row that an earlier extract had.
type goneRow struct {
	extractName
	extractRecord
	person string // the person of whom the file has it now, "" none
	absent bool   // the file has no row of the person whom it was about
}

// withdrawal is what became of rows that are gone.
type withdrawal struct {
	done  []int64 // children
	wrote map[string]*Wrote
	kept  map[string][]string
}

// Few rows of a table may go in a day, or a tenth of it.
const (
	fewGone  = 20
	mostGone = 10 // per cent
)

// BeginExtract finds what the extract no longer holds; it does nothing the second
// time.
func (s *Store) BeginExtract(ctx context.Context, v access.Viewer, b Batch, x *Extract) error {
	if x.begun {
		return nil
	}
	x.gone, x.kept, x.wrote, x.many = map[int64][]goneRow{}, map[string][]string{}, map[string]*Wrote{}, nil
	if !x.Full {
		x.begun = true
		return nil
	}
	err := s.InTx(ctx, v, func(t *Tx) error {
		rows, _ := t.tx.Query(ctx, `/* records.Store.BeginExtract */
			SELECT n.tbl, n.number, n.kind, n.record_id, coalesce(n.child_id, 0), ARRAY(SELECT i.value FROM child_identifier i WHERE i.child_id = n.child_id AND i.scheme = $3 AND i.to_date IS NULL)
			FROM extract_number n WHERE n.source = $1 AND n.tbl = ANY ($2) AND n.kind <> ALL ($4::text[]) AND NOT EXISTS (SELECT FROM batch b WHERE b.id = n.withdrawn_by AND b.undone_at IS NULL)`, b.Source, slices.Collect(maps.Keys(x.Tables)), SystemNumber, append([]string{}, x.Latest...))
		gone, all := map[string][]goneRow{}, map[string]int{}
		var r goneRow
		var persons []string // the system's numbers of the child, several where children were merged
		unread := 0
		if _, err := pgx.ForEachRow(rows, []any{&r.table, &r.number, &r.kind, &r.id, &r.child, &persons}, func() error {
			all[r.table]++
			now, ok := x.Tables[r.table].Persons[r.number]
			r.person, r.absent = now, !slices.ContainsFunc(persons, func(p string) bool { return x.Persons[p] })
			switch is := !ok || now != "" && len(persons) > 0 && !slices.Contains(persons, now); {
			case r.child == 0, !is: // teams and workers stay: others name them
			case x.Anyone && r.absent, slices.ContainsFunc(persons, func(p string) bool { return x.Unread[p] }):
				unread++
			default:
				gone[r.table] = append(gone[r.table], r)
			}
			return nil
		}); err != nil {
			return fmt.Errorf("look for what the extract no longer holds: %w", err)
		}
		if unread > 0 {
			x.many = append(x.many, fmt.Sprintf("%d rows are no longer in the extract and their records stay, since the row of the person cannot be read: put it right", unread))
		}
		for _, table := range slices.Sorted(maps.Keys(gone)) {
			list := gone[table]
			if x.Tables[table].Broken {
				x.many = append(x.many, fmt.Sprintf("%d rows that earlier extracts had of %s are not among those that can be read, and their records stay, since one that cannot be read may be any of them: put those right that were handed back", len(list), table))
				continue
			}
			if many := func(n int) bool { return n > fewGone && n*100 > all[table]*mostGone }; !x.Much && many(len(list)) {
				going, err := (&extracting{Tx: t, x: x}).going(ctx, b.Source, list)
				if err != nil {
					return err
				}
				if many(going) {
					x.many = append(x.many, fmt.Sprintf("%d of the %d rows that earlier extracts had of %s are gone: that is more than a tenth, so all of their records stay; see that the extract is whole, and give --withdraw with it if it is", going, all[table], table))
					continue
				}
			}
			for _, r := range list {
				x.gone[r.child] = append(x.gone[r.child], r)
			}
		}
		return nil
	})
	x.begun = err == nil
	return err
}

// EndExtract withdraws what is gone of children of whom the file has nothing, and
// says what has become of all that is gone.
func (s *Store) EndExtract(ctx context.Context, v access.Viewer, b Batch, x *Extract) (notes []string, wrote []Wrote, err error) {
	absent := slices.Sorted(maps.Keys(x.gone))
	for some := range slices.Chunk(absent, 500) {
		var done *extracting
		err := s.inBatch(ctx, v, func(t *Tx) error {
			if err := t.As(ctx, b); err != nil {
				return err
			}
			if err := lockChildren(ctx, t.tx, some); err != nil {
				return err
			}
			done = &extracting{Tx: t, x: x, withdrawn: withdrawal{wrote: map[string]*Wrote{}}}
			return done.withdraw(ctx, some)
		})
		if err != nil {
			return nil, nil, err
		}
		x.settled(done)
	}
	if n := len(absent); n > 0 {
		notes = append(notes, fmt.Sprintf("%d children of earlier extracts are not in this one: they stay on record, and what only the extracts said of them is withdrawn", n))
	}
	for _, k := range kinds() {
		if w := x.wrote[k.Name]; w != nil && w.Deleted > 0 {
			wrote = append(wrote, *w)
			notes = append(notes, fmt.Sprintf("%d %s are no longer in the extract and were withdrawn", w.Deleted, strings.ReplaceAll(k.Plural, "-", " ")))
		}
	}
	for _, why := range slices.Sorted(maps.Keys(x.kept)) {
		list := x.kept[why]
		slices.Sort(list)
		some := list[:min(len(list), 10)]
		notes = append(notes, fmt.Sprintf("%d rows are no longer in the extract and their records stay, %s: %s", len(list), why, strings.Join(some, ", ")))
	}
	return append(notes, x.many...), wrote, nil
}

// settled takes over what a transaction did, once it is in.
func (x *Extract) settled(e *extracting) {
	for _, child := range e.withdrawn.done {
		delete(x.gone, child)
	}
	for kind, w := range e.withdrawn.wrote {
		if x.wrote[kind] == nil {
			x.wrote[kind] = &Wrote{Kind: kind}
		}
		x.wrote[kind].Deleted += w.Deleted
	}
	for why, list := range e.withdrawn.kept {
		x.kept[why] = append(x.kept[why], list...)
	}
}

// withdraw deletes what the extract no longer holds of the children, what belongs
// to others first.
func (e *extracting) withdraw(ctx context.Context, children []int64) error {
	gone := map[string][]goneRow{}
	for _, c := range children {
		if list := e.x.gone[c]; len(list) > 0 {
			e.withdrawn.done = append(e.withdrawn.done, c)
			for _, r := range list {
				gone[r.kind] = append(gone[r.kind], r)
			}
		}
	}
	e.withdrawn.kept = map[string][]string{}
	order := kinds()
	for i := len(order) - 1; i >= 0; i-- {
		if list := gone[order[i].Name]; len(list) > 0 {
			if err := e.withdrawKind(ctx, order[i], list); err != nil {
				return err
			}
		}
	}
	return nil
}

// Why the record of a row that is gone stays.
const (
	goneDecided  = "since a person or another source has spoken of them"
	gonePast     = "since they lie before all that is over in the extract, which may leave out what is long past"
	goneLeft     = "since they are open or have no day, and the extract does not have their children, of whom it may have nothing lately"
	goneReferred = "since other records belong to them"
)

// going counts the rows of a table that would be withdrawn, whatever belongs to them.
func (e *extracting) going(ctx context.Context, source string, gone []goneRow) (n int, err error) {
	of := map[string][]goneRow{}
	for _, g := range gone {
		of[g.kind] = append(of[g.kind], g)
	}
	for name, list := range of {
		k, ok := KindOf(name)
		if !ok {
			return 0, fmt.Errorf("a row of an extract is a %q, which is no kind of record", name)
		}
		for some := range slices.Chunk(list, 5000) {
			stand, stay, err := e.standing(ctx, k, source, some)
			if err != nil {
				return 0, err
			}
			n += len(stand) - len(stay)
		}
	}
	return n, nil
}

// standing reads the records of rows that are gone which are there still, by their
// keys, and why some of them stay whatever belongs to them.
func (e *extracting) standing(ctx context.Context, k *Kind, source string, gone []goneRow) (stand map[int64]Record, stay map[int64]string, err error) {
	m := &merging{Tx: e.Tx, kind: k}
	list := make([]*mergeRow, 0, len(gone))
	rows, err := e.tx.Query(ctx, `/* records.extracting.standing `+k.Name+` */ SELECT `+k.columns()+` FROM `+k.from(k.Table)+` WHERE t.id = ANY ($1)`, goneIDs(gone))
	if err != nil {
		return nil, nil, fmt.Errorf("read %d %s that are gone: %w", len(gone), k.Plural, err)
	}
	for rows.Next() {
		rec := k.New()
		if err := rows.Scan(k.targets(rec)...); err != nil {
			rows.Close()
			return nil, nil, fmt.Errorf("read %d %s that are gone: %w", len(gone), k.Plural, err)
		}
		list = append(list, &mergeRow{MergeRow: MergeRow{Record: rec}, old: rec})
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read %d %s that are gone: %w", len(gone), k.Plural, err)
	}
	versions, known, err := m.versions(ctx, list)
	if err != nil {
		return nil, nil, err
	}
	stand, stay = map[int64]Record{}, map[int64]string{}
	for _, r := range list {
		stand[r.old.Head().key] = r.old
	}
	for _, g := range gone {
		rec := stand[g.id]
		if rec == nil {
			continue
		}
		why := ""
		if t := e.x.Tables[g.table]; g.person == "" {
			if start, end := k.days(rec); !end.IsZero() && (t.End.IsZero() || end.Before(t.End) || start.Before(t.Start)) {
				why = gonePast
			} else if end.IsZero() && g.absent {
				why = goneLeft
			}
		}
		for _, v := range versions[g.id] {
			h := v.Head()
			if by := known[h.Batch]; h.Batch == 0 && h.RecordedBy != 0 || h.Batch != 0 && !by.undone && by.Source != source {
				why = goneDecided
			}
		}
		if why != "" {
			stay[g.id] = why
		}
	}
	return stand, stay, nil
}

func (e *extracting) withdrawKind(ctx context.Context, k *Kind, gone []goneRow) error {
	if !e.viewer.Writes(k.Category) {
		return nil
	}
	stand, stay, err := e.standing(ctx, k, e.batch.Source, gone)
	if err != nil {
		return err
	}
	var forget, withdrawn []goneRow
	for _, g := range gone {
		rec, why := stand[g.id], stay[g.id]
		if rec == nil { // it has gone before
			forget = append(forget, g)
			continue
		}
		if why == "" {
			ok, err := e.drop(ctx, k, rec)
			if err != nil {
				return err
			}
			if ok {
				withdrawn = append(withdrawn, g)
				continue
			}
			why = goneReferred
		}
		e.withdrawn.kept[why] = append(e.withdrawn.kept[why], g.table+" "+g.number)
	}
	tables, numbers := namesOf(withdrawn)
	_, err = e.tx.Exec(ctx, `/* records.extracting.withdrawKind */
		UPDATE extract_number n SET withdrawn_by = $4 FROM unnest($2::text[], $3::text[]) r (tbl, number) WHERE n.source = $1 AND n.tbl = r.tbl AND n.number = r.number`, e.batch.Source, tables, numbers, e.batch.ID)
	if err != nil {
		return fmt.Errorf("note that %d rows are gone: %w", len(withdrawn), err)
	}
	tables, numbers = namesOf(forget)
	_, err = e.tx.Exec(ctx, `/* records.extracting.withdrawKind */
		DELETE FROM extract_number n USING unnest($2::text[], $3::text[]) r (tbl, number) WHERE n.source = $1 AND n.tbl = r.tbl AND n.number = r.number`, e.batch.Source, tables, numbers)
	if err != nil {
		return fmt.Errorf("forget %d rows that are gone: %w", len(forget), err)
	}
	return nil
}

// namesOf are the tables and the numbers of rows.
func namesOf(rows []goneRow) (tables, numbers []string) {
	for _, g := range rows {
		tables, numbers = append(tables, g.table), append(numbers, g.number)
	}
	return tables, numbers
}

// drop deletes a record, and reports whether nothing belonged to it.
func (e *extracting) drop(ctx context.Context, k *Kind, rec Record) (bool, error) {
	h := rec.Head()
	err := pgx.BeginFunc(ctx, e.tx, func(pgx.Tx) error {
		if err := access.SetReason(ctx, e.tx, "no longer in the extract"); err != nil {
			return err
		}
		return e.remove(ctx, k, []act{{id: h.key, child: h.child}})
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23503" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if e.withdrawn.wrote[k.Name] == nil {
		e.withdrawn.wrote[k.Name] = &Wrote{Kind: k.Name}
	}
	e.withdrawn.wrote[k.Name].Deleted++
	return true, nil
}

func goneIDs(gone []goneRow) []int64 {
	ids := make([]int64, len(gone))
	for i, g := range gone {
		ids[i] = g.id
	}
	return ids
}
