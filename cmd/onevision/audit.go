package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/indicators"
	"onevision/records"
)

// auditCommand reads the audit and proves it.
type auditCommand struct {
	Child  auditChild  `cmd:"" help:"Who has looked at a child, or changed their record: the latest first."`
	Verify auditVerify `cmd:"" help:"Hold every line against the chain and its exported heads; exit code 1 if one is not what it was."`
}

type auditChild struct {
	Child  string `arg:"" help:"A UPN, an NHS number, another system's number, or the id in the address of the child's page."`
	Before int64  `help:"Lines before the one of this id."`
	JSON   bool   `name:"json" help:"As JSON."`
}

func (a *auditChild) Run(ctx context.Context, c *cli) error {
	env, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	_, looks, err := access.NewLooks(env.Pool, records.KindsByCategory()).AtChild(ctx, access.System(access.Operating), access.Sought{Text: a.Child}, a.Before)
	if err = errors.Join(err, env.Close()); err != nil {
		return err
	}
	if a.JSON {
		return json.NewEncoder(os.Stdout).Encode(looks)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "line\twhen\twho\trole\twhat\tof\treason")
	for _, l := range looks {
		who := l.Name
		if who == "" {
			who = l.Actor
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.At.In(indicators.London()).Format(time.DateTime), who, l.Role, l.Action, strings.TrimSpace(l.Kind+" "+strings.Join(l.Fields, ",")), l.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if n := len(looks); n == access.LooksAtOnce {
		fmt.Printf("There may be more: --before %d\n", looks[n-1].ID)
	}
	return nil
}

type auditVerify struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (a *auditVerify) Run(ctx context.Context, c *cli) error {
	env, err := app.Open(ctx, c.place(c.quiet()))
	if err != nil {
		return err
	}
	return errors.Join(a.run(ctx, env), env.Close())
}

func (a *auditVerify) run(ctx context.Context, env *app.Environment) error {
	chain := env.Chain(time.Now, nil)
	if err := chain.Open(); err != nil {
		return err
	}
	v, err := chain.Verify(ctx)
	if err != nil {
		return err
	}
	if a.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
			return err
		}
	} else {
		fmt.Print(verdictWords(v))
	}
	if !v.Whole() {
		return errors.New("the audit is not what it was")
	}
	return nil
}

func verdictWords(v access.Verdict) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, f := range v.Found {
		where := "a line"
		if f.Line > 0 {
			where = fmt.Sprintf("line %d", f.Line)
		}
		if f.Position > 0 {
			where += fmt.Sprintf(" (position %d)", f.Position)
		}
		say("%s %s", where, f.What)
	}
	if v.More > 0 {
		say("and %d more", v.More)
	}
	say("%d lines agree with the chain.", v.Lines)
	if v.HeadAt.IsZero() || v.Head == 0 {
		say("No head has been exported yet: no line is proven against somebody who takes lines off the end.")
	} else {
		say("Proven: those up to position %d, the head that was exported on %s.", v.Head, v.HeadAt.In(indicators.London()).Format(time.DateTime))
	}
	if v.Unproven > 0 {
		say("Not yet proven: %d lines after it, from line %d on. They are once the next head is exported, within the hour.", v.Unproven, v.FirstAfter)
	}
	if v.Pending > 0 {
		say("%d lines wait to be chained: the server does that.", v.Pending)
	}
	if v.Before > 0 {
		say("%d lines were chained with another key than the one in this data folder, and cannot be proven here.", v.Before)
	}
	return b.String()
}
