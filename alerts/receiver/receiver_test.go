package receiver

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"
)

func start(t *testing.T) *Receiver {
	t.Helper()
	r, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func send(t *testing.T, r *Receiver, body string) error {
	t.Helper()
	return smtp.SendMail(r.Addr(), nil, "from@example.gov.uk", []string{"a@example.gov.uk", "b@example.gov.uk"}, []byte(strings.ReplaceAll(body, "\n", "\r\n")))
}

const letter = `Message-ID: <1@example.gov.uk>
From: OneVision <from@example.gov.uk>
To: a@example.gov.uk
Date: Mon, 16 Nov 2026 06:15:00 +0000
Subject: =?utf-8?q?St_Mary=E2=80=99s?=
MIME-Version: 1.0
Content-Type: multipart/related; boundary=o

--o
Content-Type: multipart/alternative; boundary=i

--i
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

3.4=25 =E2=80=93 above
--i
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+My40JTwvcD4=
--i--
--o
Content-Type: image/png
Content-Transfer-Encoding: base64

AAAA
--o--
`

func TestALetterIsReadWhole(t *testing.T) {
	r := start(t)
	if err := send(t, r, letter); err != nil {
		t.Fatal(err)
	}
	got := r.Messages()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	if m.ID != "1" || m.MessageID != "1@example.gov.uk" || m.From != "from@example.gov.uk" || len(m.To) != 2 || m.Subject != "St Mary’s" || m.Date.Hour() != 6 ||
		strings.TrimSpace(m.Text) != "3.4% – above" || m.HTML != "<p>3.4%</p>" {
		t.Errorf("read as %+v", m)
	}
	if again, ok := r.Message("1"); !ok || again.Subject != m.Subject {
		t.Error("it is not found by its id")
	}
}

func TestTheNewestTwoHundredAreKept(t *testing.T) {
	r := start(t)
	for i := range kept + 5 {
		if err := r.take("f", []string{"t"}, false, fmt.Appendf(nil, "Subject: %d\r\n\r\nx", i)); err != nil {
			t.Fatal(err)
		}
	}
	got := r.Messages()
	if len(got) != kept || got[0].Subject != "204" || got[kept-1].Subject != "5" || got[0].ID != "205" {
		t.Errorf("%d kept, from %q to %q", len(got), got[len(got)-1].Subject, got[0].Subject)
	}
}

// A letter that is on its way in when the receiver closes is not taken afterwards:
// what it has then is every letter whose sender was told so.
func TestNothingIsTakenAfterClose(t *testing.T) {
	r := start(t)
	r.Judge(func(Message) error { return r.Close() })
	if err := r.take("f", []string{"t"}, false, []byte("Subject: late\r\n\r\nx")); err == nil {
		t.Error("the sender is told that it was taken")
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d kept", n)
	}
}

func TestWhatIsTooLargeOrNoLetterIsRefused(t *testing.T) {
	r := start(t)
	if err := send(t, r, letter+strings.Repeat("x\n", largest)); err == nil {
		t.Error("a letter of two megabytes was taken")
	}
	if err := send(t, r, "this is no letter\n\n"); err == nil {
		t.Error("what has no headers was taken")
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d kept", n)
	}
}

func TestItListensOnThisMachineOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":2525", "10.0.0.1:25", "example.com:25", ""} {
		if r, err := Start(addr); err == nil {
			r.Close()
			t.Errorf("it listens on %q", addr)
		}
	}
}
