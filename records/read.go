package records

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// load reads the current row, without an audit line.
func (t *Tx) load(ctx context.Context, k *Kind, id string) (Record, error) {
	where, arg, ok := k.named(id)
	if !ok {
		return nil, ErrNotFound
	}
	rec := k.New()
	args := []any{arg}
	reached := t.reached(k, &args)
	err := t.tx.QueryRow(ctx, `/* records.Tx.load `+k.Name+` */
		SELECT `+k.columns()+` FROM `+k.from(k.Table)+` WHERE `+where+` = $1 AND `+reached, args...).Scan(k.targets(rec)...)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read a %s: %w", k.Name, err)
	}
	return rec, nil
}

// named is the column that an id of the kind stands in, and its value.
func (k *Kind) named(id string) (column string, arg any, ok bool) {
	if k.PublicID {
		return "t.public_id", id, isUUID(id)
	}
	return "t.id", key(id), key(id) != 0
}

// Get is Store.Get in this transaction.
func (t *Tx) Get(ctx context.Context, k *Kind, id string) (Record, error) {
	if err := t.reads(k); err != nil {
		return nil, err
	}
	rec, err := t.load(ctx, k, id)
	if err != nil {
		return nil, err
	}
	t.hide(k, rec)
	return rec, t.auditRead(ctx, "read", k, rec)
}

// discreet is a kind whose records can say that they must not be disclosed.
type discreet interface {
	undisclosed() bool
	withhold()
}

// hide empties what the viewer is not shown of a record, or of the versions of
// one: the references to records of kinds that they may not read (that somebody
// is involved may be seen by more people than that there is a case, which the
// case's id would tell them), and what must not be disclosed, unless they are
// one of those who keep such records. What is not to be disclosed now was not to
// be in former versions either. It reports whether anything was emptied.
func (t *Tx) hide(k *Kind, versions ...Record) (partly bool) {
	withhold := false
	for _, rec := range versions {
		for f := range t.hidden(k) {
			v := f.in(rec)
			partly = partly || !v.IsZero()
			v.SetZero()
		}
		d, ok := rec.(discreet)
		withhold = withhold || ok && d.undisclosed() && !t.viewer.Writes(k.Category)
	}
	if !withhold {
		return partly
	}
	for _, rec := range versions {
		rec.(discreet).withhold()
	}
	return true
}

// careTelling is a kind whose records tell that a child is in care: an address of
// a placement, a reviewing officer. Who may not know it sees a plain record.
type careTelling interface {
	// tellsCare names the fields, and the category by which somebody may know.
	tellsCare() ([]string, access.Category)
}

// keep gives the references that the viewer cannot see the values that stand: a
// correction by somebody who was not shown them does not take them away.
func (t *Tx) keep(k *Kind, rec, old Record) {
	for f := range t.hidden(k) {
		f.in(rec).Set(f.in(old))
	}
}

// hidden are the kind's fields that the viewer is not shown: those that the policy
// withholds, those that tell of care, and references.
func (t *Tx) hidden(k *Kind) iter.Seq[*Field] {
	var telling []string
	if c, ok := k.New().(careTelling); ok {
		if fields, category := c.tellsCare(); !t.viewer.Reads(category) {
			telling = fields
		}
	}
	return func(yield func(*Field) bool) {
		for i := range k.Fields {
			f := &k.Fields[i]
			to, ok := KindOf(f.Ref)
			if (ok && !t.viewer.Reads(to.Category) || t.viewer.Withheld(k.Name, f.Name) || slices.Contains(telling, f.Name)) && !yield(f) {
				return
			}
		}
	}
}

// auditRead writes the line of a look at one record, if it is about a child.
func (t *Tx) auditRead(ctx context.Context, action string, k *Kind, rec Record) error {
	m := rec.Head()
	if m.child == 0 {
		return nil
	}
	return access.Audit(ctx, t.tx, t.viewer, access.Entry{Action: action, Kind: k.Name, Record: m.key, Child: m.child})
}

// auditReads writes the one line of a list, with the keys of its records that are
// about a child and of these children.
func (t *Tx) auditReads(ctx context.Context, action string, k *Kind, list []Record) error {
	e := access.Entry{Action: action, Kind: k.Name}
	for _, rec := range list {
		if m := rec.Head(); m.child != 0 {
			e.Records, e.Children = append(e.Records, m.key), append(e.Children, m.child)
		}
	}
	if len(e.Records) == 0 && action == "list" {
		return nil // schools, teams; or nothing
	}
	return access.Audit(ctx, t.tx, t.viewer, e)
}

// ListQuery says which records of a kind are listed, and how many.
type ListQuery struct {
	Child  string    // about the child with this public id
	School string    // of the school with this id
	Since  time.Time // recorded or corrected at this time or later
	From   Date      // that hold on this day or later
	To     Date      // that hold before this day
	After  string    // List.Next of the list before
	Limit  int       // at most so many; 0 is 100, and 1000 the most
}

// List is some records of a kind, in a fixed order.
type List struct {
	Records []Record `json:"records"`
	Next    string   `json:"next,omitempty"` // for ListQuery.After; "" at the end
}

// List is Store.List in this transaction.
func (t *Tx) List(ctx context.Context, k *Kind, q ListQuery) (List, error) {
	if err := t.reads(k); err != nil {
		return List{}, err
	}
	limit := min(q.Limit, 1000)
	if limit <= 0 {
		limit = 100
	}
	where, args, err := k.where(q)
	if err != nil {
		return List{}, err
	}
	order, _, _ := k.named("")
	where += " AND " + t.reached(k, &args)
	if q.Child == "" {
		children, few, err := t.few(ctx, k)
		if err != nil {
			return List{}, err
		}
		if few {
			column := "t.child_id"
			if k.PublicID {
				column = "t.id"
			}
			where += " AND " + column + " = ANY (" + placing(&args)(children) + "::bigint[])"
		}
	}
	args = append(args, limit+1)
	rows, err := t.tx.Query(ctx, `/* records.Tx.List `+k.Name+` */
		SELECT `+k.columns()+` FROM `+k.from(k.Table)+` WHERE `+where+`
		ORDER BY `+order+` LIMIT $`+strconv.Itoa(len(args)), args...)
	if err != nil {
		return List{}, fmt.Errorf("list %s: %w", k.Plural, err)
	}
	list := List{Records: []Record{}}
	for rows.Next() {
		rec := k.New()
		if err := rows.Scan(k.targets(rec)...); err != nil {
			rows.Close()
			return List{}, fmt.Errorf("list %s: %w", k.Plural, err)
		}
		t.hide(k, rec)
		list.Records = append(list.Records, rec)
	}
	if err := rows.Err(); err != nil {
		return List{}, fmt.Errorf("list %s: %w", k.Plural, err)
	}
	if len(list.Records) > limit {
		list.Records = list.Records[:limit]
		list.Next = list.Records[limit-1].Head().ID
	}
	return list, t.auditReads(ctx, "list", k, list.Records)
}

// where is the condition of a query. A filter that the kind does not have, or
// an id that can be none, is *Invalid.
func (k *Kind) where(q ListQuery) (string, []any, error) {
	var p Problems
	var conditions []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args))))
	}
	_, hasChild := k.Field("child")
	_, hasSchool := k.Field("school")
	if q.Child != "" {
		switch {
		case !isUUID(q.Child):
			p.Add("child", Format, "give a child's id")
		case hasChild:
			add("t.child_id = (SELECT id FROM child WHERE public_id = ?::uuid)", q.Child)
		case k.PublicID:
			add("t.public_id = ?::uuid", q.Child)
		default:
			p.Add("child", NotPossible, "records of this kind are not about a child: leave it out")
		}
	}
	if q.School != "" {
		switch {
		case key(q.School) == 0:
			p.Add("school", Format, "give a school's id")
		case hasSchool:
			add("t.school_id = ?", key(q.School))
		default:
			p.Add("school", NotPossible, "records of this kind do not belong to a school: leave it out")
		}
	}
	if !q.Since.IsZero() {
		add("t.recorded_at >= ?", q.Since)
	}
	from, to := "coalesce(t.to_date, 'infinity') > ?", "t.from_date < ?"
	if f, dated := k.Field("date"); dated {
		from, to = "t."+f.Column+" >= ?", "t."+f.Column+" < ?"
	} else if !k.Ends() && !(q.From.IsZero() && q.To.IsZero()) {
		p.Add("from", NotPossible, "records of this kind do not hold from a day to a day: leave the days out")
	}
	if !q.From.IsZero() {
		add(from, q.From)
	}
	if !q.To.IsZero() {
		add(to, q.To)
	}
	if q.After != "" {
		column, arg, ok := k.named(q.After)
		if !ok {
			p.Add("after", Format, "give the mark that the list before ended with")
		}
		add(column+" > ?", arg)
	}
	if len(conditions) == 0 {
		conditions = []string{"true"}
	}
	return strings.Join(conditions, " AND "), args, p.Err()
}

// Version is what a record said for a time.
type Version struct {
	Record       Record    `json:"record"`
	SupersededAt time.Time `json:"superseded_at,omitzero"` // zero: it stands
	SupersededBy int64     `json:"superseded_by,omitempty"`
	Operation    string    `json:"operation,omitempty"` // what ended it: "update" or "delete"
	Reason       string    `json:"reason,omitempty"`    // for that; "" to a viewer who is not shown the whole record
}

// History is Store.History in this transaction.
func (t *Tx) History(ctx context.Context, k *Kind, id string) ([]Version, error) {
	if err := t.reads(k); err != nil {
		return nil, err
	}
	where, arg, ok := k.named(id)
	if !ok {
		return nil, ErrNotFound
	}
	// What stands is read first: a correction that comes between the two reads
	// then shows in the past as well, where it is left out.
	var versions []Version
	standing := math.MaxInt32
	switch rec, err := t.load(ctx, k, id); {
	case err == nil:
		versions, standing = []Version{{Record: rec}}, rec.Head().Version
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	args := []any{arg, standing}
	reached := t.reached(k, &args)
	rows, err := t.tx.Query(ctx, `/* records.Tx.History `+k.Name+` */
		SELECT superseded_at, coalesce(superseded_by, 0), operation, coalesce(reason, ''), `+k.columns()+`
		FROM `+k.from(k.Table+"_history")+` WHERE `+where+` = $1 AND t.version < $2 AND `+reached+` ORDER BY t.version DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the history of a %s: %w", k.Name, err)
	}
	past, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Version, error) {
		v := Version{Record: k.New()}
		return v, row.Scan(append([]any{&v.SupersededAt, &v.SupersededBy, &v.Operation, &v.Reason}, k.targets(v.Record)...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of a %s: %w", k.Name, err)
	}
	if versions = append(versions, past...); len(versions) == 0 {
		return nil, ErrNotFound
	}
	all := make([]Record, len(versions))
	for i, v := range versions {
		all[i] = v.Record
	}
	// A reason tells what it was given for: who is shown a part of the record is
	// shown no reason.
	if t.hide(k, all...) {
		for i := range versions {
			versions[i].Reason = ""
		}
	}
	return versions, t.auditRead(ctx, "history", k, versions[0].Record)
}
