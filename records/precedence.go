package records

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kept is a field in which what stands was kept against what a source states.
type Kept struct {
	Field string // "" if it is the whole record, which somebody has deleted
	Why   string // "what stands was corrected on 3 November 2026 by a person and stays"
}

// stays says that something stands that was decided.
func stays(decided string) string { return "what stands was " + decided + " and stays" }

// problem says it of a value of a row.
func (k Kept) problem(column string) *Problem {
	return &Problem{column, Decided, k.Why}
}

// The sources of files: a word for each body whose systems send them.
const (
	SourceNHS        = "nhs"
	SourceSchool     = "school"
	SourceSocialCare = "social-care"
	SourceGIAS       = "gias"
	SourceGovernment = "government"
	SourceSEN        = "sen"     // the system of the special educational needs team
	SourcePost16     = "post-16" // the client caseload system of those who track 16 to 18 year olds
	SourceAuthority  = "authority"
)

// Sources are all there are.
func Sources() []string {
	return []string{SourceNHS, SourceSchool, SourceSocialCare, SourceGIAS, SourceGovernment, SourceSEN, SourcePost16, SourceAuthority}
}

// precedence says of a field whose word goes further, the best first, where
// that is not simply who spoke last. A person's goes before every file's. A
// source that is not named comes after those that are.
var precedence = map[string]map[string][]string{
	"child": {
		"date_of_birth": {SourceNHS, SourceSchool, SourceSocialCare},
		"expected_date": {SourceNHS, SourceSocialCare},
		"date_of_death": {SourceNHS, SourceSocialCare, SourceSchool},
		"sex":           {SourceNHS, SourceSchool, SourceSocialCare},
		"nhs_number":    {SourceNHS, SourceSocialCare, SourceSchool},
		"upn":           {SourceSchool, SourceSocialCare},
	},
	"child-name": {
		"forename": {SourceSchool, SourceNHS, SourceSocialCare},
		"surname":  {SourceSchool, SourceNHS, SourceSocialCare},
	},
	"school": {
		"urn":  {SourceGIAS},
		"name": {SourceGIAS},
	},
}

// Precedence is the sources whose word on a field goes further than that of
// who spoke last, the best first; nil if the last word stands.
func Precedence(kind, field string) []string { return slices.Clone(precedence[kind][field]) }

// rank is the place of a source among those that tell of a field.
func rank(kind, field, source string) int {
	list := precedence[kind][field]
	if i := slices.Index(list, source); i >= 0 {
		return i
	}
	return len(list)
}

// overruled says why the word of who wrote a version of a field goes further than
// that of the batch, "" if it does not.
func (m *merging) overruled(field string, author Meta, known map[int64]said, on string) string {
	b, k := m.batch, m.kind
	day := author.RecordedAt.Format("2 January 2006")
	if author.Batch == 0 {
		if author.RecordedBy == 0 {
			return "" // the program's own, such as the demo county
		}
		return on + " on " + day + " by a person"
	}
	by := known[author.Batch]
	switch ours, theirs := rank(k.Name, field, b.Source), rank(k.Name, field, by.Source); {
	case author.Batch == b.ID:
		return ""
	case by.Source != b.Source && theirs < ours:
		return on + " on " + day + " by the source " + by.Source
	case by.Source != b.Source && ours < theirs:
		return ""
	case !m.ordered && !b.CoversTo.IsZero() && by.CoversTo.After(b.CoversTo):
		return fmt.Sprintf("%s on %s by a file up to %s, and this one goes up to %s", on, day, by.CoversTo.Words(), b.CoversTo.Words())
	}
	return ""
}

// precede takes out of the rows what the batch may not change, because somebody
// whose word goes further has said it since.
func (m *merging) precede(ctx context.Context, added, changed []*mergeRow) (create, correct []*mergeRow, err error) {
	if m.batch.ID == 0 || m.consequence {
		return added, changed, nil
	}
	if create, err = m.deleted(ctx, added); err != nil {
		return nil, nil, err
	}
	versions, known, err := m.versions(ctx, changed)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range changed {
		why := map[string]string{}
		for _, name := range r.changed {
			f, ok := m.kind.Field(name)
			if !ok {
				continue
			}
			if w := m.overruled(name, author(f, versions[r.old.Head().key], known), known, "corrected"); w != "" {
				for _, n := range m.kind.statement(name) {
					why[n] = stays(w)
				}
			}
		}
		if len(why) > 0 {
			r.keep(m, why)
		}
		if len(r.changed) > 0 {
			correct = append(correct, r)
		} else {
			r.Result = KeptBack
		}
	}
	return create, correct, nil
}

// statement is the fields that are one statement with a field.
func (k *Kind) statement(field string) []string {
	for _, s := range k.statements {
		if slices.Contains(s, field) {
			return s
		}
	}
	return []string{field}
}

// keep leaves fields as they stand.
func (r *mergeRow) keep(m *merging, why map[string]string) {
	var states []string
	for i := range m.kind.Fields {
		f := &m.kind.Fields[i]
		w, kept := why[f.Name]
		switch {
		case kept && slices.Contains(r.changed, f.Name):
			r.Kept = append(r.Kept, Kept{f.Name, w})
		case !kept && (r.States == nil || slices.Contains(r.States, f.Name)):
			states = append(states, f.Name)
		}
	}
	m.overlay(r, append(states, "")) // "": not nil, which would be all
	r.changed = m.differ(r.Record, r.old, nil)
}

// version is one version of a record, and the batch that ended it; 0: none did.
type version struct {
	Record
	endedBy int64
}

// versions reads what stood of records, oldest first, with what stands last,
// and what is known of the batches that they came by.
func (m *merging) versions(ctx context.Context, rows []*mergeRow) (map[int64][]version, map[int64]said, error) {
	all := map[int64][]version{}
	var past, batches []int64
	for _, r := range rows {
		h := r.old.Head()
		if h.Version > 1 {
			past = append(past, h.key)
		}
		batches = append(batches, h.Batch)
	}
	if len(past) > 0 {
		found, err := m.tx.Query(ctx, `/* records.merging.versions `+m.kind.Name+` */
			SELECT `+m.kind.columns()+`, coalesce(t.superseded_batch, 0) FROM `+m.kind.from(m.kind.Table+"_history")+` WHERE t.id = ANY ($1) ORDER BY t.id, t.version, t.superseded_at`, past)
		if err != nil {
			return nil, nil, fmt.Errorf("read the history of %s: %w", m.kind.Plural, err)
		}
		for found.Next() {
			rec := m.kind.New()
			var endedBy int64
			if err := found.Scan(append(m.kind.targets(rec), &endedBy)...); err != nil {
				found.Close()
				return nil, nil, fmt.Errorf("read the history of %s: %w", m.kind.Plural, err)
			}
			h := rec.Head()
			all[h.key] = append(all[h.key], version{rec, endedBy})
			batches = append(batches, h.Batch)
		}
		if err := found.Err(); err != nil {
			return nil, nil, fmt.Errorf("read the history of %s: %w", m.kind.Plural, err)
		}
	}
	for _, r := range rows {
		key := r.old.Head().key
		all[key] = append(all[key], version{r.old, 0})
	}
	known, err := m.batches(ctx, batches)
	return all, known, err
}

// author is the head of the version that gave a field its value. Versions of
// batches that were undone do not count; but who changed such a version's value
// decided, even if to what stood before it, unless it was the undoing, which ends the
// version in the name of its own batch. Nobody is the author of a value that was left
// out from the beginning: that is no decision.
func author(f *Field, versions []version, known map[int64]said) Meta {
	var last, undone *version // that counts, and that was undone since
	var by Meta
	for i := range versions {
		v := &versions[i]
		if known[v.Head().Batch].undone {
			undone = v
			continue
		}
		switch {
		case last == nil && f.given(reflect.ValueOf(v.Record).Elem()),
			last != nil && !same(f, v.Record, last.Record),
			undone != nil && undone.endedBy != undone.Head().Batch && !same(f, v.Record, undone.Record):
			by = *v.Head()
		}
		last, undone = v, nil
	}
	return by
}

// deleted keeps rows out whose record somebody has deleted whose word goes
// further.
func (m *merging) deleted(ctx context.Context, rows []*mergeRow) (ready []*mergeRow, err error) {
	if len(m.by) == 0 || len(rows) == 0 {
		return rows, nil
	}
	args, on := []any{}, ""
	for i, f := range m.by {
		args = append(args, column(rows, f))
		on += " AND h." + f.Column + " = r.c" + fmt.Sprint(i)
	}
	found, err := m.tx.Query(ctx, `/* records.merging.deleted `+m.kind.Name+` */
		SELECT r.n::int - 1, h.superseded_at, coalesce(h.superseded_by, 0), coalesce(h.superseded_batch, 0)
		FROM `+unnest(m.by, 1)+` WITH ORDINALITY r (`+columnNames(len(m.by))+`, n)
		CROSS JOIN LATERAL (SELECT * FROM `+m.kind.Table+`_history h WHERE `+strings.TrimPrefix(on, " AND ")+` ORDER BY superseded_at DESC, version DESC LIMIT 1) h
		WHERE h.operation = 'delete'`, args...)
	type deletion struct {
		n  int
		by Meta
	}
	var list []deletion
	var batches []int64
	if err == nil {
		var n int
		var at time.Time
		var by, batch int64
		_, err = pgx.ForEachRow(found, []any{&n, &at, &by, &batch}, func() error {
			list = append(list, deletion{n, Meta{RecordedAt: at, RecordedBy: by, Batch: batch}})
			batches = append(batches, batch)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look for %s that were deleted: %w", m.kind.Plural, err)
	}
	if len(list) == 0 {
		return rows, nil
	}
	known, err := m.batches(ctx, batches)
	if err != nil {
		return nil, err
	}
	out := map[int]bool{}
	for _, d := range list {
		if known[d.by.Batch].undone {
			continue
		}
		if why := m.overruled("", d.by, known, "deleted"); why != "" {
			rows[d.n].Result, rows[d.n].Kept = KeptBack, []Kept{{"", stays(why)}}
			out[d.n] = true
		}
	}
	for i, r := range rows {
		if !out[i] {
			ready = append(ready, r)
		}
	}
	return ready, nil
}

// remember keeps what the batch's source last said of the fields of kinds that
// several sources tell of, whether or not it stands.
func (m *merging) remember(ctx context.Context, rows []*mergeRow) error {
	if m.batch.ID == 0 || !m.kind.stated {
		return nil
	}
	if m.batch.Source == "" {
		return errors.New("a batch says by which source it comes")
	}
	var ids, children []int64
	var fields, values []string
	for _, r := range rows {
		h := r.Record.Head()
		if r.Problem != nil || h.key == 0 || r.stated == nil {
			continue
		}
		for i := range m.kind.Fields {
			f := &m.kind.Fields[i]
			if f.Derived || f.Ref != "" || r.States != nil && !slices.Contains(r.States, f.Name) {
				continue
			}
			ids, children, fields, values = append(ids, h.key), append(children, h.child), append(fields, f.Name), append(values, text(f.write(r.stated)))
		}
	}
	return m.say(ctx, m.kind, ids, children, fields, values)
}

// say adds what the batch's source says of fields of records to what each
// source last said, where it is something else.
func (t *Tx) say(ctx context.Context, k *Kind, ids, children []int64, fields, values []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.tx.Exec(ctx, `/* records.Tx.say */
		INSERT INTO stated_value (kind, record_id, field, source, batch_id, category, child_id, value)
		SELECT DISTINCT ON (r.id, r.field) $1, r.id, r.field, $2, $3, $4, nullif(r.child, 0), r.value
		FROM unnest($5::bigint[], $6::bigint[], $7::text[], $8::text[]) WITH ORDINALITY r (id, child, field, value, n)
		LEFT JOIN LATERAL (SELECT s.value FROM stated_value s, batch_said(ARRAY[s.batch_id]) b
			WHERE s.kind = $1 AND s.record_id = r.id AND s.field = r.field AND s.source = $2 AND NOT b.undone
			ORDER BY s.stated_at DESC, s.batch_id DESC LIMIT 1) last ON true
		WHERE r.value IS DISTINCT FROM last.value AND (r.value <> '' OR last.value IS NOT NULL)
		ORDER BY r.id, r.field, r.n
		ON CONFLICT (kind, record_id, field, source, batch_id) DO UPDATE SET value = EXCLUDED.value, stated_at = EXCLUDED.stated_at`,
		k.Name, t.batch.Source, t.batch.ID, string(k.Category), ids, children, fields, values)
	if err != nil {
		return fmt.Errorf("keep what %s says of %s: %w", t.batch.Source, k.Plural, err)
	}
	return nil
}
