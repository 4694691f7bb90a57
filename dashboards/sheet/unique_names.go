package sheet

// Names of sheets and tables that Excel accepts, none twice.

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// names are those taken in a workbook, which compares them without regard to
// case.
type names struct {
	taken   map[string]bool
	longest int // in UTF-16 units, as Excel counts
	make    func(string) string
}

// sheetNames are those of sheets: at most 31 units, none of : \ / ? * [ ], no
// apostrophe at either end, and not History, which Excel keeps for itself.
func sheetNames() names {
	return names{taken: map[string]bool{"history": true}, longest: longestSheet, make: func(s string) string {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(":\\/?*[]\t\n", r) {
				return '-'
			}
			return r
		}, clean(s))
		if s = strings.TrimFunc(s, func(r rune) bool { return r == '\'' || unicode.IsSpace(r) }); s == "" {
			s = "Sheet"
		}
		return s
	}}
}

// unique is the name as it may stand, with a number at its end if it is taken.
func (n names) unique(name string) string {
	if n.make != nil {
		name = n.make(name)
	}
	for i := 1; ; i++ {
		end := ""
		if i > 1 {
			end = " " + strconv.Itoa(i)
			if n.make == nil {
				end = "_" + strconv.Itoa(i)
			}
		}
		try := strings.TrimRight(shorten(name, n.longest-len(end)), " '") + end
		if key := strings.ToLower(try); !n.taken[key] {
			n.taken[key] = true
			return try
		}
	}
}

func shorten(s string, units int) string {
	u := utf16.Encode([]rune(s))
	if len(u) <= units {
		return s
	}
	if utf16.IsSurrogate(rune(u[units-1])) && u[units-1] < 0xDC00 { // half of a pair
		units--
	}
	return string(utf16.Decode(u[:units]))
}

// tableName is an Excel name made of words: letters, figures and underscores.
// It ends in a word of its own, since "ks4" alone would be a cell.
func tableName(words ...string) string {
	s := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, strings.Join(words, "_"))
	return "t_" + s
}

// clean is text without what a cell cannot hold: control characters other than
// tab and line feed, and more than 32,767 units.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	return shorten(s, 32767)
}
