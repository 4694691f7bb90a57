package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system user as which the server runs. PostgreSQL
// refuses to run as root, so a program that is root hands it to another.
type account struct {
	name     string
	uid, gid uint32
	change   bool // the program is root and must change to this user
}

// chooseAccount returns the program's own user, or, for root, the owner of
// the data if there is data already, else postgres, else nobody.
func chooseAccount(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: strconv.Itoa(os.Geteuid()), uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	if info, err := os.Stat(data); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			a := account{name: strconv.Itoa(int(st.Uid)), uid: st.Uid, gid: st.Gid, change: true}
			if u, err := user.LookupId(a.name); err == nil {
				a.name = u.Username
			}
			return a, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), change: true}, nil
	}
	return account{}, errors.New("PostgreSQL refuses to run as root and this machine has neither a user postgres nor a user nobody: create one, or run the program as an ordinary user")
}

// attributes start a process as this user, without root's other groups. The
// process gets a session of its own, because Ctrl-C in a terminal reaches a
// whole process group and would stop the server before the program is done.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.change {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// own gives a file or folder that the program has made to this user.
func (a account) own(path string) error {
	if !a.change {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reaches says, as an error, which folder on the way to path this user cannot
// pass: the outermost. Folders that do not exist yet are left out, since the
// program makes them passable. Access lists beyond the mode are not read.
func (a account) reaches(path string) error {
	if !a.change {
		return nil // the program's own attempt says it better
	}
	closed, mode := "", os.FileMode(0)
	for p := path; ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return fmt.Errorf("looking at the way to %s: %w", path, err)
		case !a.passes(info):
			closed, mode = p, info.Mode()
		}
		if p == filepath.Dir(p) {
			break
		}
	}
	if closed == "" {
		return nil
	}
	return &UnreachableError{Folder: closed, User: a.name, mode: mode}
}

func (a account) passes(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return true
	case st.Uid == a.uid:
		return info.Mode()&0o100 != 0
	case st.Gid == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// UnreachableError means that the user as which the server runs cannot pass a
// folder on the way to its data, for example a home of mode 0700.
type UnreachableError struct {
	Folder string
	User   string
	mode   os.FileMode
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the folder %s (mode %04o) does not let the user %s pass, and PostgreSQL runs as that user because the program is root: choose another data directory with --data, for example %s, or run: chmod o+x %s",
		e.Folder, e.mode.Perm(), e.User, DefaultDir("demo"), e.Folder)
}

// makeFolder creates dir and what is missing above it. Root's folders let
// others pass but not look (0711), since the server's user must pass.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := makeFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.Mkdir(dir, mode); errors.Is(err, os.ErrExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	return os.Chmod(dir, mode) // whatever the umask
}
