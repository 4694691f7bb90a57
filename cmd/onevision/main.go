// Command onevision is the whole product: the record of every child of a local
// authority, the warehouse that follows it, and the dashboards on top.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	_ "time/tzdata" // the binary carries its time zones

	"github.com/alecthomas/kong"

	"onevision/access"
	"onevision/cmd/app"
	"onevision/records"
	"onevision/records/postgres"
)

// Exit codes: 0 done; 1 it failed, or a check found a difference; 2 the
// command line was wrong; 3 done in part (an import with rejects or rows that
// match nobody).
const (
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3
)

// errPartial ends a command that did part of its work and said which.
var errPartial = errors.New("")

type cli struct {
	Data        string `help:"Folder of everything the program keeps. Default: one for each folder the program is started in." placeholder:"DIR" env:"ONEVISION_DATA"`
	DatabaseURL string `name:"database-url" help:"PostgreSQL to use, as a superuser's URL. Default: a private PostgreSQL in the data folder." placeholder:"URL" env:"DATABASE_URL"`
	PostgresBin string `name:"postgres-bin" help:"Folder of PostgreSQL's server programs. Default: found." placeholder:"DIR" env:"ONEVISION_POSTGRES_BIN"`
	Own         string `name:"indicators" help:"Folder of the authority's own definitions of indicators, targets and alert rules, which add to the library or replace its own. A running server takes what changes there." placeholder:"DIR" env:"ONEVISION_INDICATORS"`
	Verbose     bool   `short:"v" help:"Say more of what happens."`

	Demo        demoCommand        `cmd:"" help:"A demo county of invented people, everything running."`
	Serve       serveCommand       `cmd:"" help:"The server."`
	Import      importCommand      `cmd:"" help:"Read files into the record store; list and undo what was read in."`
	Indicators  indicatorsCommand  `cmd:"" help:"The library of indicators."`
	Publish     publishCommand     `cmd:"" help:"Publish the authority's figures for those who see published ones alone."`
	Comparators comparatorsCommand `cmd:"" help:"Published figures of other areas."`
	Warehouse   warehouseCommand   `cmd:"" help:"The warehouse that follows the record store."`
	Doctor      doctorCommand      `cmd:"" help:"Say what this machine, the record store's server and the mail server lack, and how to mend it; exit code 1 if something does."`
	User        userCommand        `cmd:"" help:"Accounts and API tokens."`

	Start          startCommand          `cmd:"" help:"Say what a new authority still lacks, and the next step for each."`
	Responsibility responsibilityCommand `cmd:"" help:"Who answers for which school, team or the whole authority."`
	Audit          auditCommand          `cmd:"" help:"Who looked at whom, and whether the audit is what it was."`
	Restrict       restrictCommand       `cmd:"" help:"Records of children that exist for a named few only."`
}

func main() {
	var c cli
	parser := kong.Must(&c, kong.Name("onevision"),
		kong.Description("One record for every child, and the numbers on top of it."),
		kong.Vars{"roles": roles(), "formats": formats(), "sources": strings.Join(records.Sources(), ", ")},
		kong.UsageOnError(), kong.Exit(func(code int) {
			if code != 0 {
				code = exitUsage
			}
			os.Exit(code)
		}))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(&c)
	switch {
	case err == nil:
	case errors.Is(err, errPartial):
		os.Exit(exitPartial)
	default:
		fmt.Fprintln(os.Stderr, "onevision:", err)
		os.Exit(exitFailed)
	}
}

func (c *cli) log() *slog.Logger {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// quiet is the log of a command whose output is the point: warnings only.
func (c *cli) quiet() *slog.Logger {
	if c.Verbose {
		return c.log()
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func roles() string {
	var names []string
	for _, r := range access.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func (c *cli) place(log *slog.Logger) app.Place {
	data := c.Data
	if data == "" {
		data = defaultData()
	}
	if abs, err := filepath.Abs(data); err == nil {
		data = abs
	}
	return app.Place{Data: data, DatabaseURL: c.DatabaseURL, PostgresBin: c.PostgresBin, Indicators: c.Own, Log: log}
}

// defaultData is a data folder for the folder that the program is started in:
// two clones on one machine do not meet.
func defaultData() string {
	dir, err := os.Getwd()
	if err != nil {
		return postgres.DefaultDir("default")
	}
	sum := sha256.Sum256([]byte(dir))
	return postgres.DefaultDir(filepath.Base(dir) + "-" + hex.EncodeToString(sum[:3]))
}
