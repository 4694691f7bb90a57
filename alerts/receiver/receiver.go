// Package receiver is a small SMTP server that keeps what it is sent in
// memory: the demo's inbox, and what tests send real mail to. It speaks
// without TLS and is for this machine only.
package receiver

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	kept    = 200     // messages, unless the options say otherwise
	largest = 1 << 20 // bytes of one message
)

// Message is one letter as it arrived.
type Message struct {
	ID         string // the receiver's own, "1" for the first it took
	MessageID  string // without angle brackets
	InReplyTo  string
	From       string
	To         []string // of the envelope
	Subject    string
	Date       time.Time
	ReceivedAt time.Time
	Text       string
	HTML       string
	Header     map[string][]string
	Size       int
	UTF8       bool // the sender asked for SMTPUTF8
}

// Receiver keeps the newest messages that it was sent.
type Receiver struct {
	server *smtp.Server
	addr   net.Addr

	mu       sync.Mutex
	closed   bool
	keep     int // messages
	taken    int
	messages []Message
	judge    func(Message) error
}

// Options of a receiver; the zero value takes everything.
type Options struct {
	Keep  int                 // the newest so many messages; 0: 200
	Judge func(Message) error // as Receiver.Judge has it, from the first letter on
}

// Start listens on addr, which must be of this machine ("127.0.0.1:0" for any
// free port), and takes mail until Close.
func Start(addr string) (*Receiver, error) { return StartWith(addr, Options{}) }

// StartWith is Start with options.
func StartWith(addr string, o Options) (*Receiver, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the built-in mail receiver listens on this machine only, not on %q", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the mail receiver: %w", err)
	}
	r := &Receiver{addr: listener.Addr(), keep: cmp.Or(o.Keep, kept), judge: o.Judge}
	r.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{receiver: r}, nil }))
	r.server.Domain = "localhost"
	r.server.MaxMessageBytes = largest
	r.server.MaxRecipients = 50
	r.server.EnableSMTPUTF8 = true
	r.server.ReadTimeout, r.server.WriteTimeout = time.Minute, time.Minute
	r.server.ErrorLog = silent{}
	go r.server.Serve(listener) // ends with Close
	return r, nil
}

// Addr is where it listens, "127.0.0.1:port".
func (r *Receiver) Addr() string { return r.addr.String() }

// Port is the port of Addr.
func (r *Receiver) Port() int { return r.addr.(*net.TCPAddr).Port }

// Messages are the newest messages that are kept, the newest first. After Close
// they stay as they were: every letter whose sender was told that it was taken.
func (r *Receiver) Messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.messages)
	slices.Reverse(out)
	return out
}

// Message is the message of that ID (the receiver's own), if it is still kept.
func (r *Receiver) Message(id string) (Message, bool) {
	for _, m := range r.Messages() {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// Judge has fn asked about each letter from now on: what it returns, a
// *smtp.SMTPError say, is what the sender is told. nil takes everything.
func (r *Receiver) Judge(fn func(Message) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judge = fn
}

// Close stops listening and ends the connections. A conversation that outlives it
// (the server knows a connection only some time after it was accepted) is told to
// come back later.
func (r *Receiver) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	if err := r.server.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("stop the mail receiver: %w", err)
	}
	return nil
}

func (r *Receiver) take(from string, to []string, utf8 bool, body []byte) error {
	m, err := parse(body)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "this is not a mail message"}
	}
	m.From, m.To, m.ReceivedAt, m.Size, m.UTF8 = from, to, time.Now(), len(body), utf8
	r.mu.Lock()
	judge := r.judge
	r.mu.Unlock()
	if judge != nil {
		if err := judge(m); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "this server is going away"}
	}
	r.taken++
	m.ID = strconv.Itoa(r.taken)
	r.messages = append(r.messages, m)
	if n := len(r.messages); n > r.keep {
		r.messages = slices.Clone(r.messages[n-r.keep:])
	}
	return nil
}

// session is one conversation with a sender.
type session struct {
	receiver *Receiver
	from     string
	to       []string
	utf8     bool
}

func (s *session) Reset()        { s.from, s.to, s.utf8 = "", nil, false }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.from, s.utf8 = from, o != nil && o.UTF8
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return err
	}
	return s.receiver.take(s.from, s.to, s.utf8, body)
}

// silent drops the server's own log: it repeats what senders wrote.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
