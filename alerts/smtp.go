package alerts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

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
	TLS      TLS
	User     string // "": no authentication
	Password string
}

// parcel is a letter as the mail server gets it.
type parcel struct {
	MessageID string
	InReplyTo string
	To, Name  string
	Subject   string
	Text      string
	HTML      string
	At        time.Time
}

// poster hands one letter over to a mail server. A refused error means that
// the server will never take it; any other is worth trying again.
type poster interface {
	Post(ctx context.Context, p parcel) error
}

// refused is a mail server's final no to one letter.
type refused struct{ err error }

func (r refused) Error() string { return r.err.Error() }
func (r refused) Unwrap() error { return r.err }

type smtpPoster struct {
	from   string
	host   string
	helo   string
	option []mail.Option
}

// patience is how long one conversation with the mail server may take.
const patience = 30 * time.Second

func newSMTP(m Mail, helo string) (*smtpPoster, error) {
	if m.Host == "" {
		return nil, errors.New("the mail server has no host name")
	}
	if err := mail.NewMsg().From(m.From); err != nil {
		return nil, fmt.Errorf("the sender %q of mail is not an address", m.From)
	}
	p := &smtpPoster{from: m.From, host: m.Host, helo: heloName(helo)}
	p.option = []mail.Option{mail.WithTimeout(patience), mail.WithHELO(p.helo)}
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

// Post implements poster.
func (p *smtpPoster) Post(ctx context.Context, parcel parcel) error {
	m, err := p.message(parcel)
	if err != nil {
		return refused{err}
	}
	client, err := mail.NewClient(p.host, p.option...)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() { // an error after the server took it is no reason to send it twice
		return nil
	}
	// Only an answer about this letter is final. An answer to the greeting, to
	// STARTTLS or to the password is about the server, and somebody will mend it.
	var send *mail.SendError
	if errors.As(err, &send) && send.ErrorCode() >= 500 {
		switch send.Reason {
		case mail.ErrSMTPMailFrom, mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose:
			return refused{err}
		}
	}
	return err
}

func (p *smtpPoster) message(parcel parcel) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.From(p.from); err != nil {
		return nil, fmt.Errorf("the sender: %w", err)
	}
	if err := m.AddToFormat(parcel.Name, parcel.To); err != nil {
		return nil, fmt.Errorf("the reader's address: %w", err)
	}
	m.SetMessageIDWithValue(parcel.MessageID)
	if parcel.InReplyTo != "" {
		m.SetGenHeader(mail.HeaderInReplyTo, "<"+parcel.InReplyTo+">")
		m.SetGenHeader(mail.HeaderReferences, "<"+parcel.InReplyTo+">")
	}
	m.SetDateWithValue(parcel.At)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.Subject(parcel.Subject)
	m.SetBodyString(mail.TypeTextPlain, parcel.Text)
	m.AddAlternativeString(mail.TypeTextHTML, parcel.HTML)
	return m, nil
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
