package records

// Extracts of another system: its tables, of which each row is a record of ours.
// The system's own numbers say which: of a child, and of a row of a table.

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// SystemNumber is the scheme of the numbers by which the social-care system knows
// children.
const SystemNumber = "social-care-system"

// ExtractChild is what an extract has of one child.
type ExtractChild struct {
	Number string         // by which the system knows the child; "": rows about no child
	Person *ExtractPerson // nil: the extract does not say who it is
	Rows   []ExtractRow
}

// ExtractPerson says who a child is.
type ExtractPerson struct {
	PupilRow
	NHSNumber string
	Expected  Date // of birth, of an unborn child
	Died      Date
}

// ExtractRow is a row of an extract's table that is one record.
type ExtractRow struct {
	Line    int64
	Table   string
	Number  string // by which the system knows the row
	Record  Record // without its child, and without what Refs names
	States  []string
	Refs    map[string]ExtractRef // by field
	Columns map[string]string     // the table's column of a field, for what is said of it
}

// ExtractRef says to which record a row belongs: to that of another row, by its
// number; where that is not given, to the child's own that holds on the day.
type ExtractRef struct {
	Table, Number string
	Day           Date
}

// extractName is what a row is known by.
type extractName struct{ table, number string }

// extractRecord is the record that a row is.
type extractRecord struct {
	kind      string
	id, child int64
}

// PutExtract stores what an extract has of some children, in one transaction: all
// that can be or none. A child is found by the system's number, else by NHS number
// or UPN where the day of birth (or, of a UPN, the name) agrees, else by name, day
// of birth and sex where that is one child; nobody is guessed. A row is the record
// that it was last time, whatever has been corrected in it; a new row is the record
// that says the same already, else a new one. What x no longer holds of these
// children is withdrawn first (see Extract). Rows that stand in each other's way,
// such as a case that closes and the plan that ends with it, are tried again until
// no more of them go in. The outcomes are those of the children's Person, then of
// their rows, in order.
func (s *Store) PutExtract(ctx context.Context, v access.Viewer, b Batch, x *Extract, children []ExtractChild) (persons []RowOutcome, rows [][]RowOutcome, err error) {
	var done *extracting
	err = s.inBatch(ctx, v, func(t *Tx) error {
		if err := t.As(ctx, b); err != nil {
			return err
		}
		done = &extracting{Tx: t, x: x, children: children, withdrawn: withdrawal{wrote: map[string]*Wrote{}}}
		persons, rows, err = done.put(ctx)
		return err
	})
	if err == nil {
		x.settled(done)
	}
	return persons, rows, err
}

// extracting is a PutExtract under way.
type extracting struct {
	*Tx
	x         *Extract
	children  []ExtractChild
	keys      map[string]aChild // by the system's number
	known     map[extractName]extractRecord
	undone    map[extractName]Date // rows that an extract to that day no longer held
	rows      []*extractRow
	again     [][2]*RowOutcome // of a row that comes again, and of the first
	withdrawn withdrawal
}

// aChild is a child that was found or made.
type aChild struct {
	id     int64
	public string
}

// extractRow is a row on its way in.
type extractRow struct {
	*ExtractRow
	kind  *Kind
	child aChild
	out   *RowOutcome
	wait  *Problem // why it does not go in yet
}

func (e *extracting) put(ctx context.Context) ([]RowOutcome, [][]RowOutcome, error) {
	persons, err := e.putPersons(ctx)
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	for _, c := range e.keys {
		ids = append(ids, c.id)
	}
	if err := lockChildren(ctx, e.tx, ids); err != nil {
		return nil, nil, err
	}
	if err := e.withdraw(ctx, ids); err != nil {
		return nil, nil, err
	}
	outcomes := make([][]RowOutcome, len(e.children))
	first := map[onceRow]*extractRow{}
	for i := range e.children {
		c := &e.children[i]
		outcomes[i] = make([]RowOutcome, len(c.Rows))
		for n := range c.Rows {
			r := &extractRow{ExtractRow: &c.Rows[n], child: e.keys[c.Number], out: &outcomes[i][n]}
			r.out.Line = r.Line
			k, ok := KindFor(r.Record)
			if !ok {
				return nil, nil, fmt.Errorf("row %s of %s is no kind of record", r.Number, r.Table)
			}
			switch r.kind = k; {
			case c.Number != "" && r.child.id == 0 && c.Person == nil:
				r.out.Result, r.out.Problem = Unmatched, &Problem{"", NoSuchRecord, "no child is known by this person number: send the row of the person with it"}
			case c.Number != "" && r.child.id == 0:
				r.out.Result, r.out.Problem = Unmatched, &Problem{"", NoSuchRecord, "the row of the person was not taken: its reason stands there"}
			case !e.viewer.Writes(k.Category):
				r.out.Result, r.out.Problem = Rejected, &Problem{"", NotPossible, "this account may not record " + strings.ReplaceAll(k.Plural, "-", " ")}
			default:
				one := onceRow{r.child.id, r.Table, r.Number}
				if other := first[one]; other != nil && r.Number != "" && other.same(r) {
					e.again = append(e.again, [2]*RowOutcome{r.out, other.out})
					break
				}
				first[one] = r
				e.rows = append(e.rows, r)
			}
		}
	}
	if err := e.recall(ctx); err != nil {
		return nil, nil, err
	}
	if err := e.rounds(ctx); err != nil {
		return nil, nil, err
	}
	for _, pair := range e.again {
		again, first := pair[0], pair[1]
		again.Result, again.Problem = first.Result, first.Problem
		if first.Result == Added || first.Result == Changed {
			again.Result = Unchanged
		}
	}
	return persons, outcomes, nil
}

// onceRow is what only one row can be; one that says the same again shares its outcome.
type onceRow struct {
	child         int64
	table, number string
}

// same reports whether two rows say the same, before they are merged.
func (r *extractRow) same(other *extractRow) bool {
	return reflect.DeepEqual(r.Record, other.Record) && reflect.DeepEqual(r.Refs, other.Refs) && slices.Equal(r.States, other.States)
}

// mostRounds is how often rows that stand in each other's way are tried: the chain
// of what belongs to what is shorter.
const mostRounds = 5

// rounds merges the rows kind by kind, those first to which others belong, and
// tries again what was rejected while that lets more in.
func (e *extracting) rounds(ctx context.Context) error {
	left := e.rows
	for n := 0; n < mostRounds && len(left) > 0; n++ {
		before := len(left)
		var again []*extractRow
		for _, k := range kinds() {
			var rows []*extractRow
			for _, r := range left {
				if r.kind == k {
					rows = append(rows, r)
				}
			}
			if len(rows) == 0 {
				continue
			}
			if err := e.mergeKind(ctx, k, rows); err != nil {
				return err
			}
			for _, r := range rows {
				if r.wait != nil {
					again = append(again, r)
				}
			}
		}
		if left = again; len(left) == before {
			break
		}
	}
	for _, r := range left {
		r.out.Result, r.out.Problem = Rejected, r.wait
	}
	return nil
}

// mergeKind merges rows of one kind.
func (e *extracting) mergeKind(ctx context.Context, k *Kind, rows []*extractRow) error {
	var ready []*extractRow
	for _, r := range rows {
		h := r.Record.Head()
		*h = Meta{Source: oneLine(e.batch.Source), child: r.child.id}
		if f, ok := k.Field("child"); ok {
			f.in(r.Record).SetString(r.child.public)
		}
		r.wait = nil
	}
	if err := e.refer(ctx, k, rows); err != nil {
		return err
	}
	if err := e.find(ctx, k, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if r.wait == nil && r.out.Result == 0 {
			ready = append(ready, r)
		}
	}
	// Where only one record can have a natural key, two rows of one contradict each
	// other; else each new row is a record of its own.
	by := k.natural
	if !k.single {
		by = []string{}
	}
	list := make([]MergeRow, len(ready))
	for i, r := range ready {
		list[i] = MergeRow{Record: r.Record, States: r.States}
	}
	merged, err := e.mergeWith(ctx, k, by, list, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		r := ready[i]
		m = m.named(r.Columns)
		if m.Result == Rejected {
			r.wait = m.Problem
			continue
		}
		r.out.tell(m, "")
		switch m.Result {
		case Added:
			r.out.Wrote = append(r.out.Wrote, Wrote{Kind: k.Name, Created: 1})
		case Changed:
			r.out.Wrote = append(r.out.Wrote, Wrote{Kind: k.Name, Corrected: 1})
		}
		if h := list[i].Record.Head(); h.key != 0 {
			e.known[extractName{r.Table, r.Number}] = extractRecord{k.Name, h.key, h.child}
		}
	}
	return e.note(ctx, k, ready)
}

// refer fills in the records to which rows belong.
func (e *extracting) refer(ctx context.Context, k *Kind, rows []*extractRow) error {
	for i := range k.Fields {
		f := &k.Fields[i]
		if f.Ref == "" || f.Ref == "child" {
			continue
		}
		whole, _ := KindOf(f.Ref)
		var holding map[int64][]spanOf
		for _, r := range rows {
			ref, ok := r.Refs[f.Name]
			if !ok {
				continue
			}
			id := int64(0)
			if to, ok := e.known[extractName{ref.Table, ref.Number}]; ok && ref.Number != "" && to.kind == f.Ref && (to.child == 0 || to.child == r.child.id) {
				id = to.id
			} else if !ref.Day.IsZero() {
				if holding == nil {
					var err error
					if holding, err = e.holding(ctx, whole, rows); err != nil {
						return err
					}
				}
				id = spanOn(holding[r.child.id], ref.Day)
			}
			switch value := f.in(r.Record); {
			case id != 0:
				value.SetString(strconv.FormatInt(id, 10))
			case f.Required && ref.Number != "":
				r.wait = &Problem{r.Columns[f.Name], NoSuchRecord, "no row of " + ref.Table + " with this number has gone in: look at what is said of that row"}
			case f.Required && ref.Day.IsZero():
				r.wait = &Problem{r.Columns[f.Name], Required, "must be given: the number of the row of " + ref.Table}
			case f.Required:
				r.wait = &Problem{r.Columns[f.Name], NoSuchRecord, "the child has no " + strings.ReplaceAll(f.Ref, "-", " ") + " on that day: correct the day, or send the row of that one"}
			default:
				value.SetString("")
			}
		}
	}
	return nil
}

// spanOf is when a record holds.
type spanOf struct {
	id       int64
	from, to Date
}

// spanOn is the record that holds on the day; the day on which one ended counts,
// unless another begins with it.
func spanOn(list []spanOf, day Date) (id int64) {
	for _, s := range list {
		if covers(s.from, s.to, day) {
			return s.id
		}
		if s.to == day {
			id = s.id
		}
	}
	return id
}

// holding reads when the children's records of a kind hold. One of a single day, such
// as a request, holds until the next; one that has no last day until the next begins.
func (e *extracting) holding(ctx context.Context, k *Kind, rows []*extractRow) (map[int64][]spanOf, error) {
	all := map[int64][]spanOf{}
	from, to := "from_date", "to_date"
	if _, ok := k.Field(from); !ok {
		from = "date"
	}
	if _, ok := k.Field(to); !ok {
		to = "lead(" + from + ") OVER (PARTITION BY child_id ORDER BY " + from + ", id)"
	}
	if _, ok := k.Field(from); !ok || !k.About() {
		return all, nil
	}
	found, _ := e.tx.Query(ctx, `/* records.extracting.holding `+k.Name+` */ SELECT child_id, id, `+from+`, `+to+` FROM `+k.Table+` WHERE child_id = ANY ($1) ORDER BY `+from, childrenOf(rows))
	var child int64
	var s spanOf
	if _, err := pgx.ForEachRow(found, []any{&child, &s.id, &s.from, &s.to}, func() error {
		all[child] = append(all[child], s)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read when the %s of children hold: %w", k.Plural, err)
	}
	return all, nil
}

func childrenOf(rows []*extractRow) (ids []int64) {
	for _, r := range rows {
		ids = append(ids, r.child.id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
