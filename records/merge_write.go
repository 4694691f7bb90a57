package records

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The statements of a Merge: an array for each column, and one statement for
// all rows.

// check checks what shall stand like a record that is Put, and leaves out what
// is rejected.
func (m *merging) check(ctx context.Context, rows []*mergeRow) (ready []*mergeRow, err error) {
	if err := m.derive(ctx, rows); err != nil {
		return nil, err
	}
	known, err := m.lives(ctx, rows)
	if err != nil {
		return nil, err
	}
	unregistered, err := m.checkRegisters(ctx, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		p := Problems{Today: m.store.today()}
		derived := m.copy(r.Record)
		m.kind.validate(r.Record, &p)
		m.restore(r.Record, derived)
		if problem, ok := unregistered[r]; ok {
			p.Add(problem.Field, problem.Code, problem.Message)
		}
		known[r.Record.Head().child].check(m.kind, r.Record, r.old, &p)
		if r.old != nil {
			for _, name := range r.changed {
				if f, _ := m.kind.Field(name); f.Fixed {
					p.Add(name, Fixed, "cannot be corrected: delete this record with a reason and make the right one")
				}
			}
		}
		if err := m.checkCodes(ctx, m.kind, r.Record, r.old, &p); err != nil {
			return nil, err
		}
		if !m.checked {
			if err := m.kind.checkWithin(ctx, m.tx, r.Record, &p); err != nil {
				return nil, err
			}
			if err := m.kind.checkParts(ctx, m.tx, r.Record, r.old, &p); err != nil {
				return nil, err
			}
		}
		if c, ok := r.Record.(checker); ok && !m.checked {
			if err := c.check(ctx, m.tx, &p); err != nil {
				return nil, err
			}
		}
		if len(p.list) > 0 {
			r.reject(p.list[0])
			continue
		}
		ready = append(ready, r)
	}
	return ready, nil
}

// lives reads the lives of the children whom rows are about.
func (m *merging) lives(ctx context.Context, rows []*mergeRow) (map[int64]life, error) {
	if _, ok := m.kind.Field("child"); !ok || len(rows) == 0 {
		return nil, nil
	}
	children := make([]int64, len(rows))
	for i, r := range rows {
		children[i] = r.Record.Head().child
	}
	slices.Sort(children)
	return lives(ctx, m.tx, slices.Compact(children))
}

// located is a kind with one derived field, the district of its postcode.
type located interface {
	located() (postcode string, district *string)
}

// derive fills the derived fields.
func (m *merging) derive(ctx context.Context, rows []*mergeRow) error {
	if len(rows) == 0 {
		return nil
	}
	if _, ok := rows[0].Record.(located); !ok {
		for _, r := range rows {
			if d, ok := r.Record.(deriver); ok {
				if err := d.Derive(ctx, m.tx); err != nil {
					return err
				}
			}
		}
		return nil
	}
	sectors, codes := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		postcode, _ := r.Record.(located).located()
		postcode, wrong := tidyUp("postcode", postcode) // what is wrong with it is said when the record is checked
		if postcode != "" && wrong == "" {
			sectors[i], codes[i] = sector(postcode), postcode
		}
	}
	found, err := m.tx.Query(ctx, `/* records.merging.derive */ 
		SELECT sector, district FROM postcode_sector WHERE sector = ANY ($1) UNION ALL SELECT postcode, district FROM postcode WHERE postcode = ANY ($2)`, sectors, codes)
	known := map[string]string{}
	var sector, district string
	if err == nil {
		_, err = pgx.ForEachRow(found, []any{&sector, &district}, func() error { known[sector] = district; return nil })
	}
	if err != nil {
		return fmt.Errorf("look for the districts of %d postcodes: %w", len(rows), err)
	}
	for i, r := range rows {
		_, district := r.Record.(located).located()
		*district = cmp.Or(known[codes[i]], known[sectors[i]])
	}
	return nil
}

// restore gives the derived fields, which validate empties, their values.
func (m *merging) restore(rec, from Record) {
	for i := range m.kind.Fields {
		if f := &m.kind.Fields[i]; f.Derived {
			f.in(rec).Set(f.in(from))
		}
	}
}

// insert stores new records. Where the natural key is unique, a row that
// somebody else stored meanwhile comes back.
func (m *merging) insert(ctx context.Context, rows []*mergeRow) (raced []*mergeRow, err error) {
	k := m.kind
	fields := make([]*Field, len(k.Fields))
	var names, selects []string
	for i := range k.Fields {
		fields[i] = &k.Fields[i]
		names = append(names, fields[i].Column)
		selects = append(selects, "c"+strconv.Itoa(i))
	}
	sent := map[string]*mergeRow{}
	slices.SortFunc(rows, func(a, b *mergeRow) int { return strings.Compare(a.key, b.key) }) // one order for everybody
	args := []any{m.viewer.Account()}
	sources := make([]string, len(rows))
	for i, r := range rows {
		sources[i] = r.Record.Head().Source
	}
	args = append(args, sources)
	list := unnest(fields, 3)
	for _, f := range fields {
		args = append(args, column(rows, f))
	}
	key := make([]string, len(m.by))
	for i, f := range m.by {
		key[i] = "coalesce(t." + f.Column + "::text, '')"
	}
	returned := `concat_ws(E'\x1f', ` + strings.Join(key, ", ") + `)`
	// Without a natural key, rows come back in the order in which they are inserted.
	ordered := len(key) == 0
	if ordered {
		returned = "''"
	}
	public := ""
	if k.PublicID {
		ordered = false
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = uuid.NewString()
			r.key = ids[i]
		}
		args = append(args, ids)
		names, selects = append(names, "public_id"), append(selects, "public_id::uuid")
		list = strings.TrimSuffix(list, ")") + ", $" + strconv.Itoa(len(args)) + "::text[])"
		public, returned = ", public_id", "t.public_id::text"
	}
	for _, r := range rows {
		sent[r.key] = r
	}
	conflict := ""
	if k.single && slices.Equal(fieldNames(m.by), k.natural) {
		var columns []string
		for _, f := range m.by {
			columns = append(columns, f.Column)
		}
		conflict = "ON CONFLICT (" + strings.Join(columns, ", ") + ") DO NOTHING"
	}
	found, err := m.tx.Query(ctx, `/* records.merging.insert `+k.Name+` */
		INSERT INTO `+k.Table+` AS t (`+strings.Join(names, ", ")+`, recorded_by, source)
		SELECT `+strings.Join(selects, ", ")+`, $1, source
		FROM unnest($2::text[], `+strings.TrimPrefix(list, "unnest(")+` WITH ORDINALITY r (source, `+columnNames(len(fields))+public+`, n) ORDER BY n
		`+conflict+` RETURNING t.id, t.version, t.recorded_at, `+returned, args...)
	if err != nil {
		return nil, wrap(k.refusal(err), "create "+k.Plural)
	}
	var head Meta
	var id string
	n := 0
	_, err = pgx.ForEachRow(found, []any{&head.key, &head.Version, &head.RecordedAt, &id}, func() error {
		if ordered && n < len(rows) {
			id = rows[n].key
		}
		n++
		r := sent[id]
		if r == nil {
			return fmt.Errorf("a %s came back that was not sent", k.Name)
		}
		delete(sent, id)
		h := r.Record.Head()
		h.key, h.Version, h.RecordedAt, h.RecordedBy, h.Batch = head.key, head.Version, head.RecordedAt, m.viewer.Account(), m.batch.ID
		h.ID = strconv.FormatInt(h.key, 10)
		if k.PublicID {
			h.ID, h.child = id, h.key
		}
		return nil
	})
	if err != nil {
		return nil, wrap(k.refusal(err), "create "+k.Plural)
	}
	for _, r := range sent {
		raced = append(raced, r)
	}
	return raced, m.stored(ctx, "create", Added, rows, raced)
}

// update corrects records. A row whose record somebody else changed meanwhile
// comes back.
func (m *merging) update(ctx context.Context, rows []*mergeRow) (raced []*mergeRow, err error) {
	k := m.kind
	var fields []*Field
	for i := range k.Fields {
		f := &k.Fields[i]
		if !f.Fixed && slices.ContainsFunc(rows, func(r *mergeRow) bool { return f.Derived || slices.Contains(r.changed, f.Name) }) {
			fields = append(fields, f)
		}
	}
	slices.SortFunc(rows, func(a, b *mergeRow) int { return int(a.old.Head().key - b.old.Head().key) }) // one order for everybody
	ids, versions, sources := make([]int64, len(rows)), make([]int32, len(rows)), make([]string, len(rows))
	sent := map[int64]*mergeRow{}
	for i, r := range rows {
		h := r.old.Head()
		ids[i], versions[i], sources[i], sent[h.key] = h.key, int32(h.Version), r.Record.Head().Source, r
	}
	args := []any{m.viewer.Account(), ids, versions, sources}
	var sets []string
	for i, f := range fields {
		sets = append(sets, f.Column+" = r.c"+strconv.Itoa(i))
	}
	where := ""
	list := fields
	if f, ok := k.Field(k.PartitionedBy); ok {
		where += " AND t." + f.Column + " = r.c" + strconv.Itoa(len(list))
		list = append(slices.Clone(list), f)
	}
	for _, f := range list {
		args = append(args, column(rows, f))
	}
	found, err := m.tx.Query(ctx, `/* records.merging.update `+k.Name+` */
		UPDATE `+k.Table+` t SET `+strings.Join(sets, ", ")+`, version = t.version + 1, recorded_at = now(), recorded_by = $1, source = r.source
		FROM unnest($2::bigint[], $3::integer[], $4::text[], `+strings.TrimPrefix(unnest(list, 5), "unnest(")+` r (id, version, source, `+columnNames(len(list))+`)
		WHERE t.id = r.id AND t.version = r.version`+where+` RETURNING t.id, t.version, t.recorded_at`, args...)
	if err != nil {
		return nil, wrap(k.refusal(err), "correct "+k.Plural)
	}
	var head Meta
	_, err = pgx.ForEachRow(found, []any{&head.key, &head.Version, &head.RecordedAt}, func() error {
		h := sent[head.key].Record.Head()
		h.Version, h.RecordedAt, h.RecordedBy, h.Batch = head.Version, head.RecordedAt, m.viewer.Account(), m.batch.ID
		delete(sent, head.key)
		return nil
	})
	if err != nil {
		return nil, wrap(k.refusal(err), "correct "+k.Plural)
	}
	for _, r := range sent {
		raced = append(raced, r)
	}
	return raced, m.stored(ctx, "correct", Changed, rows, raced)
}

// stored wants what was stored to overlap nothing, and notes it.
func (m *merging) stored(ctx context.Context, action string, result Result, rows, raced []*mergeRow) error {
	var acts []act
	in, out := map[int64]*mergeRow{}, map[*mergeRow]bool{}
	for _, r := range raced {
		out[r] = true
	}
	for _, r := range rows {
		if out[r] {
			continue
		}
		h := r.Record.Head()
		in[h.key] = r
		acts = append(acts, act{h.key, h.child, r.changed})
	}
	if err := m.apart(ctx, in); err != nil {
		return err
	}
	for _, r := range in {
		r.Result, r.Fields, r.stood = result, r.changed, r.old
	}
	return m.did(ctx, m.kind, action, acts)
}

// remove deletes records of a kind, which the caller has read under the locks of
// their children.
func (t *Tx) remove(ctx context.Context, k *Kind, acts []act) error {
	if len(acts) == 0 {
		return nil
	}
	ids := make([]int64, len(acts))
	for i, a := range acts {
		ids[i] = a.id
	}
	slices.Sort(ids)
	tag, err := t.tx.Exec(ctx, `/* records.Tx.remove `+k.Name+` */ DELETE FROM `+k.Table+` WHERE id = ANY ($1)`, ids)
	if err == nil && tag.RowsAffected() != int64(len(acts)) {
		err = fmt.Errorf("%d of %d were there", tag.RowsAffected(), len(acts))
	}
	if err != nil {
		return wrap(k.refusal(err), "delete "+k.Plural)
	}
	return t.did(ctx, k, "delete", acts)
}

// unnest is the FROM item of one array for each field, from that parameter on.
func unnest(fields []*Field, from int) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = "$" + strconv.Itoa(from+i) + "::" + f.ColumnType() + "[]"
	}
	return "unnest(" + strings.Join(list, ", ") + ")"
}

// columnNames are c0, c1, ...
func columnNames(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "c" + strconv.Itoa(i)
	}
	return strings.Join(list, ", ")
}

func fieldNames(fields []*Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// column is the values of a field as an array.
func column(rows []*mergeRow, f *Field) []any {
	values := make([]any, len(rows))
	for i, r := range rows {
		values[i] = binary(f.write(r.Record))
	}
	return values
}
