package postgrestest

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"onevision/records/postgres"
)

// Proxy is a network between a client and a private server, which has none: it
// takes TCP connections and passes them on to the server's socket, and it can
// do to them what networks do.
type Proxy struct {
	t    testing.TB
	port string
	work sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil: connections are refused
	target   string
	links    map[*link]bool
	lost     bool          // new links lose everything
	latency  time.Duration // of each way
	rate     int           // bytes a second each way; 0: no bound
	closed   bool
}

// link is a client's connection and the server's.
type link struct {
	client, server net.Conn
	lost           bool // whatever is sent vanishes, and neither side is told
}

// NewProxy stands before a server until the test ends.
func NewProxy(t testing.TB, server *postgres.Server) *Proxy {
	t.Helper()
	p := &Proxy{t: t, links: map[*link]bool{}}
	p.Forward(server)
	p.listen("127.0.0.1:0")
	t.Cleanup(p.close)
	return p
}

// Forward has new connections go to this server.
func (p *Proxy) Forward(server *postgres.Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = filepath.Join(server.SocketDir(), ".s.PGSQL."+strconv.Itoa(server.Port()))
}

// URL is the address of a database of the server by way of the proxy.
func (p *Proxy) URL(direct string) string {
	u, err := url.Parse(direct)
	if err != nil {
		p.t.Fatal("the server's address cannot be read") // it may hold a password
	}
	q := u.Query()
	q.Set("host", "127.0.0.1")
	q.Set("port", p.port)
	u.RawQuery = q.Encode()
	return u.String()
}

// Cut ends every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

func (p *Proxy) cut() {
	for l := range p.links {
		l.client.Close()
		l.server.Close()
	}
}

// Refuse ends every connection and refuses new ones.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	p.cut()
}

// Lose has everything vanish without a word: what the connections there are
// send, for good, and what new ones send. Both ends stay open.
func (p *Proxy) Lose() {
	p.LoseThese()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = true
}

// LoseThese is Lose for the connections there are: a router in between has
// forgotten them, and lets new ones pass.
func (p *Proxy) LoseThese() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.lost = true
	}
}

// Slow has whatever is sent arrive later, and no more than so many bytes a
// second each way; 0 is no bound.
func (p *Proxy) Slow(latency time.Duration, rate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latency, p.rate = latency, rate
}

// Heal lets new connections pass again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	refused := p.listener == nil && !p.closed
	p.lost, p.latency, p.rate = false, 0, 0
	p.mu.Unlock()
	if refused {
		p.listen("127.0.0.1:" + p.port)
	}
}

func (p *Proxy) listen(address string) {
	p.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	_, p.port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	p.work.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.link(client)
		}
	})
}

func (p *Proxy) link(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	server, err := net.Dial("unix", p.target)
	if err != nil || p.closed || p.listener == nil {
		client.Close()
		if err == nil {
			server.Close()
		}
		return
	}
	l := &link{client: client, server: server, lost: p.lost}
	p.links[l] = true
	p.work.Go(func() { p.pass(l, client, server) })
	p.work.Go(func() { p.pass(l, server, client) })
}

// piece is some bytes under way.
type piece struct {
	bytes []byte
	due   time.Time
}

// pass carries one way of a link to its end.
func (p *Proxy) pass(l *link, from, to net.Conn) {
	under := make(chan piece, 64) // way; then the sender waits
	p.work.Go(func() {
		for c := range under {
			time.Sleep(time.Until(c.due))
			if !p.loses(l) {
				to.Write(c.bytes) // to an end that is gone: the other way says so
			}
		}
		if p.loses(l) {
			return // until the proxy ends
		}
		l.client.Close()
		l.server.Close()
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	})
	defer close(under)
	for {
		b := make([]byte, 16<<10)
		n, err := from.Read(b)
		if n > 0 {
			p.mu.Lock()
			latency, rate := p.latency, p.rate
			p.mu.Unlock()
			if rate > 0 {
				time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
			}
			under <- piece{b[:n], time.Now().Add(latency)}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) loses(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.lost && !p.closed
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	var err error
	if p.listener != nil {
		err = p.listener.Close()
	}
	p.cut()
	p.mu.Unlock()
	p.work.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		p.t.Error(err)
	}
}
