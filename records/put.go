package records

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
)

// Put is Store.Put in this transaction.
func (t *Tx) Put(ctx context.Context, rec Record, why string) error {
	return t.put(ctx, rec, "correct", why)
}

func (t *Tx) put(ctx context.Context, rec Record, action, why string) error {
	k, ok := KindFor(rec)
	if !ok {
		return fmt.Errorf("put: %T is not a kind of record", rec)
	}
	if err := t.writes(k); err != nil {
		return err
	}
	m := rec.Head()
	var old Record
	if m.ID != "" {
		var err error
		if old, err = t.load(ctx, k, m.ID); err != nil {
			return err
		}
		if old.Head().Version != m.Version {
			return ErrConflict
		}
		m.key, m.child = old.Head().key, old.Head().child
		t.keep(k, rec, old)
	} else {
		action, m.key, m.child = "create", 0, 0
	}
	p := Problems{Today: t.store.today()}
	why = tidyReason(why, &p)
	k.validate(rec, &p)
	t.checkSource(rec, old, &p)
	if err := t.checkAgainstOthers(ctx, k, rec, old, &p); err != nil {
		return err
	}
	if err := p.Err(); err != nil {
		return err
	}
	changed := k.differences(rec, old)
	if old != nil && len(changed) == 0 {
		*m = *old.Head() // with the source that stands
		t.hide(k, rec)
		return t.auditRead(ctx, "read", k, rec) // whoever sent it knows now that this is what stands
	}
	if err := access.SetReason(ctx, t.tx, why); err != nil {
		return err
	}
	var err error
	if old == nil {
		err = t.insert(ctx, k, rec)
	} else {
		err = t.update(ctx, k, rec)
	}
	if err != nil {
		return err
	}
	t.hide(k, rec)
	return access.Audit(ctx, t.tx, t.viewer, access.Entry{Action: action, Kind: k.Name, Record: m.key, Child: m.child, Fields: changed, Reason: why})
}

// checkAgainstOthers does what needs the record store: whose record it is, the
// codes, what may not overlap, the kind's own rules, and the derived fields.
// It leaves the transaction with the child's lock.
func (t *Tx) checkAgainstOthers(ctx context.Context, k *Kind, rec, old Record, p *Problems) error {
	m := rec.Head()
	if f, ok := k.Field("child"); ok {
		public := f.in(rec).String()
		if old == nil && public != "" && !p.On("child") {
			args := []any{public}
			place := placing(&args)
			statement := `/* records.Tx.checkAgainstOthers */ SELECT id, ` + t.scope.Reaches(k.Category, "child.id", place) + `
				FROM child WHERE public_id = $1::uuid AND ` + t.scope.Reaches(access.Identity, "child.id", place)
			var theirs bool
			err := t.tx.QueryRow(ctx, statement, args...).Scan(&m.child, &theirs)
			switch {
			case errors.Is(err, pgx.ErrNoRows):
				p.Add("child", NoSuchRecord, "no child has this id: give the id that the child's record shows")
			case err != nil:
				return fmt.Errorf("look for a child: %w", err)
			case !theirs:
				p.Add("child", NotPossible, "neither you nor your team is involved with this child: record the involvement first")
				m.child = 0
			}
		}
		if m.child == 0 {
			return t.checkCodes(ctx, k, rec, old, p)
		}
		if err := lockChild(ctx, t.tx, m.child); err != nil {
			return err
		}
		known, err := lives(ctx, t.tx, []int64{m.child})
		if err != nil {
			return err
		}
		known[m.child].check(k, rec, old, p)
	}
	if old != nil {
		for i := range k.Fields {
			if f := &k.Fields[i]; f.Fixed && !same(f, rec, old) {
				p.Add(f.Name, Fixed, "cannot be corrected: delete this record with a reason and make the right one")
			}
		}
	}
	if err := t.checkCodes(ctx, k, rec, old, p); err != nil {
		return err
	}
	if r, ok := rec.(deriver); ok && p.Err() == nil { // of what is wrong nothing follows
		if err := r.Derive(ctx, t.tx); err != nil {
			return err
		}
	}
	if err := t.checkOnRoll(ctx, k, rec, p); err != nil {
		return err
	}
	if err := t.checkOpen(ctx, rec, old, p); err != nil {
		return err
	}
	if err := k.checkWithin(ctx, t.tx, rec, p); err != nil {
		return err
	}
	if err := k.checkParts(ctx, t.tx, rec, old, p); err != nil {
		return err
	}
	if r, ok := rec.(checker); ok {
		if err := r.check(ctx, t.tx, p); err != nil {
			return err
		}
	}
	return t.checkApart(ctx, k, rec, p)
}

// differences names the fields in which a record differs from what stood; of a
// new one, those that are given.
func (k *Kind) differences(rec, old Record) (names []string) {
	for i := range k.Fields {
		f := &k.Fields[i]
		if old == nil && f.given(reflect.ValueOf(rec).Elem()) || old != nil && !same(f, rec, old) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (t *Tx) insert(ctx context.Context, k *Kind, rec Record) error {
	m := rec.Head()
	columns, places, args := []string{"recorded_by", "source"}, []string{"$1", "$2"}, []any{t.viewer.Account(), m.Source}
	for i := range k.Fields {
		f := &k.Fields[i]
		args = append(args, f.write(rec))
		columns, places = append(columns, f.Column), append(places, "$"+strconv.Itoa(len(args)))
	}
	id := "id::text"
	if k.PublicID {
		id = "public_id::text"
	}
	err := t.tx.QueryRow(ctx, `/* records.Tx.insert `+k.Name+` */
		INSERT INTO `+k.Table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)
		RETURNING id, version, recorded_at, recorded_by, `+id, args...).
		Scan(&m.key, &m.Version, &m.RecordedAt, &m.RecordedBy, &m.ID)
	if err != nil {
		return wrap(k.refusal(err), "create a "+k.Name)
	}
	if k.PublicID {
		m.child = m.key
	}
	m.Batch = t.batch.ID
	return nil
}

func (t *Tx) update(ctx context.Context, k *Kind, rec Record) error {
	m := rec.Head()
	sets, args := []string{}, []any{m.key, m.Version, t.viewer.Account(), m.Source}
	for i := range k.Fields {
		if f := &k.Fields[i]; !f.Fixed {
			args = append(args, f.write(rec))
			sets = append(sets, f.Column+" = $"+strconv.Itoa(len(args)))
		}
	}
	err := t.tx.QueryRow(ctx, `/* records.Tx.update `+k.Name+` */
		UPDATE `+k.Table+` SET `+strings.Join(sets, ", ")+`, version = version + 1, recorded_at = now(), recorded_by = $3, source = $4
		WHERE id = $1 AND version = $2
		RETURNING version, recorded_at, recorded_by`, args...).Scan(&m.Version, &m.RecordedAt, &m.RecordedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrConflict
	}
	m.Batch = t.batch.ID
	return wrap(k.refusal(err), "correct "+k.Name+" "+strconv.FormatInt(m.key, 10))
}

// End is Store.End in this transaction.
func (t *Tx) End(ctx context.Context, k *Kind, id string, version int, to Date, why string) (Record, error) {
	if err := t.writes(k); err != nil {
		return nil, err
	}
	var p Problems
	if !k.Ends() {
		p.Add("to_date", NotPossible, "records of this kind do not hold from a day to a day: correct or delete it instead")
	} else if to.IsZero() {
		p.Add("to_date", Required, "give the day after the last day")
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	rec, err := t.load(ctx, k, id)
	if err != nil {
		return nil, err
	}
	if rec.Head().Version != version {
		return nil, ErrConflict
	}
	k.setDate(rec, "to_date", to)
	if err := t.put(ctx, rec, "end", why); err != nil {
		return nil, err
	}
	return rec, nil
}

// Delete is Store.Delete in this transaction.
func (t *Tx) Delete(ctx context.Context, k *Kind, id string, version int, why string) error {
	if err := t.writes(k); err != nil {
		return err
	}
	var p Problems
	if why = tidyReason(why, &p); why == "" {
		p.Add("reason", Required, "say why this record is deleted")
	}
	if err := p.Err(); err != nil {
		return err
	}
	old, err := t.load(ctx, k, id)
	if err != nil {
		return err
	}
	m := old.Head()
	if m.Version != version {
		return ErrConflict
	}
	if m.child != 0 {
		if err := lockChild(ctx, t.tx, m.child); err != nil {
			return err
		}
	}
	if r, ok := old.(deleteChecker); ok {
		if err := r.checkDelete(ctx, t.tx, &p); err != nil {
			return err
		}
		if err := p.Err(); err != nil {
			return err
		}
	}
	if err := access.SetReason(ctx, t.tx, why); err != nil {
		return err
	}
	tag, err := t.tx.Exec(ctx, `/* records.Tx.Delete `+k.Name+` */ DELETE FROM `+k.Table+` WHERE id = $1 AND version = $2`, m.key, version)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "23503":
		p.Add("id", InUse, "other records refer to this one: delete those first, or end this one instead")
		return p.Err()
	case err != nil:
		return fmt.Errorf("delete %s %d: %w", k.Name, m.key, err)
	case tag.RowsAffected() == 0:
		return ErrConflict
	}
	return access.Audit(ctx, t.tx, t.viewer, access.Entry{Action: "delete", Kind: k.Name, Record: m.key, Child: m.child, Reason: why})
}

// wrap says what was being done, and lets what is wrong with a record through
// as it is.
func wrap(err error, doing string) error {
	var invalid *Invalid
	if err == nil || errors.As(err, &invalid) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}
