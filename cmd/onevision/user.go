package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"onevision/access"
	"onevision/cmd/app"
)

// userCommand keeps accounts from the command line of the machine itself,
// audited as the operator's.
type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add an account. Its password is read from standard input."`
	List    userList    `cmd:"" help:"List the accounts."`
	Disable userDisable `cmd:"" help:"Disable an account: it is signed out everywhere and its tokens end."`
	Enable  userEnable  `cmd:"" help:"Let a disabled account sign in again, by the password that it had."`

	Link   userLink   `cmd:"" help:"Join an account to somebody at the organisation's own sign-in."`
	Unlink userUnlink `cmd:"" help:"Part an account from the organisation's own sign-in: it is signed out everywhere and its tokens end."`

	Password userPassword `cmd:"" help:"Give an account another password, read from standard input: it is signed out everywhere and its tokens end."`
	Sessions userSessions `cmd:"" help:"List where an account is signed in, and sign it out."`
	Token    userToken    `cmd:"" help:"Issue an API token for an account, and print it once."`
	Tokens   userTokens   `cmd:"" help:"List an account's tokens, and revoke one."`
}

func (c *cli) accounts(ctx context.Context, fn func(*access.Accounts, access.Viewer) error) error {
	g, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(fn(access.NewAccounts(g.Pool, time.Now), access.System(access.Operating)), g.Close())
}

type userAdd struct {
	Username string `arg:""`
	Name     string `required:"" help:"The person's name, for pages that greet them."`
	Role     string `required:"" help:"One of: ${roles}." `
	Email    string `help:"Where alerts go."`
}

func (u *userAdd) Run(ctx context.Context, c *cli) error {
	fmt.Fprint(os.Stderr, "Password (at least 12 characters; empty for an account that uses tokens only): ")
	password, err := readPassword()
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	return c.accounts(ctx, func(accounts *access.Accounts, by access.Viewer) error {
		a, err := accounts.Add(ctx, by, access.NewAccount{Username: u.Username, DisplayName: u.Name, Email: u.Email,
			Role: access.Role(u.Role), Password: password})
		if err != nil {
			return fmt.Errorf("add the account: %w", err)
		}
		fmt.Printf("Added account %d, %s.\n", a.ID, a.Username)
		if a.NeedsSMTPUTF8() {
			fmt.Println("Their address has letters beyond ASCII: mail reaches it only if every mail server on the way knows SMTPUTF8. Give an ASCII address if they have one.")
		}
		return nil
	})
}

// readPassword reads a line; at a terminal, without showing it. No line at all is
// an empty password.
func readPassword() (string, error) {
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

type userList struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (u *userList) Run(ctx context.Context, c *cli) error {
	return c.accounts(ctx, func(accounts *access.Accounts, by access.Viewer) error {
		all, err := accounts.List(ctx, by)
		if err != nil {
			return err
		}
		if u.JSON {
			return json.NewEncoder(os.Stdout).Encode(all)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "id\tusername\trole\tname\tstate")
		for _, a := range all {
			state := "enabled"
			if !a.Enabled() {
				state = "disabled since " + a.DisabledAt.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", a.ID, a.Username, a.Role, a.DisplayName, state)
		}
		return w.Flush()
	})
}

type userDisable struct {
	Username string `arg:""`
}

func (u *userDisable) Run(ctx context.Context, c *cli) error {
	return c.accounts(ctx, func(accounts *access.Accounts, by access.Viewer) error {
		a, err := accounts.ByUsername(ctx, by, u.Username)
		if err != nil {
			return err
		}
		if err := accounts.Disable(ctx, by, a.ID); err != nil {
			return err
		}
		fmt.Printf("Disabled %s.\n", a.Username)
		return nil
	})
}

type userToken struct {
	Username string        `arg:""`
	Name     string        `default:"command line" help:"What the token is for."`
	For      time.Duration `default:"2160h" help:"How long it works."`
	Only     []string      `help:"Categories of record that it is limited to, with commas between them: education,sen. Default: all that the account may."`
	ReadOnly bool          `help:"It changes nothing."`
}

func (u *userToken) Run(ctx context.Context, c *cli) error {
	return c.accounts(ctx, func(accounts *access.Accounts, by access.Viewer) error {
		a, err := accounts.ByUsername(ctx, by, u.Username)
		if err != nil {
			return err
		}
		scope := access.Scoped{ReadOnly: u.ReadOnly}
		for _, category := range u.Only {
			scope.Categories = append(scope.Categories, access.Category(category))
		}
		secret, err := accounts.IssueScopedToken(ctx, by, a.ID, u.Name, u.For, scope)
		if err != nil {
			return err
		}
		fmt.Println(secret)
		return nil
	})
}
