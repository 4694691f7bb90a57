package county

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

// Persona is somebody to sign in to the demo as.
type Persona struct {
	Username    string
	DisplayName string
	Email       string // at example.invalid, which no mail can reach (RFC 2606)
	Role        access.Role
	Does        string // a line for whoever chooses between them
	// What they answer for: alerts find their readers by it.
	Authority, Schools, Teams bool
	// Whose children are theirs: those of the busiest worker of a team of that
	// service, as whom they work, and the pupils of the largest schools of that phase.
	WorksAs   string // a team's service
	WorksWith string // a phase
	HowMany   int    // schools
}

// Personas are the demo's accounts, one for each kind of user.
func Personas() []Persona {
	return []Persona{
		{Username: "director", DisplayName: "Dora Demoson", Email: "director@example.invalid", Role: access.Director,
			Does: "sees the whole authority's figures on a dashboard", Authority: true},
		{Username: "leadmember", DisplayName: "Lee Pretendley", Email: "leadmember@example.invalid", Role: access.LeadMember,
			Does: "the lead member for children: sees figures as published, without small numbers"},
		{Username: "manager", DisplayName: "Max Mockford", Email: "manager@example.invalid", Role: access.Manager,
			Does: "answers for the schools and teams, and gets the alerts about them", Schools: true, Teams: true},
		{Username: "analyst", DisplayName: "Anya Examplewell", Email: "analyst@example.invalid", Role: access.Analyst,
			Does: "works with the figures and takes them out as Excel"},
		{Username: "welfare", DisplayName: "Will Testerby", Email: "welfare@example.invalid", Role: access.WelfareOfficer,
			Does: "education welfare officer: sees pupils, their attendance, and which social worker to ring", WorksAs: "education-welfare"},
		{Username: "safeguarding", DisplayName: "Sam Invente", Email: "safeguarding@example.invalid", Role: access.SafeguardingLead,
			Does: "safeguarding lead of the largest secondary school: sees its pupils and who is involved with them", WorksWith: "secondary", HowMany: 1},
		{Username: "transport", DisplayName: "Tess Pretendham", Email: "transport@example.invalid", Role: access.TransportOfficer,
			Does: "transport officer: sees the name, address and school of pupils at special schools, and nothing else", WorksWith: "special", HowMany: 3},
		{Username: "socialworker", DisplayName: "Sadie Sampleham", Email: "socialworker@example.invalid", Role: access.SocialWorker,
			Does: "sees any child's page, and the cases of their own and of their team", WorksAs: "safeguarding"},
		{Username: "administrator", DisplayName: "Ada Inventley", Email: "administrator@example.invalid", Role: access.Administrator,
			Does: "keeps accounts, schools, teams and workers"},
	}
}

// Accounts makes the personas' accounts, marked as demo accounts, all with the
// one password, and says what they answer for: since the academic year of today
// (the day in Europe/London) began, so that a letter about it has a past. A persona who has an account already is left as it is. It
// runs after Generate: the schools must be there to be answered for.
func Accounts(ctx context.Context, pool *pgxpool.Pool, now func() time.Time, today time.Time, password string) error {
	by := access.System(access.Operating)
	accounts, responsibilities := access.NewAccounts(pool, now), access.NewResponsibilities(pool)
	began := september(dayOf(today).academicYear()).time()
	schools, teams, err := answered(ctx, pool)
	if err != nil {
		return fmt.Errorf("make the demo's accounts: %w", err)
	}
	for _, p := range Personas() {
		account, err := accounts.Add(ctx, by, access.NewAccount{
			Username: p.Username, DisplayName: p.DisplayName, Email: p.Email, Role: p.Role, Password: password, Demo: true,
		})
		if errors.Is(err, access.ErrTaken) {
			if account, err = accounts.ByUsername(ctx, by, p.Username); err == nil {
				err = relate(ctx, pool, account.ID, p, began)
			}
			if err != nil {
				return fmt.Errorf("say with whom the demo's account %s works: %w", p.Username, err)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("make the demo's account %s: %w", p.Username, err)
		}
		if err := relate(ctx, pool, account.ID, p, began); err != nil {
			return fmt.Errorf("say with whom the demo's account %s works: %w", p.Username, err)
		}
		var all []access.Responsibility
		if p.Authority {
			all = append(all, access.Responsibility{Subject: access.WholeAuthority})
		}
		if p.Schools {
			for _, id := range schools {
				all = append(all, access.Responsibility{Subject: access.OneSchool, Member: id})
			}
		}
		if p.Teams {
			for _, id := range teams {
				all = append(all, access.Responsibility{Subject: access.OneTeam, Member: id})
			}
		}
		for _, one := range all {
			one.Account, one.Part, one.From = account.ID, access.Lead, began
			if _, err := responsibilities.Assign(ctx, by, one); err != nil {
				return fmt.Errorf("say what the demo's account %s answers for: %w", p.Username, err)
			}
		}
	}
	return nil
}

// answered are the schools and teams that somebody must answer for.
func answered(ctx context.Context, pool *pgxpool.Pool) (schools, teams []int64, err error) {
	err = access.InTx(ctx, pool, access.System(access.Generating), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* county.answered */ SELECT id FROM school ORDER BY id`)
		if schools, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return fmt.Errorf("list the schools: %w", err)
		}
		rows, _ = tx.Query(ctx, `/* county.answered */ SELECT id FROM team ORDER BY id`)
		if teams, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return fmt.Errorf("list the teams: %w", err)
		}
		return nil
	})
	return schools, teams, err
}

// relate says with whom a persona works, unless it is said already.
func relate(ctx context.Context, pool *pgxpool.Pool, account int64, p Persona, from time.Time) error {
	return access.InTx(ctx, pool, access.System(access.Generating), func(tx pgx.Tx) error {
		if p.WorksAs != "" {
			_, err := tx.Exec(ctx, `/* county.relate */
				UPDATE worker SET account_id = $1, version = version + 1 WHERE NOT EXISTS (SELECT FROM worker WHERE account_id = $1) AND id = (
					SELECT w.id FROM worker w JOIN team t ON t.id = w.team_id LEFT JOIN involvement i ON i.worker_id = w.id AND i.to_date IS NULL
					WHERE t.service = $2 AND w.to_date IS NULL AND w.account_id IS NULL GROUP BY w.id ORDER BY count(i.id) DESC, w.id LIMIT 1)`, account, p.WorksAs)
			if err != nil {
				return err
			}
		}
		if p.WorksWith == "" {
			return nil
		}
		_, err := tx.Exec(ctx, `/* county.relate */
			INSERT INTO responsibility (account_id, subject, member, part, from_date)
			SELECT $1, 'school', s.id, 'member', $4 FROM school s LEFT JOIN enrolment e ON e.school_id = s.id AND e.to_date IS NULL
			WHERE s.phase = $2 AND NOT EXISTS (SELECT FROM responsibility WHERE account_id = $1)
			GROUP BY s.id ORDER BY count(e.id) DESC, s.id LIMIT $3`, account, p.WorksWith, p.HowMany, from)
		return err
	})
}
