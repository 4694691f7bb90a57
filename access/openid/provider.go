package openid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	answering  = 5 * time.Second  // that the provider may take for one answer
	asked      = time.Minute      // after which it is asked for its addresses again, when somebody signs in
	lookWhile  = 30 * time.Second // between two looks while it cannot be reached
	lookElse   = 5 * time.Minute  // between two looks otherwise
	mostAnswer = 1 << 20          // bytes of an answer that are read
)

// provider is where people sign in, as it describes itself (discovery).
type provider struct {
	issuer string
	now    func() time.Time
	log    *slog.Logger
	client *http.Client

	looking sync.Mutex // held while it is asked

	mu    sync.Mutex
	found *oidc.Provider // nil: never reached
	looks int            // how many there were
	at    time.Time      // of the last one
	err   error          // of the last one
}

func newProvider(issuer string, now func() time.Time, log *slog.Logger) *provider {
	return &provider{issuer: issuer, now: now, log: log, client: newClient()}
}

// discover asks the provider for its addresses and keys, unless it was asked a short
// while ago: whether it can be reached is known before a browser is sent there. Who
// waits while another asks takes that answer, whatever it is.
func (p *provider) discover(ctx context.Context, younger time.Duration) (*oidc.Provider, error) {
	p.mu.Lock()
	found, looks, fresh := p.found, p.looks, p.err == nil && p.found != nil && p.now().Sub(p.at) < younger
	p.mu.Unlock()
	if fresh {
		return found, nil
	}
	p.looking.Lock()
	defer p.looking.Unlock()
	p.mu.Lock()
	found, err, asked := p.found, p.err, p.looks != looks
	p.mu.Unlock()
	if asked {
		if err != nil {
			return nil, err
		}
		return found, nil
	}
	found, err = p.look(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	switch {
	case err != nil && p.err == nil:
		p.log.Warn("the organisation's sign-in cannot be used", "issuer", p.issuer, "reason", err.Error())
	case err == nil && (p.err != nil || p.found == nil):
		p.log.Info("the organisation's sign-in can be used", "issuer", p.issuer)
	}
	if p.at, p.err = p.now(), err; err != nil {
		return nil, err
	}
	p.found = found
	return found, nil
}

// look asks. It goes on where a browser goes away: others may wait for the answer.
func (p *provider) look(ctx context.Context) (*oidc.Provider, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), answering)
	defer cancel()
	found, err := oidc.NewProvider(ctx, p.issuer)
	if err != nil {
		return nil, described(err)
	}
	if found.Endpoint().AuthURL == "" || found.Endpoint().TokenURL == "" {
		return nil, errors.New("it names no address to sign in at")
	}
	return found, nil
}

// described says what kept discovery from succeeding, without what was answered.
func described(err error) error {
	var mismatch *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &mismatch):
		return fmt.Errorf("it calls itself %q: give that as --oidc-issuer if it is the right one (the address of one tenant, not of all)", mismatch.Discovered)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("it does not answer in time")
	case len(err.Error()) > 4 && err.Error()[3] == ' ' && strings.Trim(err.Error()[:3], "0123456789") == "":
		return fmt.Errorf("it answers %s to its discovery address", err.Error()[:3])
	case strings.HasPrefix(err.Error(), "oidc: failed to decode"):
		return errors.New("what it answers at its discovery address is not a description of a provider")
	}
	return fmt.Errorf("it cannot be reached (%w)", err)
}

// problem is what the last look found; nil also before the first.
func (p *provider) problem() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// keep looks for the provider until ctx ends, so that the page says in time that it
// cannot be reached, and that it can again.
func (p *provider) keep(ctx context.Context) error {
	for {
		wait := lookElse
		if _, err := p.discover(ctx, asked); err != nil {
			wait = lookWhile
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// newClient asks the provider and nobody else: it is sent on to no other host, and no
// answer is too long or takes for ever. Proxies of the environment are used.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &http.Client{Transport: bounded{transport}, Timeout: answering, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
			return errors.New("it sends on to another address")
		}
		return nil
	}}
}

// bounded cuts answers off.
type bounded struct{ under http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.under.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, mostAnswer), res.Body}
	}
	return res, err
}
