package records

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// format is how the text of a field is tidied and what it must look like then.
type format struct {
	tidy    func(string) string
	valid   func(string) bool
	message string
	longest int // characters
}

const ordinary = 200 // characters of an ordinary text

var formats = map[string]format{
	"":           {strings.TrimSpace, printable, "give one line of ordinary characters", ordinary},
	"lines":      {tidyLines, printableLines, "give lines of ordinary characters", 500},
	"upn":        {compactUpper, ValidUPN, "check the number: a UPN is 13 characters, and its first letter does not agree with the rest", 13},
	"nhs-number": {compactDigits, ValidNHSNumber, "check the number: an NHS number is 10 digits, and its last digit does not agree with the rest", 10},
	"laestab":    {compactDigits, func(s string) bool { return len(s) == 7 && digits(s) }, "give 7 digits: the authority's number and the establishment's", 7},
	"urn":        {compactDigits, func(s string) bool { return len(s) == 6 && digits(s) }, "give 6 digits", 6},
	"postcode":   {tidyPostcode, postcode.MatchString, "give a whole postcode, such as one on a letter", 8},
	"email":      {strings.TrimSpace, func(s string) bool { return email.MatchString(s) && printable(s) }, "give an address for mail", ordinary},
}

var (
	postcode = regexp.MustCompile(`^([A-Z]{1,2}[0-9][A-Z0-9]?|GIR) [0-9][A-Z]{2}$`)
	email    = regexp.MustCompile(`^[^@\s<>,;"]+@[^@\s<>,;"]+\.[^@\s<>,;".]+$`)
)

// tidyUp gives the text of a field as it is stored, and a message if it cannot
// be.
func tidyUp(as, text string) (tidy, message string) {
	f := formats[as]
	if text == "" {
		return "", ""
	}
	if !utf8.ValidString(text) {
		return text, "is not text in UTF-8"
	}
	tidy = f.tidy(text)
	switch {
	case tidy == "":
		return "", ""
	case utf8.RuneCountInString(tidy) > f.longest && f.longest >= ordinary:
		return tidy, "is too long: shorten it"
	case !f.valid(tidy):
		return tidy, f.message
	}
	return tidy, ""
}

// printable refuses the replacement character too: it stands where a program on
// the way lost a letter, of a name perhaps.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0
}

func printableLines(s string) bool { return printable(strings.ReplaceAll(s, "\n", " ")) }

func tidyLines(s string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(s, "\r", "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func compactUpper(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// compactDigits takes away what people write between groups of digits.
func compactDigits(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "/", "").Replace(strings.TrimSpace(s))
}

// tidyPostcode puts the one space of a postcode where it belongs.
func tidyPostcode(s string) string {
	s = compactUpper(s)
	if len(s) < 5 {
		return s
	}
	return s[:len(s)-3] + " " + s[len(s)-3:]
}

// sector is the part of a tidy postcode that postcode_sector lists: "CB1 2".
func sector(postcode string) string {
	if len(postcode) < 3 {
		return ""
	}
	return postcode[:len(postcode)-2]
}

// oneLine makes a line of ordinary text of what may be any: the name of a file.
func oneLine(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if runes := []rune(s); len(runes) > ordinary {
		return string(runes[:ordinary])
	}
	return s
}
