package postgrestest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"onevision/records/postgres"
	"onevision/records/schema"
)

// Prepared is the database of a test's server that holds the schema, and no
// records; the passwords of its roles are Passwords.
const Prepared = "onevision"

// Passwords are those of the roles on every server that this package prepares.
// Such a server listens on a socket in a folder of its user only.
var Passwords = schema.Passwords{App: "app-password-of-tests", Follow: "follow-password-of-tests"}

// keep is the keeper's whole life.
func keep(dir string) error {
	syscall.CloseOnExec(3) // or the server would hold it open
	ready := os.NewFile(3, "ready")
	r, err := setUp(dir)
	if err != nil {
		ready.WriteString(err.Error())
		return err
	}
	ready.WriteString("ready")
	ready.Close()
	users, err := awaitNobody(dir + ".users")
	// Whoever comes now waits for this lock and begins another run.
	return errors.Join(err, r.end(), os.Remove(dir+".start"), os.Remove(dir+".users"), users.Close())
}

// awaitNobody returns with the lock once no program has wanted it for a while.
func awaitNobody(path string) (*os.File, error) {
	for {
		file, err := lockFile(path, syscall.LOCK_EX) // as long as any program runs
		if err != nil {
			return nil, err
		}
		file.Close()
		time.Sleep(linger())
		file, err = lockFile(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return file, err
		}
	}
}

// linger bridges the time between two test programs, of which go test may still
// build the second.
func linger() time.Duration {
	if d, err := time.ParseDuration(os.Getenv(lingerVariable)); err == nil {
		return d
	}
	return 10 * time.Second
}

// setUp starts the shared server and leaves a copy of its data for the others.
func setUp(dir string) (*ours, error) {
	if err := os.RemoveAll(dir); err != nil { // of a keeper that was killed together with its watcher
		return nil, err
	}
	r := &run{Dir: dir}
	shared, err := begin(dir, map[string]string{"synchronous_commit": "off", "max_connections": "300"}, r.prepare)
	if err != nil {
		return nil, err
	}
	r.AdminURL = shared.URL("postgres")
	r.Database = strings.Replace(strings.ReplaceAll(shared.URL("DATABASE"), "%", "%%"), "DATABASE", "%s", 1)
	// A database that is copied must have no connections.
	err = execute(r.AdminURL, `ALTER DATABASE `+Prepared+` ALLOW_CONNECTIONS false`)
	if err == nil {
		err = r.write()
	}
	if err != nil {
		return nil, errors.Join(err, shared.end())
	}
	return shared, nil
}

// prepare makes the data of a server once, with the schema in one database; the
// others are copies, which cost a tenth of initdb and the migrations.
func (r *run) prepare(dir string) (bin string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Options{Dir: dir, Settings: careless})
	if err != nil {
		return "", err
	}
	err = execute(server.URL("postgres"), `CREATE DATABASE `+Prepared+` TEMPLATE template0`)
	if err == nil {
		err = schema.Prepare(ctx, server.URL(Prepared), Passwords)
	}
	if err = errors.Join(err, server.Stop(ctx)); err != nil {
		return "", err
	}
	if err := os.Mkdir(r.prepared(), 0o700); err != nil {
		return "", err
	}
	return "", copyServer(dir, r.prepared())
}

// write tells the other programs where the server is.
func (r *run) write() error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(r.Dir, "run.json")
	return errors.Join(os.WriteFile(path+".next", text, 0o600), os.Rename(path+".next", path))
}
