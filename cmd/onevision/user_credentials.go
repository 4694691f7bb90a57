package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/indicators"
)

// onAccount does something to the account of that username.
func (c *cli) onAccount(ctx context.Context, username string, fn func(all *access.Accounts, by access.Viewer, a access.Account) error) error {
	return c.accounts(ctx, func(all *access.Accounts, by access.Viewer) error {
		a, err := all.ByUsername(ctx, by, username)
		if err != nil {
			return err
		}
		return fn(all, by, a)
	})
}

type userEnable struct {
	Username string `arg:""`
}

func (u *userEnable) Run(ctx context.Context, c *cli) error {
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		if err := all.Enable(ctx, by, a.ID); err != nil {
			return err
		}
		fmt.Printf("%s may sign in again.\n", a.Username)
		return nil
	})
}

type userPassword struct {
	Username string `arg:""`
}

func (u *userPassword) Run(ctx context.Context, c *cli) error {
	fmt.Fprint(os.Stderr, "New password (at least 12 characters): ")
	password, err := readPassword()
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		if err := all.SetPassword(ctx, by, a.ID, password); err != nil {
			return err
		}
		fmt.Printf("%s has a new password, is signed out everywhere, and their tokens are revoked.\n", a.Username)
		return nil
	})
}

type userSessions struct {
	Username string `arg:""`
	End      int64  `help:"Sign out the session of this id, as the list shows it."`
	EndAll   bool   `help:"Sign out everywhere."`
}

func (u *userSessions) Run(ctx context.Context, c *cli) error {
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		switch {
		case u.EndAll:
			return all.EndSessions(ctx, by, a.ID)
		case u.End != 0:
			return all.EndSession(ctx, by, a.ID, u.End)
		}
		list, err := all.SignedIn(ctx, by, a.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tsince\tlast used\tbrowser")
		for _, s := range list {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", s.ID, localTime(s.Since), localTime(s.Used), s.Agent)
		}
		return w.Flush()
	})
}

type userTokens struct {
	Username string `arg:""`
	Revoke   int64  `help:"Revoke the token of this id, as the list shows it."`
}

func (u *userTokens) Run(ctx context.Context, c *cli) error {
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		if u.Revoke != 0 {
			return all.RevokeToken(ctx, by, a.ID, u.Revoke)
		}
		tokens, err := all.Tokens(ctx, by, a.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tfor\tonly\treads only\tuntil\tlast used\trevoked")
		for _, t := range tokens {
			fmt.Fprintf(w, "%d\t%s\t%v\t%v\t%s\t%s\t%s\n", t.ID, t.Name, t.Scope.Categories, t.Scope.ReadOnly, localTime(t.ExpiresAt), localTime(t.LastUsedAt), localTime(t.RevokedAt))
		}
		return w.Flush()
	})
}

// localTime is a time as people here read it, "never" for none.
func localTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(indicators.London()).Format(time.DateTime)
}
