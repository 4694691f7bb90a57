package sheet

// An Excel file while it is written: sheets, tables, styles.

import (
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// book is a workbook being written: its file, styles and the names that are
// taken.
type book struct {
	file   *excelize.File
	names  names
	tables names
	counts map[string]int // tables of each sheet, by the path of its part
	styles map[string]int
	quoted int // the text style that Excel shows with a leading apostrophe
}

func newBook(title, who string) (*book, error) {
	f := excelize.NewFile()
	b := &book{file: f, names: sheetNames(), tables: names{taken: map[string]bool{}, longest: 200}, counts: map[string]int{}, styles: map[string]int{}}
	if err := f.SetDocProps(&excelize.DocProperties{Title: clean(title), Creator: clean(who), Subject: "OFFICIAL-SENSITIVE", Language: "en-GB"}); err != nil {
		return nil, err
	}
	if err := f.SetDefaultFont("Arial"); err != nil {
		return nil, err
	}
	return b, b.quote()
}

// Close removes the temporary files.
func (b *book) Close() error { return b.file.Close() }

// style is the id of a style, made once, in one typeface.
func (b *book) style(key string, s excelize.Style) (int, error) {
	if id, ok := b.styles[key]; ok {
		return id, nil
	}
	font := excelize.Font{Family: "Arial", Size: 10}
	if s.Font != nil {
		font = *s.Font
		font.Family = "Arial"
		if font.Size == 0 {
			font.Size = 10
		}
	}
	s.Font = &font
	id, err := b.file.NewStyle(&s)
	if err != nil {
		return 0, err
	}
	b.styles[key] = id
	return id, nil
}

// quote makes the style of text that begins as a formula would. Excel keeps
// such a cell as text even when somebody edits it; excelize has no option for
// it, so it is set on the style itself.
func (b *book) quote() error {
	base, err := b.style("text", excelize.Style{Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", Indent: 1}, NumFmt: 49})
	if err != nil {
		return err
	}
	yes := true
	xf := b.file.Styles.CellXfs.Xf[base]
	xf.QuotePrefix = &yes
	b.file.Styles.CellXfs.Xf = append(b.file.Styles.CellXfs.Xf, xf)
	b.file.Styles.CellXfs.Count++
	b.quoted = len(b.file.Styles.CellXfs.Xf) - 1
	return nil
}

// page is one sheet being streamed, row by row.
type page struct {
	*excelize.StreamWriter
	book *book
	name string
	path string // of its part
	row  int    // the last one written
}

// page begins a sheet. Widths are those of its columns, in characters; the
// first frozen rows stay in sight.
func (b *book) page(name string, widths []float64, frozen int) (*page, error) {
	if len(b.counts) == 0 { // a new file has one sheet
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return nil, err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	landscape, paper, fit, tall := "landscape", 9, 1, 0
	if err := b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &paper, FitToWidth: &fit, FitToHeight: &tall}); err != nil {
		return nil, err
	}
	wide := true
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &wide}); err != nil {
		return nil, err
	}
	if err := b.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddHeader: "&LOneVision&ROFFICIAL-SENSITIVE", OddFooter: "&L&A&RPage &P of &N"}); err != nil {
		return nil, err
	}
	sw, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	p := &page{StreamWriter: sw, book: b, name: name, path: fmt.Sprintf("xl/worksheets/sheet%d.xml", sw.SheetID)}
	b.counts[p.path] = 0
	for i, width := range widths {
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	if frozen > 0 {
		cell, err := excelize.CoordinatesToCellName(1, frozen+1)
		if err != nil {
			return nil, err
		}
		if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: frozen, TopLeftCell: cell, ActivePane: "bottomLeft"}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add writes the next row.
func (p *page) add(cells ...any) error {
	p.row++
	at, err := excelize.CoordinatesToCellName(1, p.row)
	if err != nil {
		return err
	}
	return p.SetRow(at, cells)
}

// title writes the first row: what the sheet is called.
func (p *page) title(s string) error {
	cell, err := p.book.heading(s, 16)
	if err != nil {
		return err
	}
	p.row++
	return p.SetRow("A"+strconv.Itoa(p.row), []any{cell}, excelize.RowOpts{Height: 26})
}

// skip leaves rows empty.
func (p *page) skip(n int) { p.row += n }

// table makes the rows from the header just written, and the following n, an
// Excel table.
func (p *page) table(name string, columns, n int) error {
	from, err := excelize.CoordinatesToCellName(1, p.row)
	if err != nil {
		return err
	}
	to, err := excelize.CoordinatesToCellName(columns, p.row+max(n, 1))
	if err != nil {
		return err
	}
	stripes := true
	err = p.AddTable(&excelize.Table{Range: from + ":" + to, Name: p.book.tables.unique(name), StyleName: "TableStyleLight1", ShowRowStripes: &stripes})
	if err != nil {
		return err
	}
	p.book.counts[p.path]++
	return nil
}
