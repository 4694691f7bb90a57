// Package mint is the key to making a viewer. Go lets only packages below
// access import it, so nothing else in the program can make one.
package mint

// Person is somebody as whom a viewer can be made.
type Person struct {
	Account int64
	Name    string
	Role    string
	// Answers are what the person answers for or works with today: "school:7",
	// "team:3", "authority:" (see access.Responsibilities).
	Answers []string

	// Of a token that may less than its account.
	Categories []string // nil: all of them
	ReadOnly   bool
}
