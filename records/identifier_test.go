package records_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"onevision/records"
)

func TestUPN(t *testing.T) {
	for s, want := range map[string]bool{
		"P207000016049":  true, // an MIS vendor's help page has it as Q, and its sum wrong
		"Q207000016049":  false,
		"B801200005001":  true,
		"A801200005001":  false,
		"b801200005001":  false, // capitals are made of it before
		"B80120000500":   false,
		"B8012000050011": false,
		"B80120000500A":  false,
		"":               false,
		"A000000000000":  false, // agrees, and stands for "not known"
	} {
		if got := records.ValidUPN(s); got != want {
			t.Errorf("ValidUPN(%q) = %t", s, got)
		}
	}
	// A temporary number: the last letter's value, B = 1, times 13 enters the sum.
	// 8x2+0x3+1x4+2x5+0+0+0+0+5x10+0+0+1x13 = 93, 93 mod 23 = 1: B.
	if u, ok := records.UPN("80120000500B"); !ok || u != "B80120000500B" || !records.ValidUPN(u) {
		t.Errorf("temporary UPN %q, %t", u, ok)
	}
	for _, bad := range []string{"80120000500I", "80120000500O", "80120000500S", "8012000050A1", "80120000500"} {
		if u, ok := records.UPN(bad); ok {
			t.Errorf("UPN(%q) = %q", bad, u)
		}
	}
}

// 23 is prime, and no place weighs a multiple of it: a wrong digit, or two
// neighbours exchanged, always shows.
func TestUPNFindsSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(rapid.StringMatching(`[0-9]{11}[0-9A-HJ-NP-RT-Z]`).Draw(t, "digits"))
		if string(digits) == "000000000000" {
			return // no number, though its letter agrees
		}
		upn, ok := records.UPN(string(digits))
		if !ok || !records.ValidUPN(upn) {
			t.Fatalf("UPN(%q) = %q, %t", digits, upn, ok)
		}
		slip := []byte(upn)
		i := rapid.IntRange(1, 11).Draw(t, "place")
		if rapid.Bool().Draw(t, "exchange") && i < 11 {
			slip[i], slip[i+1] = slip[i+1], slip[i]
		} else {
			slip[i] = '0' + (slip[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		if string(slip) != upn && records.ValidUPN(string(slip)) {
			t.Fatalf("%q passes for %q", slip, upn)
		}
	})
}

func TestNHSNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"9434765919":  true, // NHS Data Dictionary's own example
		"9434765918":  false,
		"9990000000":  false,
		"943476591":   false,
		"94347659199": false,
		"943476591A":  false,
		"0000000000":  false, // agree, and stand for "not known"
		"4444444444":  false,
		"9999999999":  false,
	} {
		if got := records.ValidNHSNumber(s); got != want {
			t.Errorf("ValidNHSNumber(%q) = %t", s, got)
		}
	}
}

func TestNHSNumberFindsSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := fmt.Sprintf("%09d", rapid.IntRange(0, 999_999_999).Draw(t, "first"))
		number, ok := records.NHSNumber(first)
		if !ok {
			for d := range 10 {
				if records.ValidNHSNumber(fmt.Sprint(first, d)) {
					t.Fatalf("%s has the check digit %d", first, d)
				}
			}
			return
		}
		if !records.ValidNHSNumber(number) {
			t.Fatalf("%q is not valid", number)
		}
		slip := []byte(number)
		i := rapid.IntRange(0, 9).Draw(t, "place")
		slip[i] = '0' + (slip[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if records.ValidNHSNumber(string(slip)) {
			t.Fatalf("%q passes for %q", slip, number)
		}
	})
}
