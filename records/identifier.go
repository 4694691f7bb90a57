package records

import "strings"

// upnLetters are the check letters of a unique pupil number: no I, O or S.
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// ValidUPN reports whether s, in capitals, is a unique pupil number: a check
// letter and 12 digits, or in a temporary number 11 digits and a letter. The
// letter is the sum of the characters' values, each times its place (2 to 13),
// modulo 23; a last letter has the value of its place among the check letters
// (DfE, Unique pupil numbers; CIN census rule 1510). A number of nothing but
// zeros agrees with its letter and is nobody's: it stands where one is not known.
func ValidUPN(s string) bool {
	if len(s) != 13 {
		return false
	}
	letter, ok := upnLetter(s[1:])
	return ok && s[0] == letter
}

// shapedUPN reports whether s is written like a unique pupil number, whatever its
// check letter.
func shapedUPN(s string) bool {
	if len(s) != 13 || strings.IndexByte(upnLetters, s[0]) < 0 {
		return false
	}
	_, ok := upnLetter(s[1:])
	return ok
}

// UPN makes a unique pupil number of its last 12 characters, and reports
// whether they can be some.
func UPN(last12 string) (string, bool) {
	letter, ok := upnLetter(last12)
	return string(letter) + last12, ok
}

func upnLetter(s string) (byte, bool) {
	if len(s) != 12 {
		return 0, false
	}
	if s == "000000000000" {
		return 0, false
	}
	sum := 0
	for i := range 12 {
		value := int(s[i]) - '0'
		if value < 0 || value > 9 {
			value = strings.IndexByte(upnLetters, s[i])
			if i != 11 || value < 0 {
				return 0, false
			}
		}
		sum += value * (i + 2)
	}
	return upnLetters[sum%23], true
}

// ValidNHSNumber reports whether s is an NHS number: 10 digits, the last of
// which is 11 less the weighted sum (10 for the first digit, 2 for the ninth)
// modulo 11, where 11 stands for 0 and 10 does not occur (NHS Data Dictionary).
// One digit ten times agrees with itself, whichever it is, and is what people and
// programs write where the number is not known: it is not a number.
func ValidNHSNumber(s string) bool {
	if len(s) != 10 {
		return false
	}
	digit, ok := nhsDigit(s[:9])
	return ok && s[9] == digit
}

// NHSNumber makes an NHS number of its first 9 digits, and reports whether
// there is one: for one in eleven there is not.
func NHSNumber(first9 string) (string, bool) {
	digit, ok := nhsDigit(first9)
	return first9 + string(digit), ok
}

func nhsDigit(s string) (byte, bool) {
	if len(s) != 9 || !digits(s) || strings.Count(s, s[:1]) == 9 {
		return 0, false
	}
	sum := 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	switch check := 11 - sum%11; check {
	case 10:
		return 0, false
	case 11:
		return '0', true
	default:
		return byte('0' + check), true
	}
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == "" && s != ""
}
