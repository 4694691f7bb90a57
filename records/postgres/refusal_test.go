package postgres

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoBinaries(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachable(t), "data directory")
	_, err := Start(t.Context(), Options{Dir: dir, BinDir: t.TempDir()})
	if !errors.Is(err, ErrNoBinaries) || !strings.Contains(err.Error(), "apt-get install postgresql-15") || strings.Contains(err.Error(), "\n") {
		t.Errorf("without binaries: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the refusal left a directory behind")
	}
}

func TestOnlyTheVersionOfTheDataWillDo(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 99") {
		t.Errorf("data of version 99: %v", err)
	}
}

// The outermost folder that shuts the server's user out is named. The user
// here has a number that no machine gives out, so anybody can run this.
func TestUnreachableFolderIsNamed(t *testing.T) {
	t.Parallel()
	home := filepath.Join(reachable(t), "home")
	clone := filepath.Join(home, "clone")
	for _, dir := range []string{home, clone} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	home, err := filepath.EvalSymlinks(home)
	if err != nil {
		t.Fatal(err)
	}
	a := account{name: "postgres", uid: 3_000_000_000, gid: 3_000_000_000, change: true}
	data := filepath.Join(home, "clone", "not yet", "there")
	var unreachable *UnreachableError
	if err := a.reaches(data); !errors.As(err, &unreachable) || unreachable.Folder != home {
		t.Fatalf("reaching %s: %v", data, err)
	}
	if text := unreachable.Error(); !strings.Contains(text, home+" (mode 0700)") || !strings.Contains(text, "--data") {
		t.Errorf("the sentence is: %s", text)
	}
	for _, dir := range []string{home, clone} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.reaches(data); err != nil {
		t.Errorf("with passable folders: %v", err)
	}

	if os.Geteuid() != 0 {
		return // an ordinary user's server is the user's own
	}
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: data}); !errors.As(err, &unreachable) || unreachable.Folder != home {
		t.Errorf("Start below a closed home: %v", err)
	}
	if _, err := os.Stat(filepath.Join(clone, "not yet")); err == nil {
		t.Error("the refusal left a directory behind")
	}
}

func TestLongDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachable(t), strings.Repeat("long/", 30), strings.Repeat("l", 200))
	s := start(t, Options{Dir: dir, Settings: quick})
	ask(t, s, `SELECT 1`)
	if n := len(s.SocketDir()) + len("/.s.PGSQL.5432"); n > 100 {
		t.Errorf("the socket's path has %d bytes", n)
	}
}

func TestForeignSocketFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	a, err := chooseAccount(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	socket := socketPath(real, a)
	defer os.Remove(socket)
	refused := func(what string) {
		t.Helper()
		s, err := Start(t.Context(), Options{Dir: dir, Settings: quick})
		if err == nil {
			stop(t, s)
		}
		if err == nil || !strings.Contains(err.Error(), socket) {
			t.Errorf("with %s: %v", what, err)
		}
	}
	if err := os.Mkdir(socket, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o777); err != nil {
		t.Fatal(err)
	}
	refused("a folder open to all")
	if os.Geteuid() == 0 {
		if err := errors.Join(os.Chmod(socket, 0o700), os.Chown(socket, 12345, 12345)); err != nil {
			t.Fatal(err)
		}
		refused("a folder of another user's")
	}
	if err := errors.Join(os.Remove(socket), os.Symlink(dir, socket)); err != nil {
		t.Fatal(err)
	}
	refused("a symbolic link")
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	ask(t, start(t, Options{Dir: dir, Settings: quick}), `SELECT 1`)
}

func TestFailureShowsTheLog(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	_, err := Start(t.Context(), Options{Dir: dir, Settings: map[string]string{"fsync": "off", "shared_buffers": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers": "plenty"`) {
		t.Errorf("a bad setting: %v", err)
	}
	start(t, Options{Dir: dir, Settings: quick}) // the failure is not in the way
}

func TestPrivacyIsNotASetting(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: reachable(t), Settings: map[string]string{"listen_addresses": "*"}})
	if err == nil || !strings.Contains(err.Error(), "listen_addresses") {
		t.Errorf("listening to all: %v", err)
	}
}

func TestLostSecrets(t *testing.T) {
	t.Parallel()
	o := Options{Dir: reachable(t), Settings: quick}
	s := start(t, o)
	stop(t, s)
	path := filepath.Join(s.Dir(), "secrets")
	if err := os.WriteFile(path, []byte(`{"onevision_admin":"another"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "another\"") {
		t.Errorf("with a wrong password: %v", err)
	}
	if _, err := os.Stat(s.SocketDir()); err == nil {
		t.Error("the failure left the folder of the socket behind")
	}
	if left := family(0, s.data); len(left) > 0 {
		t.Errorf("the server that knows another password still runs: %v", left)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("without secrets: %v", err)
	}
}

func TestDefaultDir(t *testing.T) {
	want := "/var/lib/onevision/demo"
	if os.Geteuid() != 0 {
		want = "/elsewhere/onevision/demo"
	}
	t.Setenv("XDG_DATA_HOME", "/elsewhere")
	if got := DefaultDir("demo"); got != want {
		t.Errorf("DefaultDir gave %s, want %s", got, want)
	}
	if os.Geteuid() == 0 {
		return
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/home/of/someone")
	if got := DefaultDir("demo"); got != "/home/of/someone/.local/share/onevision/demo" {
		t.Errorf("DefaultDir gave %s", got)
	}
}
