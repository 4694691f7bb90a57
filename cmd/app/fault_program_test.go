package app_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/cmd/onevision/onevisiontest"
)

// program is the real program with its server, which is killed and comes back.
type program struct {
	*onevisiontest.Program
	server *onevisiontest.Process

	mu  sync.Mutex
	url string // where the server serves
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{Program: onevisiontest.New(t)}
	t.Cleanup(func() {
		if t.Failed() && p.server != nil {
			t.Logf("the server's last lines:\n%s", p.server.Stderr.Tail(30))
		}
	})
	return p
}

// start starts the server without waiting for it.
func (p *program) start() {
	p.Helper()
	p.server = p.Run("demo", "--children", "800", "--listen", "127.0.0.1:0")
}

// await waits until the server serves.
func (p *program) await() {
	p.Helper()
	url := p.AwaitURL(p.server, "The demo county is at")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = url
}

// address is where the server serves, "" when it does not.
func (p *program) address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// killServer kills the server and not its PostgreSQL.
func (p *program) killServer() {
	p.Helper()
	p.mu.Lock()
	p.url = "" // by now the port may be somebody else's
	p.mu.Unlock()
	p.server.Kill()
	p.Sound(p.server)
}

// admin is a superuser's pool on the program's PostgreSQL.
func (p *program) admin() *pgxpool.Pool {
	p.Helper()
	pool, err := pgxpool.New(context.Background(), p.AdminURL())
	if err != nil {
		p.Fatal(err)
	}
	return pool
}
