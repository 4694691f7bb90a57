package records

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// MergeRow is a record as a source states it. Without an ID it is known by its
// natural key; with one, the caller has found the record already.
type MergeRow struct {
	Record Record
	States []string // the fields that the source states; nil: all. The others stay as they stand.
}

// Merged is what became of a MergeRow. The row's Record is then what stands.
type Merged struct {
	Result  Result
	Problem *Problem // why it is Rejected
	Fields  []string // of an Added or Changed one: those that are given or were changed
	Kept    []Kept   // what stands against what the source states

	stood Record // before
}

// Merge is the one way in for rows of files: it stores records as a source
// states them, thousands at a time, all that can be or none. Each row is
// matched by the natural key (by names the fields; nil is the kind's own),
// checked like a record that is Put, and stored where it says something else
// than what stands; the same again is Unchanged. What somebody whose word goes
// further has decided since stays and is Kept (see precedence). Rows that
// contradict each other, and those that cannot be right, are Rejected and keep
// no other row out. What went in has its history, and one line of the audit for
// each statement and set of fields.
func (s *Store) Merge(ctx context.Context, v access.Viewer, b Batch, k *Kind, by []string, rows []MergeRow) (merged []Merged, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		if err := t.As(ctx, b); err != nil {
			return err
		}
		merged, err = t.Merge(ctx, k, by, rows)
		return err
	})
	return merged, err
}

// Merge is Store.Merge in this transaction, for the batch that As has set.
func (t *Tx) Merge(ctx context.Context, k *Kind, by []string, rows []MergeRow) ([]Merged, error) {
	return t.mergeWith(ctx, k, by, rows, mergeOptions{})
}

// mergeOptions are for those within this package who do more than Merge knows.
type mergeOptions struct {
	// checked: the caller has seen to the rules about other records for the rows
	// as a whole, under the locks that this takes.
	checked bool
	// consequence: the rows are no statement of a source but follow from others
	// that went in, whatever was decided about them before.
	consequence bool
	// ordered: the caller has seen to what later files of the same source said.
	ordered bool
	// trial: nothing is stored; what would be kept is said.
	trial bool
}

// merging is one Merge under way.
type merging struct {
	*Tx
	kind *Kind
	by   []*Field // the natural key
	mergeOptions
}

// mergeRow is a row on its way in.
type mergeRow struct {
	MergeRow
	*Merged
	stated  Record // as it was given; Record becomes what shall stand
	old     Record // what stands, nil if nothing does
	key     string
	changed []string
	again   *mergeRow // the row before that says the same
}

func (t *Tx) mergeWith(ctx context.Context, k *Kind, by []string, rows []MergeRow, o mergeOptions) ([]Merged, error) {
	if err := t.writes(k); err != nil {
		return nil, err
	}
	m := &merging{Tx: t, kind: k, mergeOptions: o}
	if by == nil {
		by = k.natural
	}
	for _, name := range by {
		f, ok := k.Field(name)
		if !ok {
			return nil, fmt.Errorf("merge %s: there is no field %q", k.Plural, name)
		}
		m.by = append(m.by, f)
	}
	merged := make([]Merged, len(rows))
	list := make([]*mergeRow, len(rows))
	for i := range rows {
		list[i] = &mergeRow{MergeRow: rows[i], Merged: &merged[i]}
	}
	if err := m.findChildren(ctx, list); err != nil {
		return nil, err
	}
	ready := m.distinct(list)
	if err := m.lock(ctx, ready); err != nil {
		return nil, err
	}
	if err := access.SetReason(ctx, t.tx, ""); err != nil {
		return nil, err
	}
	for attempt := 1; len(ready) > 0; attempt++ {
		if attempt > 5 {
			return nil, ErrConflict
		}
		var err error
		if ready, err = m.round(ctx, ready); err != nil {
			return nil, err
		}
	}
	for i, r := range list {
		if r.again != nil {
			r.Record = r.again.Record
		}
		rows[i].Record = r.Record
	}
	if m.trial {
		return merged, nil
	}
	return merged, m.remember(ctx, list)
}

// round reads what stands, compares, and stores what differs. It gives back the
// rows whose record somebody else stored or changed meanwhile.
func (m *merging) round(ctx context.Context, rows []*mergeRow) (raced []*mergeRow, err error) {
	if err := m.read(ctx, rows); err != nil {
		return nil, err
	}
	var added, changed []*mergeRow
	for _, r := range rows {
		r.Result = Unchanged
		if r.changed = m.compare(r); len(r.changed) > 0 && r.old == nil {
			added = append(added, r)
		} else if len(r.changed) > 0 {
			changed = append(changed, r)
		}
	}
	if added, changed, err = m.precede(ctx, added, changed); err != nil {
		return nil, err
	}
	if m.trial {
		return nil, nil
	}
	if added, err = m.check(ctx, added); err != nil {
		return nil, err
	}
	if changed, err = m.check(ctx, changed); err != nil {
		return nil, err
	}
	// What a file ends makes room for what it says begins then.
	if err := m.settle(ctx, changed, m.update, &raced); err != nil {
		return nil, err
	}
	if err := m.settle(ctx, added, m.insert, &raced); err != nil {
		return nil, err
	}
	return raced, nil
}

// findChildren finds the children whom rows name by public id.
func (m *merging) findChildren(ctx context.Context, rows []*mergeRow) error {
	f, ok := m.kind.Field("child")
	if !ok {
		return nil
	}
	var ids []string
	for _, r := range rows {
		if public := f.in(r.Record).String(); r.Record.Head().child == 0 && isUUID(public) {
			ids = append(ids, public)
		}
	}
	known := map[string]int64{}
	if len(ids) > 0 {
		found, err := m.tx.Query(ctx, `/* records.merging.findChildren */ SELECT public_id::text, id FROM child WHERE public_id = ANY ($1::text[]::uuid[])`, ids)
		var public string
		var id int64
		if err == nil {
			_, err = pgx.ForEachRow(found, []any{&public, &id}, func() error { known[public] = id; return nil })
		}
		if err != nil {
			return fmt.Errorf("look for %d children: %w", len(ids), err)
		}
	}
	for _, r := range rows {
		h := r.Record.Head()
		if h.child == 0 {
			h.child = known[strings.ToLower(f.in(r.Record).String())]
		}
		if h.child == 0 {
			r.reject(Problem{"child", NoSuchRecord, "no child has this id: give the id that the child's record shows"})
		}
	}
	return nil
}

// distinct leaves one row for each record: a row that says the same again is
// Unchanged, rows that contradict each other are Rejected.
func (m *merging) distinct(rows []*mergeRow) (ready []*mergeRow) {
	first := map[string]*mergeRow{}
	contradicted := map[string]bool{}
	for n, r := range rows {
		if r.Problem != nil {
			continue
		}
		m.tidy(r)
		r.stated = m.copy(r.Record)
		r.key = m.keyOf(r.Record)
		if strings.Trim(r.key, "\x1f") == "" { // nothing to know it by: a record of its own
			r.key = "row " + strconv.Itoa(n)
		}
		if id := r.Record.Head().ID; id != "" {
			r.key = "id " + id
		}
		other := first[r.key]
		switch {
		case other == nil:
			first[r.key], ready = r, append(ready, r)
		case !slices.Equal(r.States, other.States) || len(m.differ(r.Record, other.Record, r.States)) > 0:
			contradicted[r.key] = true
		default:
			r.again = other
		}
		r.Result = Unchanged
	}
	for _, r := range rows {
		if contradicted[r.key] && r.Problem == nil {
			r.reject(Problem{"", Contradicts, "another row says something else of the same: keep the right one"})
		}
	}
	return slices.DeleteFunc(ready, func(r *mergeRow) bool { return r.Problem != nil })
}

// tidy tidies the texts, so that they are compared as they are stored.
func (m *merging) tidy(r *mergeRow) {
	for i := range m.kind.Fields {
		f := &m.kind.Fields[i]
		if f.Go.Kind() == reflect.String && f.Codes == "" && f.Ref == "" {
			tidy, _ := tidyUp(f.As, f.in(r.Record).String()) // what is wrong with it is said when the record is checked
			f.in(r.Record).SetString(tidy)
		}
	}
}

// lock takes the locks under which rules about other records are judged: of
// the children, where the kind has such rules or its natural key is no unique
// constraint, which would have two imports make a record twice.
func (m *merging) lock(ctx context.Context, rows []*mergeRow) error {
	_, checks := m.kind.New().(checker)
	if m.checked || m.kind.single && m.kind.apart == nil && !checks {
		return nil
	}
	if !m.kind.About() {
		return lockKind(ctx, m.tx, m.kind)
	}
	var children []int64
	for _, r := range rows {
		children = append(children, r.Record.Head().child)
	}
	return lockChildren(ctx, m.tx, children)
}

// read finds what stands.
func (m *merging) read(ctx context.Context, rows []*mergeRow) error {
	for _, r := range rows {
		r.old = nil
	}
	var byKey, byID []*mergeRow
	for _, r := range rows {
		switch {
		case r.stated.Head().ID != "":
			byID = append(byID, r)
		case len(m.by) > 0:
			byKey = append(byKey, r)
		}
	}
	scan := func(list []*mergeRow, on string, args []any) error {
		if len(list) == 0 {
			return nil
		}
		found, err := m.tx.Query(ctx, `/* records.merging.read `+m.kind.Name+` */
			SELECT r.n::int - 1, `+m.kind.columns()+` FROM `+on, args...)
		if err != nil {
			return fmt.Errorf("read the %s that stand: %w", m.kind.Plural, err)
		}
		defer found.Close()
		for found.Next() {
			var n int
			old := m.kind.New()
			if err := found.Scan(append([]any{&n}, m.kind.targets(old)...)...); err != nil {
				return fmt.Errorf("read the %s that stand: %w", m.kind.Plural, err)
			}
			list[n].old = old
		}
		return found.Err()
	}
	from := m.kind.from(m.kind.Table)
	if len(byID) > 0 {
		column, cast := "t.id", "bigint"
		if m.kind.PublicID {
			column, cast = "t.public_id", "uuid"
		}
		ids := make([]string, len(byID))
		for i, r := range byID {
			ids[i] = r.stated.Head().ID
		}
		if err := scan(byID, from+` JOIN unnest($1::text[]) WITH ORDINALITY r (id, n) ON `+column+` = r.id::`+cast, []any{ids}); err != nil {
			return err
		}
		for _, r := range byID {
			if r.old == nil {
				return ErrConflict
			}
		}
	}
	names, on, args := "", "", []any{}
	for i, f := range m.by {
		c := "c" + strconv.Itoa(i)
		args = append(args, column(byKey, f))
		names += c + ", "
		on += " AND t." + f.Column + " = r." + c
		if f.Name == m.kind.PartitionedBy && len(byKey) > 0 { // so that partitions of other years are left out
			first, last := m.span(byKey, f)
			on += " AND t." + f.Column + " BETWEEN '" + first.String() + "' AND '" + last.String() + "'"
		}
	}
	if len(m.by) == 0 {
		return nil
	}
	return scan(byKey, from+` JOIN `+unnest(m.by, 1)+` WITH ORDINALITY r (`+names+`n) ON `+strings.TrimPrefix(on, " AND "), args)
}

// span is the first and the last day of a field.
func (m *merging) span(rows []*mergeRow, f *Field) (first, last Date) {
	for _, r := range rows {
		d := f.in(r.Record).Interface().(Date)
		if first.IsZero() || d.Before(first) && !d.IsZero() {
			first = d
		}
		if d.After(last) {
			last = d
		}
	}
	if first.IsZero() {
		return earliest, earliest
	}
	return first, last
}

// compare makes the row's record what shall stand, and names the fields in
// which it differs from what does.
func (m *merging) compare(r *mergeRow) []string {
	r.Record = m.copy(r.stated)
	if r.old == nil {
		return m.kind.differences(r.Record, nil)
	}
	m.overlay(r, r.States)
	return m.differ(r.Record, r.old, nil)
}

// overlay makes the row's record what stands, but for the stated fields.
func (m *merging) overlay(r *mergeRow, states []string) {
	source, then := r.stated.Head().Source, m.copy(r.old)
	for i := range m.kind.Fields {
		if f := &m.kind.Fields[i]; !f.Derived && (states == nil || slices.Contains(states, f.Name)) {
			f.in(then).Set(f.in(r.stated))
		}
	}
	then.Head().Source = source
	r.Record = then
}

// differ names the fields, of those named (nil: all), in which two records
// differ. What the store derives is not compared.
func (m *merging) differ(a, b Record, names []string) (differing []string) {
	for i := range m.kind.Fields {
		f := &m.kind.Fields[i]
		if f.Derived || names != nil && !slices.Contains(names, f.Name) || f.Ref == "child" {
			continue
		}
		if !same(f, a, b) {
			differing = append(differing, f.Name)
		}
	}
	if a.Head().child != b.Head().child {
		differing = append(differing, "child")
	}
	return differing
}

// copy is another record that says the same.
func (m *merging) copy(rec Record) Record {
	c := m.kind.New()
	reflect.ValueOf(c).Elem().Set(reflect.ValueOf(rec).Elem())
	return c
}

// value is the row's value of a field.
func (r *mergeRow) value(f *Field) reflect.Value {
	return reflect.ValueOf(r.Record).Elem().Field(f.index)
}

// reject says why a row does not go in.
func (r *mergeRow) reject(p Problem) {
	r.Result, r.Problem = Rejected, &p
	if r.stated != nil {
		r.Record = r.stated
	}
}

// keyOf is the natural key as one text.
func (m *merging) keyOf(rec Record) string {
	parts := make([]string, len(m.by))
	for i, f := range m.by {
		parts[i] = text(f.write(rec))
	}
	return strings.Join(parts, "\x1f")
}

// text is a value of a column as PostgreSQL writes it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case Date:
		return v.String()
	case *int16:
		if v == nil {
			return ""
		}
		return strconv.Itoa(int(*v))
	}
	return fmt.Sprint(v)
}

// settle stores the rows in a savepoint. Those that cannot be stored are found
// by halving and Rejected; the others go in. Rows that somebody else stored or
// changed meanwhile are added to raced.
func (m *merging) settle(ctx context.Context, rows []*mergeRow, store func(context.Context, []*mergeRow) ([]*mergeRow, error), raced *[]*mergeRow) error {
	if len(rows) == 0 {
		return nil
	}
	var late []*mergeRow
	err := pgx.BeginFunc(ctx, m.tx, func(pgx.Tx) (err error) {
		late, err = store(ctx, rows)
		return err
	})
	var invalid *Invalid
	var overlap *errOverlap
	switch {
	case err == nil:
		*raced = append(*raced, late...)
		return nil
	case errors.As(err, &overlap):
		for r, problem := range overlap.rows {
			r.reject(problem)
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(r *mergeRow) bool { return r.Problem != nil })
		return m.settle(ctx, rows, store, raced)
	case !errors.As(err, &invalid):
		return err
	case len(rows) == 1:
		rows[0].reject(invalid.Problems[0])
		return nil
	}
	half := len(rows) / 2
	if err := m.settle(ctx, rows[:half], store, raced); err != nil {
		return err
	}
	return m.settle(ctx, rows[half:], store, raced)
}
