package intake

import (
	"crypto/sha256"
	"hash/maphash"
)

// repeats finds the rows of a file that contradict each other: one subject (a
// child's session, say) and two sayings. To take either would be guessing.
//
// It does so in little memory, however long the file: the first reading marks
// each subject in a bit set and notes those that seem to come again (all that
// do, and about one in a hundred of the others); only if there are any does a
// second reading compare what those say.
type repeats struct {
	seed  maphash.Seed
	bits  []uint64
	again map[[16]byte]*saying
}

// saying is what the file says about a subject that seems to come again.
type saying struct {
	line    int64 // of the first row about it
	said    [16]byte
	other   int64 // a line that says otherwise, 0 none
	present bool
}

// shortestRow is how few bytes a row can have and still be one.
const shortestRow = 16

func newRepeats(size int64) *repeats {
	bits := max(1<<12, size/shortestRow*20) // twenty for each row
	return &repeats{seed: maphash.MakeSeed(), bits: make([]uint64, (bits+63)/64), again: map[[16]byte]*saying{}}
}

// mostRepeats is how many subjects may seem to come again: enough for the
// false ones of any file, and about 200 MB of memory.
const mostRepeats = 2_000_000

// first is the first reading: the subject comes. It reports whether there was
// still room to note it.
func (r *repeats) first(subject string) bool {
	h := maphash.String(r.seed, subject)
	n := uint64(len(r.bits)) * 64
	seen := true
	for i := range uint64(3) {
		at := (h + i*(h>>32|1)) % n
		if r.bits[at/64]&(1<<(at%64)) == 0 {
			seen = false
			r.bits[at/64] |= 1 << (at % 64)
		}
	}
	if seen {
		r.again[short(subject)] = &saying{}
	}
	return len(r.again) <= mostRepeats
}

// any reports whether a second reading is needed, and lets the bit set go.
func (r *repeats) any() bool {
	r.bits = nil
	return len(r.again) > 0
}

// second is the second reading: what the line says about the subject.
func (r *repeats) second(line int64, subject, said string) {
	s := r.again[short(subject)]
	switch {
	case s == nil:
	case !s.present:
		s.line, s.said, s.present = line, short(said), true
	case s.other == 0 && s.said != short(said):
		s.other = line
	}
}

// contradicted is another line that says something else about the subject, 0
// if there is none.
func (r *repeats) contradicted(line int64, subject string) int64 {
	if len(r.again) == 0 {
		return 0
	}
	s := r.again[short(subject)]
	switch {
	case s == nil || s.other == 0:
		return 0
	case line == s.line:
		return s.other
	}
	return s.line
}

func short(s string) [16]byte {
	full := sha256.Sum256([]byte(s))
	return [16]byte(full[:16])
}
