package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The cost of a password, OWASP's minimum for argon2id (Password Storage Cheat
// Sheet): 19 MiB, two passes, one lane; about 130 ms on two busy cores. Each
// costs that much memory, so only two are hashed at once: otherwise signing in
// would be a way to bring the server down.
var current = cost{memory: 19 * 1024, time: 2, threads: 1}

const (
	hashesAtOnce    = 2
	saltBytes       = 16
	keyBytes        = 32
	shortest        = 12  // letters
	longestPassword = 256 // letters
)

type cost struct {
	memory, time uint32
	threads      uint8
}

// WeakPassword says why a password is refused, without repeating it.
type WeakPassword struct{ Why string }

func (w WeakPassword) Error() string { return w.Why }

//go:embed passwords.txt
var blocklist string

// checkPassword is checkPassword with the organisation's name among the words that
// somebody who guesses tries first.
func (a *Accounts) checkPassword(ctx context.Context, password, username, name string) error {
	var authority string
	if err := a.pool.QueryRow(ctx, `/* access.Accounts.checkPassword */ SELECT authority FROM installation`).Scan(&authority); err != nil {
		return fmt.Errorf("read the organisation's name: %w", err)
	}
	return checkPassword(password, authority, username, name)
}

// guessed are words of which, with the organisation's own, years, figures and signs,
// passwords are made that somebody who knows where one works tries first.
var guessed = strings.Fields(`children childrens services social worker council county borough city london district authority safeguarding onevision education
	password passwort passcode passphrase welcome letmein login admin administrator changeme secret summer autumn winter spring monday tuesday wednesday thursday friday saturday sunday
	january february march april june july august september october november december christmas qwerty asdf zxcv abcd dashboard system`)

// enough is how many letters and figures a password must have besides what is
// guessed first.
const enough = 8

var years = regexp.MustCompile(`(19|20)[0-9]{2}`)

// alike reads figures and signs as the letters for which people put them.
var alike = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "!", "i", "7", "t")

// besides is how many letters and figures are left of a password once words that are
// guessed first, years, signs, and what is said twice are taken out.
func besides(low, authority string) int {
	words := slices.Clone(guessed)
	initials := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(authority), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) >= 3 {
			words = append(words, w)
		}
		initials += w[:1]
	}
	if len(initials) >= 3 {
		words = append(words, initials)
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	fewest := len(low)
	low = years.ReplaceAllString(low, " ")
	for _, text := range []string{low, alike.Replace(low)} {
		for _, w := range words {
			text = strings.ReplaceAll(text, w, " ")
		}
		left, said := 0, map[string]bool{}
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
			if w = once(w); !said[w] {
				left += utf8.RuneCountInString(w)
			}
			said[w] = true
		}
		fewest = min(fewest, left)
	}
	return fewest
}

// once is what a word repeats, or the word.
func once(word string) string {
	for n := 1; n <= len(word)/2; n++ {
		if len(word)%n == 0 && strings.Repeat(word[:n], len(word)/n) == word {
			return word[:n]
		}
	}
	return word
}

// checkPassword applies NCSC's and OWASP's advice: length and a blocklist, no
// rules about which characters.
func checkPassword(password, authority string, own ...string) error {
	password = norm.NFKC.String(password)
	low := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return WeakPassword{"a password is made of letters, figures and signs"}
	case n < shortest:
		return WeakPassword{fmt.Sprintf("a password has at least %d letters, figures or signs", shortest)}
	case n > longestPassword:
		return WeakPassword{fmt.Sprintf("a password has at most %d letters, figures or signs", longestPassword)}
	}
	// Four different letters or fewer are a repetition, however long.
	different := map[rune]bool{}
	for _, r := range low {
		different[r] = true
	}
	if len(different) < 5 {
		return WeakPassword{"this password repeats itself; choose another"}
	}
	for _, name := range own {
		if name = strings.ToLower(name); utf8.RuneCountInString(name) >= 4 && strings.Contains(low, name) {
			return WeakPassword{"a password does not contain one's own name; choose another"}
		}
	}
	if besides(low, authority) < enough {
		return WeakPassword{"this password is made of words and years that are tried first, or says one twice; choose another"}
	}
	// What is common stays common with figures and signs put at its ends.
	const ends = "0123456789!?.*#$ "
	bare := strings.Trim(low, ends)
	for line := range strings.Lines(blocklist) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if bare == "" || bare == strings.Trim(strings.TrimSpace(line), ends) {
			return WeakPassword{"this password is one of those that are tried first; choose another"}
		}
	}
	return nil
}

// hash gives the PHC string of a password.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails (crypto/rand)
	key, err := a.derive(ctx, password, salt, current, keyBytes)
	if err != nil {
		return "", err
	}
	return phc(current, salt, key), nil
}

// matches reports whether the password is the one hashed in a PHC string, and
// whether it was hashed at another cost than today's.
func (a *Accounts) matches(ctx context.Context, password, hashed string) (same, stale bool, err error) {
	c, salt, key, err := readPHC(hashed)
	if err != nil {
		return false, false, err
	}
	tried, err := a.derive(ctx, password, salt, c, uint32(len(key)))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(tried, key) == 1, c != current || len(salt) < saltBytes || len(key) != keyBytes, nil
}

// derive waits for one of the few places, or until ctx ends.
func (a *Accounts) derive(ctx context.Context, password string, salt []byte, c cost, n uint32) ([]byte, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.time, c.memory, c.threads, n), nil
}

// nobodys stands in for the hash of an account that is not there, so that a
// wrong name takes as long as a wrong password. No password has this key.
var nobodys = phc(current, make([]byte, saltBytes), make([]byte, keyBytes))

func phc(c cost, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.threads, b.EncodeToString(salt), b.EncodeToString(key))
}

func readPHC(hashed string) (c cost, salt, key []byte, err error) {
	var version int
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return c, nil, nil, fmt.Errorf("a stored password is not an argon2id PHC string")
	}
	if _, err = fmt.Sscanf(parts[2], "v=%d", &version); err == nil && version != argon2.Version {
		err = fmt.Errorf("argon2 version %d", version)
	}
	if err == nil {
		_, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads)
	}
	if err == nil {
		salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	}
	if err == nil {
		key, err = base64.RawStdEncoding.DecodeString(parts[5])
	}
	if err == nil && (c.time == 0 || c.threads == 0 || c.memory == 0 || c.memory > 1<<20 || c.time > 16 || len(key) < 16 || len(key) > 64) {
		err = fmt.Errorf("its cost is out of bounds")
	}
	if err != nil {
		return c, nil, nil, fmt.Errorf("read a stored password: %w", err)
	}
	return c, salt, key, nil
}
