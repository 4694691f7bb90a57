package comparators

import (
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// The figures that the program carries, in small tables of one schema:
//
//	sources.csv     the files they are from: publisher, publication, release, licence
//	measures.csv    what is measured: theme, title, unit, polarity, decimals as published
//	series.csv      one line for each measure, kind of period, definition and source
//	values.csv      one line for each series and area, a column for each year in which
//	                periods end; a cell is a value, a flag (c, x, ...), or of a mean a
//	                value and how many areas had a figure (12.59:9), all ten if not said
//	areas.csv       the areas' names, types, old codes and former codes
//	neighbours.csv  authorities' regions and statistical neighbours, the closest first
//	breaks.csv      periods from which figures are not comparable with earlier ones
//
//go:embed shipped/*.csv
var shippedFiles embed.FS

// batch is one release with what it brings.
type batch struct {
	release     Release
	measures    []Measure
	figures     []Figure
	breaks      []Break
	authorities []Authority
}

// bundle is all that is shipped, under one hash.
type bundle struct {
	hash    string
	batches []batch
	areas   []area
}

// area is a line of areas.csv.
type area struct {
	Area
	old, former string
}

// shipped reads the embedded files, once. They are the program's own, so what is
// wrong in them panics; a test reads them.
var shipped = sync.OnceValue(func() bundle {
	b, err := readShipped()
	if err != nil {
		panic("comparators: the shipped figures: " + err.Error())
	}
	return b
})

// Shipped is the set of the shipped figures alone, of no authority in
// particular: for an engine without a database.
func Shipped() *Set { return newSet(shipped().batches, "") }

// table is a CSV file as rows by column name.
func table(name string, sum func([]byte), row func(get func(string) string) error) error {
	text, err := shippedFiles.ReadFile("shipped/" + name)
	if err != nil {
		return err
	}
	sum(text)
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	column := map[string]int{}
	for i, c := range lines[0] {
		column[c] = i
	}
	for n, line := range lines[1:] {
		get := func(c string) string {
			i, ok := column[c]
			if !ok {
				return ""
			}
			return line[i]
		}
		if err := row(get); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n+2, err)
		}
	}
	return nil
}

// series is a line of series.csv.
type series struct {
	measure, part            string
	kind                     Kind
	comparison, note, source string
	definition               string
}

func readShipped() (bundle, error) {
	sum := sha256.New()
	add := func(text []byte) { sum.Write(text) }
	var b bundle
	at := map[string]int{} // batches by source
	err := table("sources.csv", add, func(get func(string) string) error {
		r := Release{Shipped: true, Publisher: get("publisher"), Publication: get("publication"), Release: get("release"), Licence: get("licence"), Address: get("address"), File: get("file"), LoadedBy: "OneVision"}
		if day := get("published"); day != "" {
			var err error
			if r.Published, err = time.Parse(time.DateOnly, day); err != nil {
				return err
			}
		}
		at[get("source")] = len(b.batches)
		r.ID = int64(len(b.batches) + 1) // in memory; the database gives its own
		b.batches = append(b.batches, batch{release: r})
		return nil
	})
	if err != nil {
		return b, err
	}
	titles := &b.batches[at["catalogue"]]
	if err := table("measures.csv", add, func(get func(string) string) error {
		places, err := strconv.Atoi(get("decimals"))
		m := Measure{ID: get("measure"), Part: get("part"), Theme: get("theme"), Title: get("title"), Unit: Unit(get("unit")), Polarity: get("polarity"), Decimals: int32(places)}
		titles.measures = append(titles.measures, m)
		return err
	}); err != nil {
		return b, err
	}
	if err := table("breaks.csv", add, func(get func(string) string) error {
		p, err := PeriodOf(Kind(get("kind")), get("period"))
		titles.breaks = append(titles.breaks, Break{get("measure"), p.Kind, p.Year, get("note")})
		return err
	}); err != nil {
		return b, err
	}
	if err := table("neighbours.csv", add, func(get func(string) string) error {
		n := &b.batches[at["neighbours"]]
		n.authorities = addNeighbour(n.authorities, get)
		return nil
	}); err != nil {
		return b, err
	}
	areas := map[string]Area{}
	if err := table("areas.csv", add, func(get func(string) string) error {
		a := Area{get("code"), get("name"), AreaType(get("type"))}
		areas[a.Code] = a
		b.areas = append(b.areas, area{a, get("old_code"), get("former")})
		return nil
	}); err != nil {
		return b, err
	}
	all := map[string]series{}
	if err := table("series.csv", add, func(get func(string) string) error {
		s := series{get("measure"), get("part"), Kind(get("kind")), get("comparison"), get("note"), get("source"), get("title")}
		if _, ok := at[s.source]; !ok || !s.kind.Known() {
			return fmt.Errorf("source %q or kind %q is not known", s.source, s.kind)
		}
		all[get("series")] = s
		return nil
	}); err != nil {
		return b, err
	}
	if err := table("values.csv", add, func(get func(string) string) error {
		s, ok := all[get("series")]
		if !ok {
			return fmt.Errorf("there is no series %q", get("series"))
		}
		of := &b.batches[at[s.source]]
		for year := 2000; year < 2100; year++ {
			cell := get(strconv.Itoa(year))
			if cell == "" {
				continue
			}
			f := Figure{Measure: s.measure, Part: s.part, Kind: s.kind, Period: Period{s.kind, year}, Area: areas[get("area")],
				Comparison: s.comparison, Note: s.note, Definition: s.definition, Release: of.release.ID}
			if f.Area.Code == "" {
				return fmt.Errorf("there is no area %q", get("area"))
			}
			value, of10, mean := strings.Cut(cell, ":")
			if _, flag := flags[value]; flag {
				f.Flag = value
			} else if err := f.read(value, of10, mean); err != nil {
				return err
			}
			of.figures = append(of.figures, f)
		}
		return nil
	}); err != nil {
		return b, err
	}
	b.hash = hex.EncodeToString(sum.Sum(nil))
	return b, nil
}

func (f *Figure) read(value, areas string, mean bool) (err error) {
	if f.Value, err = decimal.NewFromString(value); err != nil {
		return fmt.Errorf("%q is no number: %w", value, err)
	}
	if mean {
		f.Areas, err = strconv.Atoi(areas)
	}
	return err
}

// addNeighbour takes in a line of a neighbours file: authority_code,
// authority_name, region_code, region_name, neighbour_code, neighbour_name,
// closeness.
func addNeighbour(to []Authority, get func(string) string) []Authority {
	n := Neighbour{Area{get("neighbour_code"), get("neighbour_name"), LocalAuthority}, get("closeness")}
	for i := range to {
		if to[i].Code == get("authority_code") {
			to[i].Neighbours = append(to[i].Neighbours, n)
			return to
		}
	}
	return append(to, Authority{
		Area:       Area{get("authority_code"), get("authority_name"), LocalAuthority},
		Region:     Area{get("region_code"), get("region_name"), Region},
		Neighbours: []Neighbour{n},
	})
}
