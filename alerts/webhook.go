package alerts

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Webhook is a system that is told of every alert's beginning and end, as JSON
// signed as the Standard Webhooks specification has it. It learns which rule and
// which member, and the page to ask; no figure and no name of a person.
type Webhook struct {
	Name   string
	URL    string
	Secret []byte // of the HMAC-SHA256; at least 24 bytes
}

func (h Webhook) check() error {
	u, err := url.Parse(h.URL)
	switch {
	case h.Name == "":
		return errors.New("a webhook has a name")
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return fmt.Errorf("webhook %s: its address is an https one (http on this machine only)", h.Name)
	case len(h.Secret) < 24:
		return fmt.Errorf("webhook %s: its secret has at least 24 bytes", h.Name)
	}
	return nil
}

var webhookClient = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// notify implements notifier: the envelope's text is the JSON. A 2xx takes it; a 4xx
// other than 408 and 429 is final.
func (h Webhook) notify(ctx context.Context, e envelope) (answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader([]byte(e.Text)))
	if err != nil {
		return "", refused{err}
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", e.MessageID)
	req.Header.Set("Webhook-Timestamp", at)
	req.Header.Set("Webhook-Signature", h.sign(e.MessageID, at, []byte(e.Text)))
	res, err := webhookClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 200)) // for the log of deliveries only
	answer = fmt.Sprintf("%s %s", res.Status, bytes.TrimSpace(said))
	switch {
	case res.StatusCode < 300:
		return answer, nil
	case res.StatusCode >= 300 && res.StatusCode < 500 && res.StatusCode != http.StatusRequestTimeout && res.StatusCode != http.StatusTooManyRequests:
		return "", refused{errors.New(answer)}
	}
	return "", errors.New(answer)
}

func (h Webhook) sign(id, at string, body []byte) string {
	mac := hmac.New(sha256.New, h.Secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// webhooks writes what every webhook is told of a change.
func (e *evaluation) webhooks(ctx context.Context, alert int64, c change) error {
	for _, h := range e.alerts.webhooks {
		body, err := json.Marshal(map[string]any{"event": c.what, "alert": alert, "rule": e.rule.Name, "indicator": e.rule.Indicator, "breakdown": c.breakdown, "member": c.member,
			"period": c.state.Period, "at": e.now.UTC(), "page": e.alerts.address(fmt.Sprintf("/alerts/%d", alert))})
		if err != nil {
			return fmt.Errorf("write to webhook %s: %w", h.Name, err)
		}
		_, err = e.tx.Exec(ctx, `/* alerts.webhooks */
			INSERT INTO alert_message (rule_id, member, episode, reason, channel, recipient, message_id, subject, body_text, body_html, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, '', $9)`, e.rule.ID, c.member, c.state.Episode, string(c.what), "webhook:"+h.Name, h.Name,
			"webhook."+strings.ToLower(rand.Text()), string(body), e.now)
		if err != nil {
			return fmt.Errorf("write to webhook %s: %w", h.Name, err)
		}
	}
	return nil
}
