package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Options say where the private server lives and how it is set.
type Options struct {
	// Dir holds everything of one server: data/, secrets, lock and
	// postgres.log. It is created if missing.
	Dir string

	// BinDir is where initdb and postgres are. Empty means PATH and the usual
	// places of Debian, Red Hat, Homebrew and others; the newest version from
	// 15 on wins, or the version that made the data if there is data already.
	BinDir string

	// Settings are added to (and win over) the package's own; they are given
	// on the server's command line, so that nothing of them stays in the data.
	Settings map[string]string

	// Log receives what the package does. Nil means silence.
	Log *slog.Logger
}

// standard are the settings of every private server, for a machine of two
// cores and some 24 GiB that also runs the program and its DuckDB.
var standard = map[string]string{
	// The warehouse follows by logical replication. The bound on what a slot
	// may hold back keeps a follower that never returns from filling the disk.
	"wal_level":              "logical",
	"max_replication_slots":  "10",
	"max_wal_senders":        "10",
	"max_slot_wal_keep_size": "4GB",

	"shared_buffers":                  "256MB",
	"effective_cache_size":            "6GB",
	"work_mem":                        "32MB",
	"maintenance_work_mem":            "256MB",
	"max_wal_size":                    "4GB",
	"checkpoint_timeout":              "15min",
	"random_page_cost":                "1.1",
	"jit":                             "off", // the record store's queries are short
	"max_connections":                 "100",
	"timezone":                        "UTC",
	"log_timezone":                    "UTC",
	"lc_messages":                     "C",
	"logging_collector":               "off",
	"log_destination":                 "stderr",
	"log_line_prefix":                 "%m [%p] %q%u@%d ",
	"log_autovacuum_min_duration":     "-1",
	"log_checkpoints":                 "off",
	"log_min_duration_statement":      "-1",
	"log_error_verbosity":             "terse", // DETAIL repeats the row, and with it names of children
	"log_min_error_statement":         "panic", // so does the statement
	"log_parameter_max_length":        "0",
	"idle_session_timeout":            "0",
	"unix_socket_permissions":         "0700",
	"max_logical_replication_workers": "0", // nothing subscribes here
}

// fixed are the settings that make the server private and that Start itself
// decides; Options.Settings may not name them.
var fixed = []string{"listen_addresses", "unix_socket_directories", "port", "data_directory", "hba_file", "ident_file"}

// arguments returns the command line of the server, always in the same order,
// so that an orphan's can be compared with it.
func (o Options) arguments(data, socket string) ([]string, error) {
	settings := maps.Clone(standard)
	for name, value := range o.Settings {
		if slices.Contains(fixed, name) {
			return nil, fmt.Errorf("the setting %s of a private PostgreSQL cannot be changed: it listens on its own unix socket only", name)
		}
		settings[name] = value
	}
	settings["listen_addresses"] = ""
	settings["unix_socket_directories"] = socket
	args := []string{"-D", data, "-p", fmt.Sprint(port)}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args, nil
}

// place returns the directory with every symbolic link resolved, also when its
// last parts do not exist yet.
func (o Options) place() (string, error) {
	if o.Dir == "" {
		return "", errors.New("a private PostgreSQL needs a data directory: none was given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", fmt.Errorf("finding the data directory: %w", err)
	}
	missing := ""
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, missing), nil
		}
		if !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", fmt.Errorf("finding the data directory: %w", err)
		}
		missing = filepath.Join(filepath.Base(dir), missing)
		dir = filepath.Dir(dir)
	}
}

// DefaultDir returns where a server of this name lives when nobody says
// otherwise: /var/lib/onevision/<name> for root, and the user's own data
// folder ($XDG_DATA_HOME, else ~/.local/share) for everyone else.
func DefaultDir(name string) string {
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib/onevision", name)
	}
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "onevision", name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, ".local", "share", "onevision", name)
}
