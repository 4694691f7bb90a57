package county

import "fmt"

// authority is the example authority's number (Cambridgeshire, 873).
const authority = 873

// nhsNumbers deals out NHS numbers of the test range 999 nnn nnnn, which no
// person has, each once and with its check digit (weights 10 to 2 over the
// first nine digits, 11 minus the sum modulo 11; 10 is never issued).
type nhsNumbers struct{ next int }

func (n *nhsNumbers) deal() (string, error) {
	for ; n.next < 1_000_000; n.next++ {
		// A stride prime to a million visits every number once, in no order
		// that tells who was dealt before whom.
		digits := fmt.Sprintf("999%06d", n.next*618_033%1_000_000)
		sum := 0
		for i, d := range digits {
			sum += int(d-'0') * (10 - i)
		}
		check := (11 - sum%11) % 11
		if check == 10 {
			continue
		}
		n.next++
		return fmt.Sprintf("%s%d", digits, check), nil
	}
	return "", fmt.Errorf("the test range of NHS numbers is used up: generate fewer than 900,000 children")
}

// pupilNumbers deals out unique pupil numbers: check letter, authority,
// establishment, year of allocation, serial (DfE, Unique pupil numbers).
type pupilNumbers struct{ serial map[[2]int]int }

func (p *pupilNumbers) deal(establishment, year int) (string, error) {
	key := [2]int{establishment, year}
	p.serial[key]++
	if p.serial[key] > 999 {
		return "", fmt.Errorf("more than 999 children start at establishment %d in one year: give the county more schools", establishment)
	}
	digits := fmt.Sprintf("%03d%04d%02d%03d", authority, establishment, year%100, p.serial[key])
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (i + 2)
	}
	return string("ABCDEFGHJKLMNPQRTUVWXYZ"[sum%23]) + digits, nil
}
