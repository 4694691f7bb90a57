package postgrestest

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"onevision/records/postgres"
)

//go:embed testdata/clock.c
var clockSource []byte

// ServerWithClock gives the test a server of its own, whose clock can be set:
// that of the machine, and so much more. The C compiler that the program itself
// is built with makes what the server then loads.
func ServerWithClock(t testing.TB, settings map[string]string) (server *postgres.Server, set func(more time.Duration)) {
	t.Helper()
	var clock string
	r := theRun(t)
	server = start(t, settings, func(dir string) (string, error) {
		clock = filepath.Join(dir, "clock")
		if err := os.WriteFile(clock, make([]byte, 8), 0o644); err != nil {
			return "", err
		}
		library := filepath.Join(dir, "clock.so")
		if err := compile(clockSource, library); err != nil {
			return "", err
		}
		if _, err := r.copyPrepared(dir); err != nil {
			return "", err
		}
		return wrap(dir, "LD_PRELOAD='"+library+"' CLOCK='"+clock+"'")
	})
	return server, func(more time.Duration) {
		t.Helper()
		file, err := os.OpenFile(clock, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := binary.Write(file, binary.NativeEndian, int64(more/time.Second)); err != nil {
			t.Fatal(err)
		}
	}
}

func compile(source []byte, library string) error {
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	path := library + ".c"
	if err := os.WriteFile(path, source, 0o600); err != nil {
		return err
	}
	if out, err := exec.Command(compiler, "-O1", "-shared", "-fPIC", "-o", library, path, "-ldl").CombinedOutput(); err != nil {
		return fmt.Errorf("compiling what a test server loads: %w: %s", err, out)
	}
	return os.Chmod(library, 0o755)
}

// wrap makes a folder of server programs that run the usual ones in another
// environment.
func wrap(dir, environment string) (string, error) {
	bin, _, err := postgres.Find("")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(dir, "bin")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", err
	}
	for name, before := range map[string]string{"initdb": "", "postgres": environment} {
		script := "#!/bin/sh\n" + before + " exec '" + filepath.Join(bin, name) + "' \"$@\"\n"
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
			return "", err
		}
		if err := os.Chmod(path, 0o755); err != nil { // whatever the umask
			return "", err
		}
	}
	return folder, os.Chmod(folder, 0o755)
}
