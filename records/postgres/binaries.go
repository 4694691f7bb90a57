package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// ErrNoBinaries means that this machine has no PostgreSQL server that the
// program can start. Its text says what to install.
var ErrNoBinaries = errors.New("no PostgreSQL server of version 15 or newer was found: install it (Debian and Ubuntu: apt-get install postgresql-15; Red Hat: dnf install postgresql-server; macOS: brew install postgresql@15), or set DATABASE_URL to a server that already runs")

// oldest is the first version with column lists in publications, which keep
// private columns out of the warehouse.
const oldest = 15

// usualPlaces are where packagers put the server, which is rarely on PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // postgresql.org's packages for Red Hat
	"/usr/lib/postgresql*/bin",                           // SUSE
	"/usr/libexec/postgresql*",                           // Alpine
	"/usr/bin",                                           // Fedora, Arch
	"/usr/local/bin",                                     // built by hand, FreeBSD, the docker image
	"/usr/local/pgsql/bin",                               // built by hand, the default prefix
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple silicon
	"/opt/homebrew/bin",                                  //
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin", //
}

// binaries are the programs of one installed server.
type binaries struct {
	dir   string // real path, so that the server finds its own share folder
	major int
	minor int
}

func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }
func (b binaries) initdb() string   { return filepath.Join(b.dir, "initdb") }

// findBinaries returns the newest server in binDir, or, when that is empty, in
// PATH and the usual places. With major not 0 only that version will do,
// because the data was made by it and no other can read it.
func findBinaries(binDir string, major int) (binaries, error) {
	var best binaries
	var found []string
	for _, dir := range candidates(binDir) {
		b, ok := inspect(dir)
		if !ok {
			continue
		}
		found = append(found, fmt.Sprintf("%d.%d in %s", b.major, b.minor, b.dir))
		if b.major < oldest || (major != 0 && b.major != major) {
			continue
		}
		if b.major > best.major || b.major == best.major && b.minor > best.minor {
			best = b
		}
	}
	switch {
	case best.major != 0:
		return best, nil
	case len(found) > 0 && major != 0:
		return best, fmt.Errorf("the data was made by PostgreSQL %d and this machine has only %s: install PostgreSQL %d, or choose another data directory", major, strings.Join(found, ", "), major)
	case binDir != "":
		return best, fmt.Errorf("%s: %w", binDir, ErrNoBinaries)
	}
	return best, ErrNoBinaries
}

// candidates returns real folders, each once, PATH first.
func candidates(binDir string) []string {
	dirs := []string{binDir}
	if binDir == "" {
		dirs = filepath.SplitList(os.Getenv("PATH"))
		for _, pattern := range usualPlaces {
			matches, _ := filepath.Glob(pattern) // the patterns are constants and well formed
			dirs = append(dirs, matches...)
		}
	}
	var out []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		// The link that matters is the program's, not the folder's: Debian
		// machines often have /usr/local/bin/postgres pointing elsewhere.
		program, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || !filepath.IsAbs(program) || seen[filepath.Dir(program)] {
			continue
		}
		seen[filepath.Dir(program)] = true
		out = append(out, filepath.Dir(program))
	}
	return out
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`)

// inspect asks the server in dir for its version. A folder without initdb
// holds a client or half an installation and will not do.
func inspect(dir string) (binaries, bool) {
	b := binaries{dir: dir}
	if _, err := exec.LookPath(b.initdb()); err != nil {
		return b, false
	}
	out, err := exec.Command(b.postgres(), "--version").Output()
	if err != nil {
		return b, false
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return b, false
	}
	b.major, _ = strconv.Atoi(string(m[1])) // digits by the pattern
	b.minor, _ = strconv.Atoi(string(m[2])) // 0 for a beta, which has none
	return b, true
}

// madeBy returns the major version that made the data, 0 if there is none.
func madeBy(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading which PostgreSQL made the data: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading which PostgreSQL made the data in %s: %w", data, err)
	}
	return major, nil
}
