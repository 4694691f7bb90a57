package intake

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// What spreadsheets and older systems write is often Windows-1252 and not
// UTF-8. A file is one or the other as a whole: as soon as one line is not
// UTF-8, all of it is read as Windows-1252. A line that has letters beyond ASCII
// and is UTF-8 all the same shows that two files were put together.

// notUTF8 is the error of a line that is not UTF-8, of a file that may be in
// Windows-1252.
type notUTF8 struct{ line int64 }

func (e *notUTF8) Error() string { return "not in UTF-8" }

// lookLegacy is look for a file that is read as Windows-1252.
func lookLegacy(line int64, text []byte) error {
	switch {
	case bytes.ContainsAny(text, "\x00"):
		return look(line, text)
	case !utf8.Valid(text):
		for _, b := range text {
			switch b {
			case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
				return refuse("line %d has a character that neither UTF-8 nor Windows-1252 has: save the file as “CSV UTF-8” and import that", line)
			}
		}
	case len(text) != utf8.RuneCount(text) && !bytes.HasPrefix(text, []byte("\ufeff")):
		return refuse("line %d is in UTF-8 and other lines are in Windows-1252: the file was put together from two; save each as “CSV UTF-8” and import both", line)
	}
	return nil
}

// fromLegacy makes UTF-8 of Windows-1252.
func fromLegacy(text []byte) []byte {
	if decoded, err := charmap.Windows1252.NewDecoder().Bytes(text); err == nil {
		return decoded
	}
	return bytes.ToValidUTF8(text, []byte("\ufffd"))
}

// fromUTF16 makes UTF-8 of UTF-16 that says so by its first two bytes, as SQL
// Server writes it; other text it leaves alone.
func fromUTF16(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte("\xff\xfe")) && !bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return text
	}
	decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(text)
	if err != nil {
		return text
	}
	return decoded
}
