package records

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Rows of the smaller files of the SSDA903 return: what is said of children who are
// or were looked after, each row one record or several.

// CareRow is one row of such a file.
type CareRow struct {
	Line    int64
	Child   string // CHILD
	Born    Date   // DOB
	Records []CareRecord
}

// CareRecord is a record that a row tells of.
type CareRecord struct {
	Record  Record
	States  []string
	Columns map[string]string // the column of a field, for what is said of it
	Day     Date              // on which its looked-after period holds, for a kind that belongs to one
	Worker  string            // the Social Work England number of its worker
	// Unless one of the kind is on record from this day to the record's own: the
	// return says that something was done in the year, and not on which day.
	Unless Date
	// Gone: the return says that it was not done. What a file of the same format has made
	// of the kind and day is withdrawn, unless anybody else has said anything of it since.
	Gone bool
}

// PutCareRows stores what rows of a return tell of children, in one transaction: all
// that can be or none. A row whose child nobody knows or has another date of birth,
// or who was not looked after then, is Unmatched; one that cannot be right is
// Rejected. A record is known by its natural key: the same again is Unchanged.
func (s *Store) PutCareRows(ctx context.Context, v access.Viewer, rows []CareRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutCareRows(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// careRowRecord is a record of a row on its way in.
type careRowRecord struct {
	*CareRecord
	kind *Kind
	out  *RowOutcome
}

// PutCareRows is Store.PutCareRows in this transaction.
func (t *Tx) PutCareRows(ctx context.Context, rows []CareRow, b Batch) ([]RowOutcome, error) {
	if err := t.returns(); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	var numbers []string
	for i := range rows {
		r, o := &rows[i], &outcomes[i]
		o.Line = r.Line
		if r.Child, o.Problem = tidyChildNumber(r.Child); o.Problem != nil {
			o.Result = Rejected
			continue
		}
		numbers = append(numbers, r.Child)
	}
	known, err := t.byNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	files := map[int64]*careFile{}
	var children []int64
	for _, c := range known {
		if files[c.id] == nil {
			files[c.id], children = &careFile{child: c.id}, append(children, c.id)
		}
	}
	if err := lockChildren(ctx, t.tx, children); err != nil {
		return nil, err
	}
	if err := t.readCare(ctx, files); err != nil {
		return nil, err
	}
	workers, err := t.byRegistration(ctx, rows)
	if err != nil {
		return nil, err
	}
	var list []*careRowRecord
	for i := range rows {
		r, o, c := &rows[i], &outcomes[i], known[rows[i].Child]
		switch {
		case o.Problem != nil:
			continue
		case c.id == 0:
			o.Result, o.Problem = Unmatched, unknownNumber()
			continue
		case !r.Born.IsZero() && c.born != r.Born:
			o.Result, o.Problem = Unmatched, &Problem{"DOB", Contradicts, "is not the date of birth on record: look at the record, and correct the one that is wrong"}
			continue
		}
		for n := range r.Records {
			rec := &careRowRecord{&r.Records[n], nil, o}
			if o.Problem = rec.belongs(c, files[c.id], workers, oneLine(b.Source)); o.Problem != nil {
				o.Result = Unmatched
				break
			}
			list = append(list, rec)
		}
	}
	list = slices.DeleteFunc(list, func(r *careRowRecord) bool { return r.out.Problem != nil })
	for _, k := range kinds() {
		if err := t.mergeCareRows(ctx, k, list); err != nil {
			return nil, err
		}
	}
	for i := range outcomes {
		if outcomes[i].Result == 0 { // it says nothing that a record holds
			outcomes[i].Result = Unchanged
		}
	}
	return outcomes, nil
}

// belongs says whose the record is, and to which period and worker it belongs; or why
// that cannot be.
func (r *careRowRecord) belongs(c careChild, f *careFile, workers map[string][2]int64, source string) *Problem {
	r.kind, _ = KindFor(r.Record)
	h := r.Record.Head()
	h.Source, h.child = source, c.id
	set := func(field, id string) {
		if f, ok := r.kind.Field(field); ok {
			f.in(r.Record).SetString(id)
		}
	}
	set("child", c.public)
	if f2, ok := r.kind.Field("period"); ok {
		p := periodOn(f.care, r.Day)
		for _, one := range f.care { // without a day, the one that began last
			if r.Day.IsZero() {
				p = one
			}
		}
		if p == nil {
			return &Problem{r.Columns[f2.Name], NoSuchRecord, "the child was not looked after on that day, as the record has it: import the episodes file of the return first, or correct the date"}
		}
		set("period", strconv.FormatInt(p.id, 10))
	}
	if status, ok := r.Record.(*ImmigrationStatus); ok && status.FromDate.IsZero() {
		for _, p := range f.care { // since when, the return does not say: since care began
			if status.FromDate.IsZero() || p.from.Before(r.Day) {
				status.FromDate = p.from
			}
		}
	}
	if r.Worker != "" {
		w, ok := workers[r.Worker]
		if !ok {
			return &Problem{r.Columns["worker"], NoSuchRecord, "no worker has this Social Work England number: record it with the worker first"}
		}
		set("worker", strconv.FormatInt(w[0], 10))
		set("team", strconv.FormatInt(w[1], 10))
	}
	return nil
}

// byRegistration finds workers and their teams by their Social Work England numbers.
func (t *Tx) byRegistration(ctx context.Context, rows []CareRow) (map[string][2]int64, error) {
	var numbers []string
	for _, r := range rows {
		for _, one := range r.Records {
			if one.Worker != "" {
				numbers = append(numbers, one.Worker)
			}
		}
	}
	workers := map[string][2]int64{}
	if len(numbers) == 0 {
		return workers, nil
	}
	found, _ := t.tx.Query(ctx, `/* records.Tx.byRegistration */
		SELECT DISTINCT ON (n) n, w.id, w.team_id FROM unnest($1::text[]) n JOIN worker w ON ltrim(upper(w.registration), 'SW') = ltrim(upper(n), 'SW') ORDER BY n, w.from_date DESC, w.id`, numbers)
	var number string
	var worker, team int64
	if _, err := pgx.ForEachRow(found, []any{&number, &worker, &team}, func() error { workers[number] = [2]int64{worker, team}; return nil }); err != nil {
		return nil, fmt.Errorf("look for %d workers: %w", len(numbers), err)
	}
	return workers, nil
}

// mergeCareRows merges the records of one kind.
func (t *Tx) mergeCareRows(ctx context.Context, k *Kind, list []*careRowRecord) error {
	var rows []MergeRow
	var at []*careRowRecord
	for _, r := range list {
		if r.kind != k || r.out.Result == Rejected {
			continue
		}
		if r.Gone {
			if err := t.withdrawCareRow(ctx, k, r); err != nil {
				return err
			}
			continue
		}
		if !r.Unless.IsZero() {
			var there bool
			err := t.tx.QueryRow(ctx, `/* records.Tx.mergeCareRows `+k.Name+` */ SELECT EXISTS (SELECT FROM `+k.Table+` WHERE child_id = $1 AND date >= $2 AND date <= $3 AND status = 'completed')`,
				r.Record.Head().child, r.Unless, k.date(r.Record, "date")).Scan(&there)
			if err != nil {
				return fmt.Errorf("look for %s in the year: %w", k.Plural, err)
			}
			if there {
				continue
			}
		}
		rows, at = append(rows, MergeRow{Record: r.Record, States: r.States}), append(at, r)
	}
	if len(rows) == 0 {
		return nil
	}
	merged, err := t.mergeWith(ctx, k, nil, rows, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		r := at[i]
		var one RowOutcome
		one.tell(m.named(r.Columns), "CHILD")
		switch m.Result {
		case Added:
			one.Wrote = []Wrote{{Kind: k.Name, Created: 1}}
		case Changed:
			one.Wrote = []Wrote{{Kind: k.Name, Corrected: 1}}
		}
		r.out.Join(one)
	}
	return nil
}

// withdrawCareRow deletes what an earlier file of this format had made of the day.
func (t *Tx) withdrawCareRow(ctx context.Context, k *Kind, r *careRowRecord) error {
	rows, err := t.tx.Query(ctx, `/* records.Tx.withdrawCareRow `+k.Name+` */
		SELECT t.id FROM `+k.Table+` t JOIN batch b ON b.id = t.batch_id
		WHERE t.child_id = $1 AND t.date = $2 AND b.format = (SELECT format FROM batch WHERE id = $3) ORDER BY t.id`,
		r.Record.Head().child, k.date(r.Record, "date"), t.batch.ID)
	var ids []int64
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		return fmt.Errorf("look for %s of a file that was corrected: %w", k.Plural, err)
	}
	acts := make([]act, len(ids))
	for i, id := range ids {
		acts[i] = act{id: id, child: r.Record.Head().child}
	}
	if len(acts) > 0 {
		r.out.Join(RowOutcome{Result: Changed, Wrote: []Wrote{{Kind: k.Name, Deleted: int64(len(acts))}}})
	}
	return t.remove(ctx, k, acts)
}
