package alerts

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	text "text/template"
)

// letter is what one reader is told, for both templates. It holds what the
// reader may see and nothing else: there is no child in it, and a figure that
// is suppressed for the reader is the words that stand for it.
type letter struct {
	Subject  string
	Heading  string
	Lead     string
	Sections []section
	Actions  []action // what to do; the first is the button
	Why      []string
	Stop     string // address of the page that stops this mail; "" where it cannot be stopped
	ReplyTo  string
}

// section is what there is to say about one rule.
type section struct {
	Heading string // "" in a letter about one rule
	Facts   []fact
	Tables  []table
	Notes   []string
}

type fact struct{ Label, Text string }

type action struct{ Text, Link string }

type table struct {
	Caption string
	Head    []string
	Rows    []row
}

type row struct {
	Cells []string
	Link  string // of the first cell; "": none
}

//go:embed letters/*.tmpl
var letterFiles embed.FS

var (
	htmlLetter = template.Must(template.ParseFS(letterFiles, "letters/letter.html.tmpl"))
	textLetter = text.Must(text.ParseFS(letterFiles, "letters/letter.txt.tmpl"))
)

// write gives both bodies.
func (l letter) write() (plain, html string, err error) {
	var p, h bytes.Buffer
	if err := textLetter.Execute(&p, l); err != nil {
		return "", "", fmt.Errorf("write a letter: %w", err)
	}
	if err := htmlLetter.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("write a letter: %w", err)
	}
	return p.String(), h.String(), nil
}

// line is text that stands on one line, in a header say.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
