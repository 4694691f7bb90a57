package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The local channel is its owner's only, in a folder whose path is short or
// longer than a socket's may be, in the place of a dead one, and goes with the
// server.
func TestControlIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"short": t.TempDir(),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(data, 0o711); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, controlName), nil, 0o666); err != nil { // what a killed server left
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			socket, err := listenControl(data)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				ended <- serveControl(ctx, socket, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`"here"`)) }))
			}()
			var answer string
			if err := AskServer(t.Context(), data, "GET /", &answer); err != nil || answer != "here" {
				t.Fatal(answer, err)
			}
			info, err := os.Stat(filepath.Join(data, controlName))
			if err != nil || info.Mode() != os.ModeSocket|0o600 {
				t.Errorf("the socket: %v %v", info.Mode(), err)
			}
			stop()
			if err := errors.Join(<-ended, socket.Close()); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(data); err != nil || len(left) > 0 {
				t.Errorf("the server left %v %v", left, err)
			}
		})
	}
}
