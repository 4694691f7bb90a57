// Package sheet is an answer written: a dashboard as one Excel workbook, with
// its numbers as numbers, and nothing in it that its viewer could not see on a
// page.
package sheet

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode/utf16"

	"onevision/access"
	"onevision/indicators"
)

// Workbook is a dashboard to write.
type Workbook struct {
	Title     string        // "Director's dashboard"
	Authority string        // "Exampleshire County Council"
	Viewer    access.Viewer // who asked for it; the answers must be theirs
	At        time.Time     // when it was asked for
	AsAt      time.Time     // data as at; zero: the oldest of the answers'
	Cards     []Card
	// Rows are the figures in long form, which go on a sheet of their own; nil: no
	// such sheet. PublicURL is what the addresses of their pages begin with.
	Rows      iter.Seq2[indicators.Row, error]
	PublicURL string
	// Changes are published figures that are others now, for a viewer with exact figures.
	Changes []Change
}

// Card is one sheet: an indicator's series and chart, and below them its
// breakdowns.
type Card struct {
	Answer indicators.Answer
	// Breakdowns are answers of the same indicator to a question with a
	// breakdown and no member.
	Breakdowns []indicators.Answer
}

// Write writes the workbook to w: a cover, a sheet for each card, definitions.
// Rows are streamed through temporary files, so memory does not grow with
// them. Nothing is written to w before the workbook is whole, bar a failure of
// w itself. A viewer who may not export gets access.ErrNotAllowed.
func Write(ctx context.Context, w io.Writer, b Workbook) error {
	if !b.Viewer.May(access.Export) {
		return access.ErrNotAllowed
	}
	in := contents{Workbook: b}
	for _, c := range b.Cards {
		card := card{answer: c.Answer}
		for _, by := range c.Breakdowns {
			card.breakdowns = append(card.breakdowns, by)
		}
		in.cards = append(in.cards, card)
	}
	return in.write(ctx, w)
}

// answer is what a sheet shows of an indicators.Answer: its figures, which are
// already as the viewer may see them.
type answer interface {
	Definition() indicators.Definition
	Question() indicators.Question
	AsAt() time.Time
	ComputedAt() time.Time
	Position() string
	Current() indicators.Figure
	Series() []indicators.Figure
	Members() []indicators.Member
	Target() (indicators.Target, bool)
	Comparators() []indicators.Comparator
	Status() indicators.Status
	Change() indicators.Change
	Unrecorded() []string
}

// contents is a workbook with its cards as this package reads them.
type contents struct {
	Workbook
	cards []card
}

type card struct {
	answer     answer
	breakdowns []answer
	sheet      string // its name
}

// longestSheet is how many UTF-16 units the name of a sheet has at most.
const longestSheet = 31

// measureSheet is the measure's title where it is whole as a sheet's name, else its id,
// else its id with the longest words shortened: it follows from the id alone, so that a
// kept workbook finds the sheet again however the library has changed.
func measureSheet(d indicators.Definition) string {
	for _, name := range []string{d.Title, d.ID} {
		if len(utf16.Encode([]rune(name))) <= longestSheet {
			return name
		}
	}
	words := strings.Split(d.ID, "-")
	for len(strings.Join(words, "-")) > longestSheet {
		long, most := -1, 1
		for i, w := range words {
			if n := len(strings.TrimRight(w, "0123456789")); n >= most && n > 1 {
				long, most = i, n
			}
		}
		if long < 0 {
			break // words of a letter each
		}
		w := words[long]
		words[long] = w[:most-1] + w[most:] // digits at its end tell measures apart
	}
	return strings.Join(words, "-")
}

func (c contents) write(ctx context.Context, w io.Writer) error {
	b, err := newBook(c.Title, c.Viewer.Name())
	if err != nil {
		return fmt.Errorf("begin a workbook: %w", err)
	}
	defer b.Close()
	if c.AsAt.IsZero() {
		for _, card := range c.cards {
			if at := card.answer.AsAt(); c.AsAt.IsZero() || at.Before(c.AsAt) {
				c.AsAt = at
			}
		}
	}
	cover, summary := b.names.unique("Cover"), b.names.unique("Summary")
	if c.Rows != nil {
		b.names.taken["data"] = true // kept for the figures in long form, which come last
	}
	for i := range c.cards {
		c.cards[i].sheet = b.names.unique(measureSheet(c.cards[i].answer.Definition()))
	}
	definitions, changes := b.names.unique("Definitions"), b.names.unique("Changes")
	if err := b.cover(cover, definitions, c); err != nil {
		return fmt.Errorf("write the cover: %w", err)
	}
	if err := b.summary(summary, c); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	for _, card := range c.cards {
		if err := b.card(ctx, card); err != nil {
			return fmt.Errorf("write the sheet of %s: %w", card.answer.Definition().ID, err)
		}
	}
	if err := b.definitions(definitions, c); err != nil {
		return fmt.Errorf("write the definitions: %w", err)
	}
	if err := b.changes(changes, c); err != nil {
		return fmt.Errorf("write what has changed: %w", err)
	}
	if c.Rows != nil {
		delete(b.names.taken, "data")
		if err := b.data(ctx, "Data", c.Rows, c.PublicURL); err != nil {
			return fmt.Errorf("write the figures in long form: %w", err)
		}
	}
	if err := b.writeTo(w); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}
