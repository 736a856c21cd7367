package kubo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// callAPI runs a command in the daemon.
func callAPI(base string, c *command, r *request) error {
	q, err := newCall(base, c, r)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) && strings.Contains(err.Error(), "connection refused") {
			return errNoAPI
		}
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return answerError(res)
	}
	if c.raw != nil {
		_, err = io.Copy(os.Stdout, res.Body)
	} else {
		err = showAll(c, r, res.Body)
	}
	if text := res.Trailer.Get("X-Stream-Error"); text != "" {
		return errors.New(text)
	}
	if err != nil && r.ctx.Err() == context.DeadlineExceeded {
		return r.ctx.Err()
	}
	return err
}

func newCall(base string, c *command, r *request) (*http.Request, error) {
	if c.file {
		r.args = nil
	}
	target := base + strings.Replace(c.path, " ", "/", -1) + "?" + query(r)
	if !c.file {
		return http.NewRequestWithContext(r.ctx, http.MethodPost, target, nil)
	}
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	go func() {
		part, err := form.CreateFormFile("file", r.name)
		if err == nil {
			_, err = io.Copy(part, r.body)
		}
		if err == nil {
			err = form.Close()
		}
		pw.CloseWithError(err)
	}()
	q, err := http.NewRequestWithContext(r.ctx, http.MethodPost, target, pr)
	if err == nil {
		q.Header.Set("Content-Type", form.FormDataContentType())
	}
	return q, err
}

func showAll(c *command, r *request, body io.Reader) error {
	d := json.NewDecoder(body)
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := show(c, r, bytes.TrimSpace(raw)); err != nil {
			return err
		}
	}
}

func answerError(res *http.Response) error {
	b, _ := io.ReadAll(res.Body)
	var e struct {
		Message string
		Code    int
	}
	if json.Unmarshal(b, &e) == nil && e.Message != "" {
		if e.Code == 1 {
			return usageError{e.Message}
		}
		return errors.New(e.Message)
	}
	if res.StatusCode == http.StatusNotFound {
		return errors.New("command not found")
	}
	return fmt.Errorf("%s", string(b))
}
