package records

// What is due and overdue by statutory clock: of one child, of the children that a
// viewer works with, and how much of it in a team.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// DueChild is something due of a child that the viewer works with.
type DueChild struct {
	Due
	Child  *Child
	Names  []string // the legal one first
	Worker string   // who is allocated
	Team   string
	Own    bool // the viewer's own caseload, not their team's
}

// dueAhead is how many days before its day something is listed.
const dueAhead = 28

// mostDue is of how many children it is reckoned at once.
const mostDue = 20_000

// Due lists what is overdue, and due within four weeks, of the children that the
// viewer or their team is involved with, and of those whose records of the kinds that
// have clocks the viewer keeps; the latest first. One line of the audit names the
// children. ErrNotFound for a viewer who reads no such kind.
func (s *Store) Due(ctx context.Context, v access.Viewer) (list []DueChild, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		list, err = t.Due(ctx)
		return err
	})
	return list, err
}

// Due is Store.Due in this transaction.
func (t *Tx) Due(ctx context.Context) ([]DueChild, error) {
	kinds := clocked(t.viewer)
	if len(kinds) == 0 || t.reads(childKind) != nil {
		return nil, ErrNotFound
	}
	involved, err := t.involvedChildren(ctx, kinds)
	if err != nil {
		return nil, err
	}
	keys := make([]int64, 0, len(involved))
	for key := range involved {
		keys = append(keys, key)
	}
	all, err := t.dueOf(ctx, kinds, keys)
	if err != nil {
		return nil, err
	}
	var list []DueChild
	line := access.Entry{Action: "list", Kind: "due"}
	for key, of := range all {
		listed := false
		for _, d := range of.due {
			if d.Overdue < -dueAhead {
				continue
			}
			c := involved[key]
			c.Due, c.Child, c.Names = d, of.child, of.names
			list = append(list, c)
			listed = true
		}
		if listed {
			line.Records, line.Children = append(line.Records, key), append(line.Children, key)
		}
	}
	slices.SortFunc(list, func(a, b DueChild) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), strings.Compare(a.Title, b.Title), strings.Compare(a.Child.ID, b.Child.ID))
	})
	return list, access.Audit(ctx, t.tx, t.viewer, line)
}

// DueOf lists what is due of the child with the public id by the kinds that the viewer
// reads, the latest first, however far ahead. ErrNotFound for a viewer who reads no kind
// that has a clock, and for a child who is not theirs to see.
func (s *Store) DueOf(ctx context.Context, v access.Viewer, id string) (due []Due, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		kinds := clocked(t.viewer)
		if len(kinds) == 0 || t.reads(childKind) != nil || !isUUID(id) {
			return ErrNotFound
		}
		args := []any{id}
		reached := t.reached(childKind, &args)
		var key int64
		err := t.tx.QueryRow(ctx, `/* records.Store.DueOf */ SELECT t.id FROM `+childKind.from(childKind.Table)+` WHERE t.public_id = $1::uuid AND `+reached, args...).Scan(&key)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("find a child: %w", err)
		}
		all, err := t.dueOf(ctx, kinds, []int64{key})
		if err != nil {
			return err
		}
		due = all[key].due
		return access.Audit(ctx, t.tx, t.viewer, access.Entry{Action: "read", Kind: "due", Record: key, Child: key})
	})
	return due, err
}

// involvedChildren are the children whom the viewer or their team is involved with
// today, and those of whom there are records of a kind that the viewer's service keeps.
func (t *Tx) involvedChildren(ctx context.Context, kinds []*Kind) (map[int64]DueChild, error) {
	out := map[int64]DueChild{}
	var groups []string
	for _, k := range kinds {
		groups = append(groups, t.scope.Groups(k.Category)...)
		if !t.viewer.Writes(k.Category) || len(k.starts) == 0 || !slices.ContainsFunc(t.scope.Groups(k.Category), func(g string) bool { return strings.HasPrefix(g, "service:") }) {
			continue
		}
		var args []any
		reached := t.reached(k, &args)
		rows, err := t.tx.Query(ctx, `/* records.Tx.involvedChildren */ SELECT DISTINCT t.child_id FROM `+k.Table+` t WHERE `+reached+fmt.Sprintf(` LIMIT %d`, mostDue), args...)
		var key int64
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&key}, func() error { out[key] = DueChild{}; return nil })
		}
		if err != nil {
			return nil, fmt.Errorf("find whose %s the viewer keeps: %w", k.Plural, err)
		}
	}
	if !t.viewer.Reads(access.Involvement) {
		return out, nil
	}
	args := []any{groups, t.store.today()}
	reached := t.scope.Reaches(access.Involvement, "i.child_id", placing(&args))
	rows, err := t.tx.Query(ctx, `/* records.Tx.involvedChildren */
		SELECT i.child_id, w.name, m.name, 'worker:' || i.worker_id = ANY ($1::text[]) FROM involvement i JOIN worker w ON w.id = i.worker_id JOIN team m ON m.id = i.team_id
		WHERE i.from_date <= $2 AND coalesce(i.to_date, 'infinity') > $2 AND ('worker:' || i.worker_id = ANY ($1::text[]) OR 'team:' || i.team_id = ANY ($1::text[])) AND `+reached+`
		ORDER BY i.allocated, i.from_date, i.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("find the children that the viewer works with: %w", err)
	}
	var key int64
	var c DueChild
	if _, err := pgx.ForEachRow(rows, []any{&key, &c.Worker, &c.Team, &c.Own}, func() error { // the allocated worker comes last, and stays
		next := c
		next.Own = next.Own || out[key].Own
		out[key] = next
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find the children that the viewer works with: %w", err)
	}
	return out, nil
}

// dueOfChild is what is due of one of many children.
type dueOfChild struct {
	child *Child
	names []string
	due   []Due
}

// dueOf reckons what is due of these children from their records of the kinds: one
// statement for each kind.
func (t *Tx) dueOf(ctx context.Context, kinds []*Kind, keys []int64) (map[int64]dueOfChild, error) {
	out := map[int64]dueOfChild{}
	if len(keys) == 0 {
		return out, nil
	}
	r, err := t.reckoning(ctx)
	if err != nil {
		return nil, err
	}
	of := map[int64]map[*Kind][]Record{}
	batch := &pgx.Batch{}
	for _, k := range kinds {
		args := []any{keys}
		reached := t.reached(k, &args)
		batch.Queue(`/* records.Tx.dueOf `+k.Name+` */ SELECT `+k.columns()+` FROM `+k.from(k.Table)+` WHERE t.child_id = ANY ($1::bigint[]) AND `+reached, args...).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Record, error) {
				rec := k.New()
				return rec, row.Scan(k.targets(rec)...)
			})
			for _, rec := range list {
				key := rec.Head().child
				if of[key] == nil {
					of[key] = map[*Kind][]Record{}
				}
				of[key][k] = append(of[key][k], rec)
			}
			return err
		})
	}
	args := []any{keys}
	reached := t.reached(childKind, &args)
	batch.Queue(`/* records.Tx.dueOf */ SELECT ARRAY(SELECT concat_ws(' ', n.forename, n.middle_names, n.surname) FROM child_name n JOIN name_type y ON y.code = n.type
			WHERE n.child_id = t.id ORDER BY n.to_date IS NOT NULL, y.position, n.id), `+childKind.columns()+` FROM `+childKind.from(childKind.Table)+` WHERE t.id = ANY ($1::bigint[]) AND `+reached, args...).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (dueOfChild, error) {
				d := dueOfChild{child: &Child{}}
				return d, row.Scan(append([]any{&d.names}, childKind.targets(d.child)...)...)
			})
			for _, d := range list {
				out[d.child.key] = d
			}
			return err
		})
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read what starts and stops the clocks: %w", err)
	}
	for key, d := range out {
		if d.child.DateOfDeath.IsZero() { // a death stops every clock
			d.due = r.due(d.child.DateOfBirth, of[key])
		}
		t.hide(childKind, d.child)
		out[key] = d
	}
	return out, nil
}

// TeamDue is how much is due in a team.
type TeamDue struct {
	Team          int64
	Overdue, Soon int // Soon: within a week
}

// TeamsDue counts what is overdue, and due within a week, of the children whose
// allocated worker is of each of these teams, for whoever answers for the teams: it
// gives those alone, and names nobody. ErrNotFound for a viewer without exact figures.
func (s *Store) TeamsDue(ctx context.Context, v access.Viewer, teams []int64) ([]TeamDue, error) {
	if !v.May(access.ExactFigures) && !v.May(access.OwnFigures) || v.Account() == 0 {
		return nil, ErrNotFound
	}
	var out []TeamDue
	err := s.InTx(ctx, access.System(access.Counting), func(t *Tx) error {
		rows, err := t.tx.Query(ctx, `/* records.Store.TeamsDue */
			SELECT DISTINCT i.team_id, i.child_id FROM involvement i
			WHERE i.allocated AND i.from_date <= $1 AND coalesce(i.to_date, 'infinity') > $1 AND i.team_id = ANY ($2::bigint[])
			  AND EXISTS (SELECT FROM responsibility r WHERE r.account_id = $3 AND r.from_date <= $1 AND coalesce(r.to_date, 'infinity') > $1 AND r.part <> 'member'
				AND (r.subject = 'team' AND r.member = i.team_id OR r.subject = 'authority'))
			ORDER BY i.team_id, i.child_id`, t.store.today(), teams, v.Account())
		if err != nil {
			return fmt.Errorf("find the children of teams: %w", err)
		}
		of := map[int64][]int64{} // teams of each child
		var team, child int64
		var keys []int64
		if _, err := pgx.ForEachRow(rows, []any{&team, &child}, func() error {
			if of[child] == nil {
				keys = append(keys, child)
			}
			of[child] = append(of[child], team)
			if len(out) == 0 || out[len(out)-1].Team != team {
				out = append(out, TeamDue{Team: team})
			}
			return nil
		}); err != nil {
			return fmt.Errorf("find the children of teams: %w", err)
		}
		all, err := t.dueOf(ctx, clocked(t.viewer), keys)
		if err != nil {
			return err
		}
		for key, d := range all {
			for _, team := range of[key] {
				i := slices.IndexFunc(out, func(x TeamDue) bool { return x.Team == team })
				for _, one := range d.due {
					switch {
					case one.Overdue > 0:
						out[i].Overdue++
					case one.Overdue >= -7:
						out[i].Soon++
					}
				}
			}
		}
		return nil
	})
	return out, err
}
