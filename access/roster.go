package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Roster is who answers for what on one day, read once for whoever has many
// questions about that day. The zero Roster knows nobody.
type Roster struct{ by map[post][]Responsible }

type post struct {
	subject Subject
	member  int64
}

// On is the roster of that day.
func (r *Responsibilities) On(ctx context.Context, day time.Time) (Roster, error) {
	rows, _ := r.pool.Query(ctx, `/* access.Responsibilities.On */
		SELECT r.subject, coalesce(r.member, 0), a.id, a.display_name, a.email, CASE WHEN bool_or(r.part = 'lead') THEN 'lead' ELSE 'deputy' END, min(r.from_date),
		       EXISTS (SELECT FROM leave l WHERE l.account_id = a.id AND l.from_date <= $1 AND l.to_date > $1)
		FROM responsibility r JOIN account a ON a.id = r.account_id
		WHERE r.from_date <= $1 AND (r.to_date IS NULL OR r.to_date > $1) AND a.disabled_at IS NULL AND a.email <> '' AND r.part <> 'member'
		GROUP BY r.subject, r.member, a.id`, day)
	roster := Roster{by: map[post][]Responsible{}}
	var at post
	var p Responsible
	_, err := pgx.ForEachRow(rows, []any{&at.subject, &at.member, &p.Account, &p.DisplayName, &p.Email, &p.Part, &p.Since, &p.Away}, func() error {
		p.Subject = at.subject
		roster.by[at] = append(roster.by[at], p)
		return nil
	})
	if err != nil {
		return Roster{}, fmt.Errorf("read who answers for what: %w", err)
	}
	for at, people := range roster.by {
		slices.SortFunc(people, func(a, b Responsible) int {
			return cmp.Or(-cmp.Compare(a.Part, b.Part), cmp.Compare(a.Account, b.Account)) // leads first
		})
		if present := slices.DeleteFunc(slices.Clone(people), func(p Responsible) bool { return p.Away }); len(present) > 0 {
			roster.by[at] = present
		}
	}
	return roster, nil
}

// For gives who answers for the subject (member: the id of the school or team) and
// can be written to: leads first, then deputies. Whoever is on leave is left out
// where somebody else answers too. If nobody does, those who answer for the
// authority stand in, and Instead says so; if nobody does that either, the list is
// empty.
func (r Roster) For(subject Subject, member int64) []Responsible {
	if people := r.by[post{subject, member}]; len(people) > 0 {
		return slices.Clone(people)
	}
	people := slices.Clone(r.by[post{WholeAuthority, 0}])
	for i := range people {
		people[i].Instead = subject != WholeAuthority
	}
	return people
}
