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
}

// Personas are the demo's accounts, one for each kind of user.
func Personas() []Persona {
	return []Persona{
		{Username: "director", DisplayName: "Dora Demoson", Email: "director@example.invalid", Role: access.Director,
			Does: "sees the whole authority's figures on a dashboard", Authority: true},
		{Username: "manager", DisplayName: "Max Mockford", Email: "manager@example.invalid", Role: access.Manager,
			Does: "answers for the schools and teams, and gets the alerts about them", Schools: true, Teams: true},
		{Username: "analyst", DisplayName: "Anya Examplewell", Email: "analyst@example.invalid", Role: access.Analyst,
			Does: "works with the figures and takes them out as Excel"},
		{Username: "welfare", DisplayName: "Will Testerby", Email: "welfare@example.invalid", Role: access.WelfareOfficer,
			Does: "education welfare officer: maintains attendance and enrolments"},
		{Username: "socialworker", DisplayName: "Sadie Sampleham", Email: "socialworker@example.invalid", Role: access.SocialWorker,
			Does: "maintains social-care and looked-after records"},
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
			continue
		}
		if err != nil {
			return fmt.Errorf("make the demo's account %s: %w", p.Username, err)
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
