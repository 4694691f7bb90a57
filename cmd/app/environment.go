// Package app wires the packages of OneVision into one running program. The
// wiring is a value that the command line, a test and a benchmark can run.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/records/postgres"
	"onevision/records/schema"
)

// Place says where the app keeps its things.
type Place struct {
	Data        string // folder of everything the program keeps
	DatabaseURL string // a PostgreSQL superuser's URL; "": a private PostgreSQL in Data
	PostgresBin string // where the server binaries are; "": found
	Serve       bool   // the program will serve the database: only one may (see lease)
	Indicators  string // folder of the authority's own definitions; "": none
	TakeOver    bool   // with Serve: a program that serves it is asked to stop
	Log         *slog.Logger
}

// Environment is the record store, started, reached and migrated: what every command needs first.
type Environment struct {
	Place
	AdminURL  string
	FollowURL string
	Pool      *pgxpool.Pool
	server    *postgres.Server // nil: another program's, or not ours to stop
	letGo     func()           // ends keeping the server
	shared    bool
	lease     *lease // nil: this program does not serve
}

// connection is what a running program leaves in its data folder (mode 0600)
// so that a command of the same owner can use the private PostgreSQL with it.
type connection struct {
	AdminURL string `json:"admin_url"`
}

// Open starts the private PostgreSQL (or connects to the one that is named, or
// shares that of a program already running on the same folder) and brings the
// schema up to date.
func Open(ctx context.Context, p Place) (*Environment, error) {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	env := &Environment{Place: p}
	if err := env.start(ctx); err != nil {
		return nil, err
	}
	if err := env.open(ctx); err != nil {
		return nil, errors.Join(err, env.Close())
	}
	return env, nil
}

// postgres is how the folder's private PostgreSQL is run.
func (p Place) postgres() postgres.Options {
	return postgres.Options{Dir: filepath.Join(p.Data, "postgres"), BinDir: p.PostgresBin, Log: p.Log,
		Settings: map[string]string{"shared_buffers": postgresMemory()}}
}

// Halt makes sure that nothing runs on the folder's private PostgreSQL: one that
// a killed program left is stopped. postgres.ErrInUse if a program runs.
func (p Place) Halt(ctx context.Context) error {
	server, err := postgres.Start(ctx, p.postgres())
	if err != nil {
		return err
	}
	return server.Stop(ctx)
}

func (env *Environment) start(ctx context.Context) error {
	if env.DatabaseURL != "" {
		if err := os.MkdirAll(env.Data, 0o711); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
		env.AdminURL = env.DatabaseURL
		return nil
	}
	// The private PostgreSQL makes the folder, once it knows that it could run
	// there: its user must pass whatever the umask, and a refusal leaves nothing.
	server, err := postgres.Start(ctx, env.postgres())
	if errors.Is(err, postgres.ErrInUse) {
		var c connection
		if e := readJSON(env.path("connection.json"), &c); e != nil {
			return err
		}
		env.AdminURL, env.shared = c.AdminURL, true
		return nil
	}
	if err != nil {
		return err
	}
	env.server = server
	keeping, stop := context.WithCancel(context.Background())
	kept := make(chan struct{})
	go func() { defer close(kept); server.Keep(keeping) }()
	env.letGo = func() { stop(); <-kept }
	env.AdminURL = server.URL("postgres")
	return nil
}

func (env *Environment) open(ctx context.Context) error {
	prepare, err := env.mayPrepare(ctx)
	if err != nil {
		return err
	}
	passwords, err := env.passwords(ctx)
	if err != nil {
		return err
	}
	if prepare {
		if err := schema.Prepare(ctx, env.AdminURL, passwords); err != nil {
			return err
		}
	}
	if env.lease != nil {
		if err := env.lease.write(ctx); err != nil {
			return err
		}
	}
	if env.server != nil {
		// Only now can another command share it: there are roles to connect as.
		if err := writeJSON(env.path("connection.json"), connection{AdminURL: env.AdminURL}); err != nil {
			return fmt.Errorf("leave the address of the record store for other commands: %w", err)
		}
	}
	appURL, err := schema.RoleURL(env.AdminURL, schema.App, passwords.App)
	if err != nil {
		return err
	}
	if env.FollowURL, err = schema.RoleURL(env.AdminURL, schema.Follower, passwords.Follow); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(appURL)
	if err != nil {
		return errors.New("read the address of the record store: it is not a postgres:// URL")
	}
	config.MaxConns = 16
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.ConnectTimeout = 5 * time.Second // the pool waits for no request's sake
	config.ConnConfig.RuntimeParams["application_name"] = "onevision"
	if env.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect to the record store: %w", err)
	}
	return env.underRowSecurity(ctx)
}

// mayPrepare says whether this program may make roles, passwords and the schema:
// with the lease, or as a command while nobody serves the database.
func (env *Environment) mayPrepare(ctx context.Context) (bool, error) {
	if env.shared {
		return false, nil
	}
	if env.Serve {
		var err error
		env.lease, err = takeLease(ctx, env.AdminURL, env.Data, env.TakeOver)
		return err == nil, err
	}
	conn, err := leaseConnect(ctx, env.AdminURL)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	holder, err := served(ctx, conn)
	if err != nil || holder == nil {
		return err == nil, err
	}
	// The passwords of a private PostgreSQL are beside it, and not for this folder.
	kept, err := schema.HasKeptPasswords(ctx, conn)
	if err == nil && !kept {
		err = fmt.Errorf("this database is the private one of a running program (%s): give --data that folder, and no --database-url", holder)
	}
	return false, err
}

// passwords are those of the program's roles: of a private PostgreSQL beside it,
// of another in its database, where every program that uses it finds them.
func (env *Environment) passwords(ctx context.Context) (p schema.Passwords, err error) {
	if env.DatabaseURL != "" {
		return schema.KeptPasswords(ctx, env.AdminURL)
	}
	err = readJSON(env.path("passwords.json"), &p)
	if errors.Is(err, os.ErrNotExist) {
		p = schema.NewPasswords()
		err = writeJSON(env.path("passwords.json"), p)
	}
	if err != nil {
		return p, fmt.Errorf("read the database passwords: %w", err)
	}
	return p, nil
}

// underRowSecurity makes sure that row-level security holds for the program: a
// proxy, or an address with a user of its own, could make it somebody else.
func (env *Environment) underRowSecurity(ctx context.Context) error {
	var bound bool
	err := env.Pool.QueryRow(ctx, `/* app.Environment.underRowSecurity */
		SELECT current_user = $1 AND session_user = $1 AND NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user`,
		schema.App).Scan(&bound)
	if err != nil {
		return fmt.Errorf("connect to the record store: %w", err)
	}
	if !bound {
		return fmt.Errorf("the program reached the record store as somebody else than %s, whom row-level security might not stop: give --database-url the server's own address, without a user in its query", schema.App)
	}
	return nil
}

// Shared reports whether another program runs on the same data folder.
func (env *Environment) Shared() bool { return env.shared }

// Server is the private PostgreSQL that this program started; nil otherwise.
func (env *Environment) Server() *postgres.Server { return env.server }

// Close chains what was written to the audit, closes the connections and stops the
// private PostgreSQL that Open started.
func (env *Environment) Close() error {
	if env.Pool != nil {
		env.catchUp()
		env.Pool.Close()
	}
	env.lease.release()
	if env.server == nil {
		return nil
	}
	env.letGo()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	os.Remove(env.path("connection.json"))
	return env.server.Stop(ctx)
}

func (env *Environment) path(name string) string { return filepath.Join(env.Data, name) }

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s is not readable: remove it, or put it back from a backup", path)
	}
	return nil
}

// writeJSON writes a file that only its owner can read, whole or not at all.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	next := path + ".next"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
