package receiver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// parse reads a message: its headers decoded, its first text/plain and
// text/html parts, however they are nested.
func parse(body []byte) (Message, error) {
	in, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		return Message{}, fmt.Errorf("read a mail message: %w", err)
	}
	m := Message{Header: in.Header}
	m.MessageID = bare(in.Header.Get("Message-Id"))
	m.InReplyTo = bare(in.Header.Get("In-Reply-To"))
	m.Subject = in.Header.Get("Subject")
	if s, err := new(mime.WordDecoder).DecodeHeader(m.Subject); err == nil {
		m.Subject = s
	}
	m.Date, _ = in.Header.Date() // zero where it has none
	err = m.part(in.Header.Get("Content-Type"), in.Header.Get("Content-Transfer-Encoding"), in.Body, 0)
	return m, err
}

func bare(id string) string { return strings.Trim(strings.TrimSpace(id), "<>") }

func (m *Message) part(contentType, encoding string, r io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if contentType == "" {
		kind, err = "text/plain", nil
	}
	if err != nil || depth > 8 {
		return fmt.Errorf("a part of a mail message cannot be read")
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(r, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = strings.ReplaceAll(string(content), "\r\n", "\n")
	case kind == "text/html" && m.HTML == "":
		m.HTML = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	return nil
}
