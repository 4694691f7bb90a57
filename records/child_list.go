package records

// Who the children of a list are: those behind a figure, by their keys, each as far as
// the viewer may see them, and one line of the audit for all of them.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ListAsked is a list of children that somebody wants to know by name.
type ListAsked struct {
	Keys []int64 // of the children, in the order of the list
	// Counted are the keys of all whom the figure counts that the list is of.
	Counted []int64
	// Facts are the tables that say who is in the list. Whoever does not read one of
	// them about a child does not see the child in it, since the list would tell.
	Facts  []string
	Of     []string // what the audit says that the list is of: an indicator, a period
	Reason string   // why the viewer wants to know, in their words
	Most   int      // children at most
}

// ListedChild is one of them.
type ListedChild struct {
	Place  int // of its key among those that were asked for
	Child  *Child
	Names  []string // that stand now first, the legal one before the others
	School string   // on whose roll the child is now; "" if on none, or not the viewer's to know
	Worker string   // who is allocated now, with their telephone
	Team   string
}

// ChildList is what the viewer may see of a list.
type ChildList struct {
	Children []ListedChild
	Seen     int // of the keys, how many are the viewer's; Children are the first of them
	// Hidden is how many are not, where that tells nothing: the viewer has only some
	// children anyway, and it is five or more. Else 0, of none as of a few.
	Hidden int
	// Everybody: every child is the viewer's but for restricted ones, who could be had
	// by subtracting the list from the figure. Then Counted are the places, among the
	// keys that were counted, of those whom the viewer sees: the figure to be shown is theirs.
	Everybody bool
	Counted   []int
}

// longestReason is how many characters a reason may have.
const longestReason = 500

// fewHidden is the number of children from which on it is said how many of a list the
// viewer does not see.
const fewHidden = 5

// ListChildren is who the children of a list are. ErrNotFound for a viewer who may
// not read who children are, or none of the facts that the list tells; *Invalid
// without a reason.
func (s *Store) ListChildren(ctx context.Context, v access.Viewer, asked ListAsked) (list ChildList, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		list, err = t.ListChildren(ctx, asked)
		return err
	})
	return list, err
}

// ListChildren is Store.ListChildren in this transaction.
func (t *Tx) ListChildren(ctx context.Context, asked ListAsked) (ChildList, error) {
	categories, ok := categoriesOf(t.viewer, asked.Facts)
	if !ok {
		return ChildList{}, ErrNotFound
	}
	asked.Reason = strings.Join(strings.Fields(asked.Reason), " ")
	var p Problems
	switch {
	case asked.Reason == "":
		p.Add("reason", Required, "say why you need to know who the children are: it is kept in the audit")
	case len([]rune(asked.Reason)) > longestReason:
		p.Add("reason", OutOfRange, fmt.Sprintf("is too long: give at most %d characters", longestReason))
	case !printable(asked.Reason):
		p.Add("reason", Format, "holds a character that cannot be printed")
	}
	if err := p.Err(); err != nil {
		return ChildList{}, err
	}
	args := []any{asked.Keys, t.store.today(), asked.Most}
	arg := placing(&args)
	condition, everybody := "true", true
	for _, c := range categories {
		condition += " AND " + t.scope.Reaches(c, "t.id", arg)
		everybody = everybody && t.scope.All(c)
	}
	school, allocated := "''", "'', '', '', '', ''"
	if t.viewer.Reads(access.Roll) {
		school = `coalesce((SELECT s.name FROM enrolment e JOIN school s ON s.id = e.school_id
			WHERE e.child_id = t.id AND e.from_date <= $2 AND coalesce(e.to_date, 'infinity') > $2 AND ` + t.scope.Reaches(access.Roll, "e.child_id", arg) + ` ORDER BY e.status, e.from_date DESC, e.id LIMIT 1), '')`
	}
	join := ""
	if t.viewer.Reads(access.Involvement) {
		allocated = "coalesce(w.name, ''), coalesce(w.telephone, ''), coalesce(w.service, ''), coalesce(w.role, ''), coalesce(w.team, '')"
		join = ` LEFT JOIN LATERAL (SELECT w.name, w.telephone, m.service, i.role, m.name AS team FROM involvement i JOIN worker w ON w.id = i.worker_id JOIN team m ON m.id = i.team_id
			WHERE i.child_id = t.id AND i.allocated AND i.from_date <= $2 AND coalesce(i.to_date, 'infinity') > $2 AND ` + t.scope.Reaches(access.Involvement, "i.child_id", arg) + `
			ORDER BY i.from_date DESC, i.id LIMIT 1) w ON true`
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.ListChildren */
		SELECT k.place - 1, count(*) OVER (), ARRAY(
			SELECT concat_ws(' ', n.forename, n.middle_names, n.surname) FROM child_name n JOIN name_type y ON y.code = n.type
			WHERE n.child_id = t.id ORDER BY n.to_date IS NOT NULL, y.position, n.id), `+school+`, `+allocated+`, `+childKind.columns()+`
		FROM unnest($1::bigint[]) WITH ORDINALITY k (id, place) JOIN `+childKind.from(childKind.Table)+` ON t.id = k.id`+join+`
		WHERE `+condition+` ORDER BY k.place LIMIT $3`, args...)
	if err != nil {
		return ChildList{}, fmt.Errorf("list the children: %w", err)
	}
	var list ChildList
	list.Children, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ListedChild, error) {
		c, i := ListedChild{Child: &Child{}}, Involved{}
		err := row.Scan(append([]any{&c.Place, &list.Seen, &c.Names, &c.School, &i.Worker, &i.Telephone, &i.Service, &i.Role, &i.Team}, childKind.targets(c.Child)...)...)
		if !t.viewer.Reads(access.CareStatus) {
			i.plainly()
		}
		c.Worker, c.Team = strings.TrimSpace(i.Worker+" "+i.Telephone), i.Team
		return c, err
	})
	if err != nil {
		return ChildList{}, fmt.Errorf("list the children: %w", err)
	}
	if list.Everybody = everybody; everybody {
		args := []any{asked.Counted}
		arg, condition := placing(&args), "true"
		for _, c := range categories {
			condition += " AND " + t.scope.Reaches(c, "t.id", arg)
		}
		rows, err := t.tx.Query(ctx, `/* records.Tx.ListChildren */ SELECT k.place - 1 FROM unnest($1::bigint[]) WITH ORDINALITY k (id, place) JOIN `+childKind.from(childKind.Table)+` ON t.id = k.id WHERE `+condition, args...)
		if err != nil {
			return ChildList{}, fmt.Errorf("find whom of the counted the viewer sees: %w", err)
		}
		if list.Counted, err = pgx.CollectRows(rows, pgx.RowTo[int]); err != nil {
			return ChildList{}, fmt.Errorf("find whom of the counted the viewer sees: %w", err)
		}
	}
	if hidden := len(asked.Keys) - list.Seen; !everybody && hidden >= fewHidden {
		list.Hidden = hidden
	}
	line := access.Entry{Action: "list", Kind: "children-behind", Fields: asked.Of, Reason: asked.Reason}
	for _, c := range list.Children {
		t.hide(childKind, c.Child)
		line.Records, line.Children = append(line.Records, c.Child.key), append(line.Children, c.Child.key)
	}
	return list, access.Audit(ctx, t.tx, t.viewer, line)
}

// MayList reports whether the viewer may know who the children of a list are that
// these facts make, of any child.
func MayList(v access.Viewer, facts []string) bool {
	_, ok := categoriesOf(v, facts)
	return ok
}

// categoriesOf are the categories of the kinds about children whose tables these are,
// identity first; false for a viewer who does not read one of them.
func categoriesOf(v access.Viewer, facts []string) ([]access.Category, bool) {
	categories := []access.Category{childKind.Category}
	for _, k := range Kinds() {
		if slices.Contains(facts, k.Table) && (k.PublicID || k.About()) && !slices.Contains(categories, k.Category) {
			categories = append(categories, k.Category)
		}
	}
	for _, c := range categories {
		if !v.Reads(c) {
			return nil, false
		}
	}
	return categories, true
}
