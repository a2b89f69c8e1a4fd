package worker

import (
	"encoding/json"
	"testing"

	"userns-helpers/internal/service/wire"
)

func TestDescribe(t *testing.T) {
	for _, c := range []wire.Call{{Method: wire.GetInfo}, {Method: wire.Interface, Described: wire.Maps}, {Method: wire.Interface, Described: wire.Service}} {
		message := describe(c, "1.0")
		if !json.Valid(message[:len(message)-1]) || len(message) > wire.Longest {
			t.Errorf("%q", message)
		}
	}
}
