package dashboards

// What the tests of the whole site (package dashboards_test) share with those
// of the pages alone.
var (
	Browser       = browser
	Listen        = listen
	Look          = look
	Picture       = picture
	ScrollThrough = scrollThrough
)

// Taken gives what the browser complained of since the last time.
func (c *complaints) Taken() []string { return c.taken() }
