package alerts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
)

// TLS says how a connection to the mail server is secured.
type TLS string

const (
	TLSRequired TLS = "required" // STARTTLS, or no mail; what "" means
	TLSImplicit TLS = "implicit" // TLS from the first byte (port 465)
	TLSNone     TLS = "none"     // for a mail server on this machine only
)

// Mail says through which server mail is sent, and as whom.
type Mail struct {
	Host     string
	Port     int    // 0: 587, or 465 for TLSImplicit
	From     string // "OneVision <onevision@example.gov.uk>"
	ReplyTo  string // where answers go; "": nowhere
	TLS      TLS
	User     string // "": no authentication
	Password string
}

// mailer is the notifier that writes to people.
type mailer struct {
	from, replyTo string
	host          string
	helo          string
	implicit      bool // TLS from the first byte
	option        []mail.Option
}

// How long the mail server may take (RFC 5321 4.5.3.2): five minutes for a
// connection and its greeting, ten for the answer to the end of a letter, which is
// when a server looks for viruses. Giving up before sends another copy.
const (
	greetingWithin = 5 * time.Minute
	answerWithin   = 10*time.Minute + 30*time.Second
)

func newMailer(m Mail, helo string) (*mailer, error) {
	if m.Host == "" {
		return nil, errors.New("the mail server has no host name")
	}
	if err := mail.NewMsg().From(m.From); err != nil {
		return nil, fmt.Errorf("the sender %q of mail is not an address", m.From)
	}
	if err := mail.NewMsg().ReplyTo(m.ReplyTo); m.ReplyTo != "" && err != nil {
		return nil, fmt.Errorf("%q, where answers to mail go, is not an address", m.ReplyTo)
	}
	p := &mailer{from: m.From, replyTo: m.ReplyTo, host: m.Host, helo: heloName(helo), implicit: m.TLS == TLSImplicit}
	p.option = []mail.Option{mail.WithHELO(p.helo)}
	switch m.TLS {
	case "", TLSRequired:
		p.option = append(p.option, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithPort(or(m.Port, 587)))
	case TLSImplicit:
		p.option = append(p.option, mail.WithSSL(), mail.WithPort(or(m.Port, 465)))
	case TLSNone:
		if !loopback(m.Host) {
			return nil, fmt.Errorf("mail to %s would go without TLS: that is allowed to this machine itself only", m.Host)
		}
		p.option = append(p.option, mail.WithTLSPolicy(mail.NoTLS), mail.WithPort(or(m.Port, 25)))
	default:
		return nil, fmt.Errorf("the mail setting %q is not one of required, implicit and none", m.TLS)
	}
	if m.User != "" {
		p.option = append(p.option, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	if _, err := mail.NewClient(p.host, p.option...); err != nil {
		return nil, fmt.Errorf("the mail settings: %w", err)
	}
	return p, nil
}

// notify implements notifier.
func (p *mailer) notify(ctx context.Context, e envelope) (answer string, err error) {
	m, err := p.message(e)
	if err != nil {
		return "", refused{err}
	}
	options := append([]mail.Option{mail.WithTimeout(greetingWithin), mail.WithDialContextFunc(p.dial(ctx))}, p.option...)
	if ascii(p.from) && ascii(e.To) { // asked for, it would bind every server on the way
		options = append(options, mail.WithoutSMTPUTF8())
	}
	client, err := mail.NewClient(p.host, options...)
	if err != nil {
		return "", err
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = client.CloseWithSMTPClient(conversation) }() // it was answered already
	if err := mail.WithTimeout(answerWithin)(client); err != nil {
		return "", err
	}
	err = client.SendWithSMTPClient(conversation, m)
	if err == nil || m.IsDelivered() { // an error after the server took it is no reason to send it twice
		return m.ServerResponse(), nil
	}
	// Only an answer about this letter is final. An answer to the greeting, to
	// STARTTLS or to the password is about the server, and somebody will mend it.
	var send *mail.SendError
	if !errors.As(err, &send) {
		return "", err
	}
	about := slices.Contains([]mail.SendErrReason{mail.ErrSMTPMailFrom, mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose}, send.Reason)
	switch {
	case about && send.ErrorCode() >= 500:
		return "", refused{err}
	case about && send.ErrorCode() >= 400:
		return "", putOff{err}
	case send.ErrorCode() == 0 && send.Reason == mail.ErrSMTPDataClose:
		return "", doubtful{err}
	}
	return "", err
}

// dial connects, and ends the connection when ctx does: the library itself waits
// for an answer whatever its context says.
func (p *mailer) dial(ctx context.Context) mail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		var d interface {
			DialContext(context.Context, string, string) (net.Conn, error)
		} = &net.Dialer{Timeout: 30 * time.Second}
		if p.implicit {
			d = &tls.Dialer{NetDialer: &net.Dialer{Timeout: 30 * time.Second}, Config: &tls.Config{ServerName: p.host, MinVersion: tls.VersionTLS12}}
		}
		c, err := d.DialContext(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}
}

func (p *mailer) message(e envelope) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.From(p.from); err != nil {
		return nil, fmt.Errorf("the sender: %w", err)
	}
	if err := m.AddToFormat(e.Name, e.To); err != nil {
		return nil, fmt.Errorf("the reader's address: %w", err)
	}
	if p.replyTo != "" {
		if err := m.ReplyTo(p.replyTo); err != nil {
			return nil, fmt.Errorf("where answers go: %w", err)
		}
	}
	m.SetMessageIDWithValue(e.MessageID)
	if e.InReplyTo != "" {
		refs := e.References
		if len(refs) == 0 {
			refs = []string{e.InReplyTo}
		}
		m.SetGenHeader(mail.HeaderInReplyTo, "<"+e.InReplyTo+">")
		m.SetGenHeader(mail.HeaderReferences, "<"+strings.Join(refs, "> <")+">")
	}
	if e.Stop != "" {
		m.SetGenHeader(mail.HeaderListUnsubscribe, "<"+e.Stop+">")
	}
	m.SetDateWithValue(e.At)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.Subject(e.Subject)
	m.SetBodyString(mail.TypeTextPlain, e.Text)
	m.AddAlternativeString(mail.TypeTextHTML, e.HTML)
	return m, nil
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// heloName is a host as SMTP and Message-IDs write it: an address in brackets.
func heloName(host string) string {
	if ip := net.ParseIP(host); ip != nil {
		if ip.To4() == nil {
			return "[IPv6:" + ip.String() + "]"
		}
		return "[" + ip.String() + "]"
	}
	return host
}

func or(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}
