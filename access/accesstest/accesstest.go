// Package accesstest makes viewers for tests. The program never imports it,
// and a test of package access says so.
package accesstest

import (
	"onevision/access"
	"onevision/access/internal/mint"
)

// Viewer is somebody of that role, with account 1 (which is not in the
// database). A role that no policy knows sees nothing.
func Viewer(role access.Role) access.Viewer { return ViewerOf(1, role) }

// ViewerOf is the viewer of the account of that id, in that role.
func ViewerOf(account int64, role access.Role) access.Viewer {
	return access.Mint(mint.Person{Account: account, Name: "Test " + string(role), Role: string(role)})
}

// Answering is the viewer of the account in that role who answers for these:
// "school:7", "team:3", "authority:".
func Answering(account int64, role access.Role, answers ...string) access.Viewer {
	return access.Mint(mint.Person{Account: account, Name: "Test " + string(role), Role: string(role), Answers: answers})
}

// Scoped is the viewer of a token of somebody of that role that is limited to the
// categories.
func Scoped(role access.Role, categories ...string) access.Viewer {
	return access.Mint(mint.Person{Account: 1, Name: "Test " + string(role), Role: string(role), Categories: categories})
}
