package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"onevision/alerts"
	"onevision/warehouse"
)

// scarce is so little free disk that a new build of the warehouse beside the
// one that serves, or a day's write-ahead log, might not fit.
const scarce = 5 << 30

// machine looks at the data folder, its disk and the time zones.
func (d Doctor) machine(e *Examination) {
	const folder = "data folder"
	info, err := os.Stat(d.Data)
	at := d.Data
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for at = filepath.Dir(at); ; at = filepath.Dir(at) {
			if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
				break
			}
		}
		if syscall.Access(at, 2|1) != nil { // write and enter
			e.lacks(folder, "mkdir -p "+d.Data+" && chown "+strconv.Itoa(os.Geteuid())+" "+d.Data, "%s does not exist, and this user may not make it in %s", d.Data, at)
			break
		}
		e.fine(folder, "%s does not exist yet; the first start makes it", d.Data)
	case err != nil:
		e.lacks(folder, "chmod o+x "+filepath.Dir(d.Data), "%s cannot be looked at (%v)", d.Data, err)
	case !info.IsDir():
		e.lacks(folder, "rm "+d.Data, "%s is no folder", d.Data)
	case syscall.Access(d.Data, 4|2|1) != nil:
		e.lacks(folder, "chown "+strconv.Itoa(os.Geteuid())+" "+d.Data, "%s belongs to somebody else: this user may not write to it", d.Data)
	default:
		e.fine(folder, "%s can be written to", d.Data)
	}
	if free, total, err := diskOf(at); err != nil {
		e.note("disk", "", "its free space cannot be told (%v)", err)
	} else if free < scarce {
		e.lacks("disk", "df -h "+at, "%s of %s are free at %s: a new build of the warehouse is made beside the old one, and PostgreSQL's log needs room; keep at least %s free", size(free), size(total), at, size(scarce))
	} else {
		e.fine("disk", "%s of %s are free at %s", size(free), size(total), at)
	}
	if _, err := time.LoadLocation("Europe/London"); err != nil {
		e.lacks("time zones", "apt-get install tzdata", "this program has no Europe/London: days and school weeks are that place's")
	} else {
		e.fine("time zones", "this program knows Europe/London")
	}
}

// diskOf is how many bytes are free for this user, and there in all, on the
// disk of a path.
func diskOf(path string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}

// size is a number of bytes for a person.
func size(bytes int64) string {
	for _, u := range []struct {
		name string
		unit int64
	}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}} {
		if bytes >= u.unit {
			return strconv.FormatFloat(float64(bytes)/float64(u.unit), 'f', 1, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(bytes, 10) + " bytes"
}

// running asks the server on the data folder, if one runs, for its warehouse.
func (d Doctor) running(ctx context.Context, e *Examination) {
	const subject = "running server"
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var s warehouse.Status
	err := AskServer(ctx, d.Data, "GET /warehouse/status", &s)
	switch {
	case errors.Is(err, ErrNoServer):
		e.fine(subject, "none runs on this data folder")
	case err != nil:
		e.lacks(subject, "", "one has the data folder and does not answer (%v): restart it", err)
	case s.Slot.Warning != "":
		e.lacks(subject, "", "%s", s.Slot.Warning)
	case s.Error != "" && s.State != warehouse.Following:
		e.lacks(subject, "", "its warehouse is %s: %s", s.State, s.Error)
	case !s.Serving:
		e.note(subject, "", "its warehouse is being built for the first time")
	default:
		e.fine(subject, "its warehouse is %s, data as at %s", s.State, s.Position.AsAt.Local().Format(time.RFC1123))
	}
}

// post looks whether the mail server takes letters.
func (d Doctor) post(ctx context.Context, e *Examination) {
	const subject = "mail server"
	if d.Mail.Host == "" {
		e.note(subject, "onevision serve --smtp-host smtp.example.gov.uk --mail-from onevision@example.gov.uk", "none is set: alerts wait in the queue")
		return
	}
	said, err := greet(ctx, d.Mail)
	if err != nil {
		e.lacks(subject, "onevision serve --smtp-host HOST --smtp-port PORT --smtp-tls required|implicit|none", "%s: %v; until it does, alerts wait in the queue", d.Mail.Host, err)
		return
	}
	e.fine(subject, "%s", said)
}

// greet holds a conversation with the mail server up to where a letter would
// be handed over.
func greet(ctx context.Context, m alerts.Mail) (said string, err error) {
	port := m.Port
	if port == 0 {
		port = map[alerts.TLS]int{alerts.TLSImplicit: 465, alerts.TLSNone: 25}[m.TLS]
	}
	if port == 0 {
		port = 587
	}
	address := net.JoinHostPort(m.Host, strconv.Itoa(port))
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", errors.New("it cannot be reached at port " + strconv.Itoa(port))
	}
	defer conn.Close()
	until, _ := ctx.Deadline()
	conn.SetDeadline(until)
	secure := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}
	if m.TLS == alerts.TLSImplicit {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, m.Host)
	if err != nil {
		return "", fmt.Errorf("it does not greet as a mail server at port %d (%w)", port, err)
	}
	defer c.Close()
	if err := c.Hello("onevision.invalid"); err != nil {
		return "", fmt.Errorf("it refuses EHLO (%w)", err)
	}
	how := "without TLS, on this machine"
	switch m.TLS {
	case alerts.TLSImplicit:
		how = "over TLS"
	case alerts.TLSRequired, "":
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return "", errors.New("it offers no STARTTLS, without which no letter is handed over")
		}
		if err := c.StartTLS(secure); err != nil {
			return "", fmt.Errorf("STARTTLS fails (%w)", err)
		}
		how = "over STARTTLS"
	}
	if m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.User, m.Password, m.Host)); err != nil {
			return "", fmt.Errorf("it refuses the user %s (%w)", m.User, err)
		}
		how += ", as " + m.User
	}
	c.Quit() // it has said all that was asked
	return fmt.Sprintf("%s answers %s", address, how), nil
}
