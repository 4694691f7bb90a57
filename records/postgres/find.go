package postgres

import "fmt"

// Find says which server programs Start would use: their folder and version
// ("15.18"). ErrNoBinaries if the machine has none that will do.
func Find(binDir string) (dir, version string, err error) {
	b, err := findBinaries(binDir, 0)
	if err != nil {
		return "", "", err
	}
	return b.dir, fmt.Sprintf("%d.%d", b.major, b.minor), nil
}
