package access

// Responsibilities as people write them: by username, LAESTAB and the team's
// name, one by one or in a CSV file.

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// NamedResponsibility is one as a person writes it.
type NamedResponsibility struct {
	Username   string
	AnswersFor string // "authority", "school 8731234", "team North"
	Part       string // "lead", "deputy", "member"; "" is lead
	From, To   string // yyyy-mm-dd; To, the first day after, may be ""
}

// Unclear is what is wrong with one field of a NamedResponsibility.
type Unclear struct{ Field, Message string }

func (u *Unclear) Error() string { return u.Field + ": " + u.Message }

// Held is a responsibility that somebody has or will have.
type Held struct {
	Responsibility
	Username, Name, Email string
	AnswersFor            string // as NamedResponsibility has it
	MemberName            string // the school's or team's; "" for the authority
	OnLeave               bool   // that day
}

// List gives the responsibilities that hold on the day or later, by what they are
// for. by must be allowed to manage accounts (ErrNotAllowed).
func (r *Responsibilities) List(ctx context.Context, by Viewer, day time.Time) (held []Held, err error) {
	if !by.May(ManageAccounts) {
		return nil, ErrNotAllowed
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* access.Responsibilities.List */
			SELECT r.id, r.account_id, r.subject, coalesce(r.member, 0), r.part, r.from_date, coalesce(r.to_date, '0001-01-01'), a.username, a.display_name, coalesce(a.email, ''),
			       CASE r.subject WHEN 'school' THEN 'school ' || coalesce(s.laestab, '') WHEN 'team' THEN 'team ' || coalesce(t.name, '') WHEN 'area' THEN 'area ' || r.area ELSE 'authority' END,
			       coalesce(s.name, t.name, d.label, ''), EXISTS (SELECT FROM leave l WHERE l.account_id = a.id AND l.from_date <= $1 AND l.to_date > $1)
			FROM responsibility r JOIN account a ON a.id = r.account_id
			LEFT JOIN school s ON r.subject = 'school' AND s.id = r.member LEFT JOIN team t ON r.subject = 'team' AND t.id = r.member
			LEFT JOIN district d ON d.code = r.area
			WHERE (r.to_date IS NULL OR r.to_date > $1) AND a.disabled_at IS NULL
			ORDER BY r.subject, coalesce(s.name, t.name), r.part DESC, a.display_name, r.id`, day)
		held, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Held, error) {
			var h Held
			err := row.Scan(&h.ID, &h.Account, &h.Subject, &h.Member, &h.Part, &h.From, &h.To, &h.Username, &h.Name, &h.Email, &h.AnswersFor, &h.MemberName, &h.OnLeave)
			if h.To.Year() == 1 {
				h.To = time.Time{}
			}
			return h, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list who answers for what: %w", err)
	}
	return held, nil
}

// AssignNamed adds a responsibility unless it is there already, and says which.
// What is wrong with it is *Unclear.
func (r *Responsibilities) AssignNamed(ctx context.Context, by Viewer, n NamedResponsibility) (added bool, err error) {
	if !by.May(ManageAccounts) {
		return false, ErrNotAllowed
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		added, err = r.assignNamed(ctx, tx, by, n)
		return err
	})
	return added, err
}

func (r *Responsibilities) assignNamed(ctx context.Context, tx pgx.Tx, by Viewer, n NamedResponsibility) (added bool, err error) {
	found, err := find(ctx, tx, n)
	if err != nil {
		return false, err
	}
	var there bool
	err = tx.QueryRow(ctx, `/* access.Responsibilities.assignNamed */
		SELECT EXISTS (SELECT FROM responsibility WHERE account_id = $1 AND subject = $2 AND member IS NOT DISTINCT FROM $3 AND part = $4
			AND from_date = $5 AND to_date IS NOT DISTINCT FROM $6 AND area IS NOT DISTINCT FROM $7)`,
		found.Account, string(found.Subject), number(found.Member), string(found.Part), found.From, day(found.To), text(found.Area)).Scan(&there)
	if err != nil || there {
		return false, err
	}
	_, err = r.assign(ctx, tx, by, found)
	return err == nil, err
}

// find looks up what is named.
func find(ctx context.Context, tx pgx.Tx, n NamedResponsibility) (Responsibility, error) {
	var found Responsibility
	err := tx.QueryRow(ctx, `/* access.find */ SELECT id FROM account WHERE lower(username) = lower($1) AND disabled_at IS NULL`, strings.TrimSpace(n.Username)).Scan(&found.Account)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, &Unclear{"username", "nobody who may sign in has this username: check it, or add the account first"}
	}
	if err != nil {
		return found, fmt.Errorf("look for an account: %w", err)
	}
	subject, name, _ := strings.Cut(strings.TrimSpace(n.AnswersFor), " ")
	name = strings.TrimSpace(name)
	found.Subject = Subject(strings.ToLower(subject))
	lookup := map[Subject]string{
		OneSchool: `SELECT id::text FROM school WHERE laestab = replace($1, '/', '') AND to_date IS NULL`,
		OneTeam:   `SELECT id::text FROM team WHERE lower(name) = lower($1)`,
		OneArea:   `SELECT code FROM district WHERE lower(label) = lower($1) OR code = upper($1)`,
	}[found.Subject]
	switch {
	case found.Subject == WholeAuthority && name == "":
	case lookup == "" || name == "":
		return found, &Unclear{"answers_for", "write authority, school and its LAESTAB (school 8731234), team and its name (team North), or area and its district (area E07000008)"}
	default:
		rows, _ := tx.Query(ctx, `/* access.find */ `+lookup, name)
		keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return found, fmt.Errorf("look for a %s: %w", found.Subject, err)
		}
		if len(keys) != 1 {
			return found, &Unclear{"answers_for", fmt.Sprintf("there are %d %ss of that name or number, not one: check it, or record it first", len(keys), found.Subject)}
		}
		if found.Subject == OneArea {
			found.Area = keys[0]
		} else if found.Member, err = strconv.ParseInt(keys[0], 10, 64); err != nil {
			return found, fmt.Errorf("look for a %s: %w", found.Subject, err)
		}
	}
	switch found.Part = Part(strings.ToLower(strings.TrimSpace(n.Part))); found.Part {
	case "":
		found.Part = Lead
	case Lead, Deputy, Member:
	default:
		return found, &Unclear{"part", "write lead, deputy or member"}
	}
	if found.Part == Member && found.Subject == WholeAuthority || found.Part != Member && found.Subject == OneArea {
		return found, &Unclear{"part", "an area has members only, and the authority a lead and deputies"}
	}
	if found.From, err = time.Parse(time.DateOnly, strings.TrimSpace(n.From)); err != nil {
		return found, &Unclear{"from", "give the first day, as yyyy-mm-dd"}
	}
	if to := strings.TrimSpace(n.To); to != "" {
		if found.To, err = time.Parse(time.DateOnly, to); err != nil || !found.To.After(found.From) {
			return found, &Unclear{"to", "give the first day after the last, as yyyy-mm-dd, later than the first; leave it empty until further notice"}
		}
	}
	return found, nil
}

// responsibilityColumns are those of the file, in their order.
var responsibilityColumns = []string{"username", "answers_for", "part", "from", "to"}

// AssignFile reads a CSV file with the columns username, answers_for, part, from
// and to. All its rows go in or none: every row that cannot is told, by line. A
// second run of the same file changes nothing.
func (r *Responsibilities) AssignFile(ctx context.Context, by Viewer, file io.Reader) (added, same int, err error) {
	if !by.May(ManageAccounts) {
		return 0, 0, ErrNotAllowed
	}
	read := csv.NewReader(file)
	read.FieldsPerRecord = len(responsibilityColumns)
	head, err := read.Read()
	if err != nil || !slices.Equal(head, responsibilityColumns) {
		return 0, 0, fmt.Errorf("the first line must be %s", strings.Join(responsibilityColumns, ","))
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		var problems []error
		for {
			row, err := read.Read()
			if err == io.EOF {
				return errors.Join(problems...)
			}
			if err != nil {
				return err
			}
			line, _ := read.FieldPos(0)
			new, err := r.assignNamed(ctx, tx, by, NamedResponsibility{row[0], row[1], row[2], row[3], row[4]})
			var unclear *Unclear
			switch {
			case errors.As(err, &unclear):
				problems = append(problems, fmt.Errorf("line %d, %w", line, unclear))
			case err != nil:
				return err
			case new:
				added++
			default:
				same++
			}
		}
	})
	if err != nil {
		return 0, 0, err
	}
	return added, same, nil
}
