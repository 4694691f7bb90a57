package sheet

// Writing the file straight to a browser, without holding it in memory.

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/xuri/excelize/v2"
)

// writeTo writes the workbook straight to w. Two things are done that excelize
// does not do by itself: its stream writer names only the last table of a
// sheet, though it makes them all; and it would hold the whole file in memory.
func (b *book) writeTo(w io.Writer) error {
	var p *parts
	b.file.ZipWriter = func(io.Writer) excelize.ZipWriter {
		p = &parts{Writer: zip.NewWriter(w), tables: b.counts}
		return p
	}
	if _, err := b.file.WriteTo(io.Discard); err != nil {
		return err
	}
	return p.err
}

// parts writes the parts of the workbook into its archive.
type parts struct {
	*zip.Writer
	tables map[string]int // how many each sheet has, by the path of its part
	last   *tableParts
	err    error
}

// Create begins a part.
func (p *parts) Create(name string) (io.Writer, error) {
	p.finish()
	out, err := p.Writer.Create(name)
	if err != nil || p.tables[name] < 2 {
		return out, err
	}
	p.last = &tableParts{out: out, n: p.tables[name]}
	return p.last, nil
}

// AddFS is not used by the writing of a workbook.
func (p *parts) AddFS(fs.FS) error { return fmt.Errorf("a workbook is written part by part") }

// Close ends the archive.
func (p *parts) Close() error {
	p.finish()
	if p.err != nil {
		return p.err
	}
	return p.Writer.Close()
}

func (p *parts) finish() {
	if p.last != nil && p.err == nil {
		p.err = p.last.finish()
	}
	p.last = nil
}

// tableParts passes a sheet on and names all n of its tables, the first
// relations of the sheet, at its end.
type tableParts struct {
	out  io.Writer
	n    int
	tail []byte // held back: what may be part of the element
}

// held is more than the end of a sheet from its table parts on.
const held = 4096

func (t *tableParts) Write(b []byte) (int, error) {
	t.tail = append(t.tail, b...)
	if extra := len(t.tail) - held; extra > 0 {
		if _, err := t.out.Write(t.tail[:extra]); err != nil {
			return 0, err
		}
		t.tail = append(t.tail[:0], t.tail[extra:]...)
	}
	return len(b), nil
}

func (t *tableParts) finish() error {
	one := fmt.Sprintf(`<tableParts count="1"><tablePart r:id="rId%d"></tablePart></tableParts>`, t.n)
	if bytes.Count(t.tail, []byte(one)) != 1 {
		return fmt.Errorf("the tables of a sheet are not where they were expected")
	}
	var all strings.Builder
	fmt.Fprintf(&all, `<tableParts count="%d">`, t.n)
	for i := range t.n {
		fmt.Fprintf(&all, `<tablePart r:id="rId%d"></tablePart>`, i+1)
	}
	all.WriteString(`</tableParts>`)
	_, err := t.out.Write(bytes.Replace(t.tail, []byte(one), []byte(all.String()), 1))
	return err
}
