package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// DuckDB lets one process hold a file, so while a server runs a command asks
// that server: over a unix socket in the data folder that only its owner can
// open (mode 0600), and that speaks HTTP because nothing is simpler.
const controlName = "control.sock"

// controlAddress is the socket's path, short enough for the kernel's limit of
// 107 bytes however long the folder's is: a folder that is too long is reached
// through this process's own descriptor of it.
func controlAddress(data string) (path string, release func(), err error) {
	path = filepath.Join(data, controlName)
	if len(path) < 100 {
		return path, func() {}, nil
	}
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), controlName), func() { dir.Close() }, nil
}

// controlSocket is open from before the program says that it serves.
type controlSocket struct {
	net.Listener
	data    string
	release func()
}

func listenControl(data string) (*controlSocket, error) {
	path, release, err := controlAddress(data)
	if err != nil {
		return nil, err
	}
	listener, err := listenPrivately(data, path)
	if err != nil {
		release()
		return nil, fmt.Errorf("open the local channel: %w", err)
	}
	return &controlSocket{listener, data, release}, nil
}

// Close may be called more than once, and on nil.
func (s *controlSocket) Close() error {
	if s == nil || s.release == nil {
		return nil
	}
	s.Listener.Close() // serving it has closed it already
	err := os.Remove(filepath.Join(s.data, controlName))
	s.release()
	s.release = nil
	return err
}

// serveControl serves handler to commands of the same owner until ctx ends.
func serveControl(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := context.AfterFunc(ctx, func() { server.Close() })
	defer done()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listenPrivately makes the socket in a folder that nobody else can enter and
// moves it to its place once its mode is right. The umask would do the same for
// the whole process, and take the right to enter from the folders that DuckDB
// makes at that moment.
func listenPrivately(data, path string) (net.Listener, error) {
	private, err := os.MkdirTemp(data, ".c-*") // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	making := filepath.Join(filepath.Dir(path), filepath.Base(private), "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: making, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // it is not there any more
	// The data folder is held by this program alone (the private PostgreSQL's
	// lock, or the warehouse's), so a socket found in the place is a dead one.
	if err := errors.Join(os.Chmod(making, 0o600), os.Rename(making, path)); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// ErrNoServer says that no server runs on the data folder.
var ErrNoServer = errors.New("no server runs on this data folder")

// AskServer sends a request ("GET /warehouse/status") to the server that runs
// on the data folder and decodes its JSON answer. ErrNoServer if none runs.
func AskServer(ctx context.Context, data, request string, answer any) error {
	path, release, err := controlAddress(data)
	if err != nil {
		return ErrNoServer
	}
	defer release()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	method, url, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(ctx, method, "http://onevision"+url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNoServer
	}
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return fmt.Errorf("the running server: %s", strings.TrimSpace(string(why)))
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("read the running server's answer: %w", err)
	}
	return nil
}

// control is what a command of the same owner may ask of a running server.
func (a *App) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.handler())
	answer := func(w http.ResponseWriter, v any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /warehouse/status", func(w http.ResponseWriter, r *http.Request) {
		answer(w, a.Warehouse.Status(), nil)
	})
	mux.HandleFunc("POST /warehouse/verify", func(w http.ResponseWriter, r *http.Request) {
		report, err := a.Warehouse.Verify(r.Context())
		answer(w, report, err)
	})
	mux.HandleFunc("POST /warehouse/rebuild", func(w http.ResponseWriter, r *http.Request) {
		err := a.Warehouse.Rebuild(r.Context(), "asked for on the command line")
		answer(w, a.Warehouse.Status(), err)
	})
	a.controlIndicators(mux, answer)
	return mux
}
