// Package house wires the rooms of OneVision into one running program. The
// wiring is a value that the command line, a test and a benchmark can run.
package house

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

// Place says where a house keeps its things.
type Place struct {
	Data        string // folder of everything the program keeps
	DatabaseURL string // a PostgreSQL superuser's URL; "": a private PostgreSQL in Data
	PostgresBin string // where the server binaries are; "": found
	Log         *slog.Logger
}

// Ground is the record store, up and migrated: what every command stands on.
type Ground struct {
	Place
	AdminURL  string
	FollowURL string
	Pool      *pgxpool.Pool
	server    *postgres.Server // nil: another program's, or not ours to stop
	letGo     func()           // ends keeping the server
	shared    bool
}

// connection is what a running program leaves in its data folder (mode 0600)
// so that a command of the same owner can use the private PostgreSQL with it.
type connection struct {
	AdminURL string `json:"admin_url"`
}

// Stand starts the private PostgreSQL (or connects to the one that is named, or
// shares that of a program already running on the same folder) and brings the
// schema up to date.
func Stand(ctx context.Context, p Place) (*Ground, error) {
	g := &Ground{Place: p}
	if err := g.start(ctx); err != nil {
		return nil, err
	}
	if err := g.open(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
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

func (g *Ground) start(ctx context.Context) error {
	if g.DatabaseURL != "" {
		if err := os.MkdirAll(g.Data, 0o711); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
		g.AdminURL = g.DatabaseURL
		return nil
	}
	// The private PostgreSQL makes the folder, once it knows that it could run
	// there: its user must pass whatever the umask, and a refusal leaves nothing.
	server, err := postgres.Start(ctx, g.postgres())
	if errors.Is(err, postgres.ErrInUse) {
		var c connection
		if e := readJSON(g.path("connection.json"), &c); e != nil {
			return err
		}
		g.AdminURL, g.shared = c.AdminURL, true
		return nil
	}
	if err != nil {
		return err
	}
	g.server = server
	keeping, stop := context.WithCancel(context.Background())
	kept := make(chan struct{})
	go func() { defer close(kept); server.Keep(keeping) }()
	g.letGo = func() { stop(); <-kept }
	g.AdminURL = server.URL("postgres")
	return nil
}

func (g *Ground) open(ctx context.Context) error {
	passwords, err := g.passwords(ctx)
	if err != nil {
		return err
	}
	if !g.shared {
		if err := schema.Prepare(ctx, g.AdminURL, passwords); err != nil {
			return err
		}
	}
	if g.server != nil {
		// Only now can another command share it: there are roles to connect as.
		if err := writeJSON(g.path("connection.json"), connection{AdminURL: g.AdminURL}); err != nil {
			return fmt.Errorf("leave the address of the record store for other commands: %w", err)
		}
	}
	appURL, err := schema.RoleURL(g.AdminURL, schema.App, passwords.App)
	if err != nil {
		return err
	}
	if g.FollowURL, err = schema.RoleURL(g.AdminURL, schema.Follower, passwords.Follow); err != nil {
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
	if g.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect to the record store: %w", err)
	}
	return g.underTheWall(ctx)
}

// passwords are those of the program's roles: of a private PostgreSQL beside it,
// of another in its database, where every program that uses it finds them.
func (g *Ground) passwords(ctx context.Context) (p schema.Passwords, err error) {
	if g.DatabaseURL != "" {
		return schema.KeptPasswords(ctx, g.AdminURL)
	}
	err = readJSON(g.path("passwords.json"), &p)
	if errors.Is(err, os.ErrNotExist) {
		p = schema.NewPasswords()
		err = writeJSON(g.path("passwords.json"), p)
	}
	if err != nil {
		return p, fmt.Errorf("read the database passwords: %w", err)
	}
	return p, nil
}

// underTheWall makes sure that row-level security holds for the program: a
// proxy, or an address with a user of its own, could make it somebody else.
func (g *Ground) underTheWall(ctx context.Context) error {
	var walled bool
	err := g.Pool.QueryRow(ctx, `/* house.Ground.underTheWall */
		SELECT current_user = $1 AND session_user = $1 AND NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user`,
		schema.App).Scan(&walled)
	if err != nil {
		return fmt.Errorf("connect to the record store: %w", err)
	}
	if !walled {
		return fmt.Errorf("the program reached the record store as somebody else than %s, whom row-level security might not stop: give --database-url the server's own address, without a user in its query", schema.App)
	}
	return nil
}

// Shared reports whether another program runs on the same data folder.
func (g *Ground) Shared() bool { return g.shared }

// Server is the private PostgreSQL that this program started; nil otherwise.
func (g *Ground) Server() *postgres.Server { return g.server }

// Close closes the connections and stops the private PostgreSQL that Stand
// started.
func (g *Ground) Close() error {
	if g.Pool != nil {
		g.Pool.Close()
	}
	if g.server == nil {
		return nil
	}
	g.letGo()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	os.Remove(g.path("connection.json"))
	return g.server.Stop(ctx)
}

func (g *Ground) path(name string) string { return filepath.Join(g.Data, name) }

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
